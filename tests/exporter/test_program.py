"""The exporter as a program: its options, TLS, and how it stops."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
import urllib.error
import urllib.request

import pytest


def run(*arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "flowtriq_flowspec_exporter.main", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30)


def test_serves_the_adapter_of_a_flag_and_stops_on_sigterm(folder, stand_in, exporter):
    stand_in()
    running = exporter("--adapter", f"Edge routers={folder}/a.sock")
    assert running.address.startswith("127.0.0.1:")
    assert 'flowtriq_flowspec_adapter_up{provider="Edge routers"} 1.0' in running.scrape()
    assert running.stop() == 0


def test_one_file_names_several_adapters(folder, stand_in, exporter):
    stand_in("a.sock")
    stand_in("b.sock")
    file = folder / "exporter.yaml"
    file.write_text(
        "adapters:\n"
        f"  - {{provider: a, adapter_socket: {folder}/a.sock}}\n"
        f"  - {{provider: b, adapter_socket: {folder}/b.sock}}\n"
    )
    text = exporter("--config.file", str(file)).scrape()
    for provider in "ab":
        assert f'flowtriq_flowspec_adapter_up{{provider="{provider}"}} 1.0' in text


def test_openmetrics_for_who_asks(folder, stand_in, exporter):
    stand_in()
    running = exporter("--adapter", f"a={folder}/a.sock")
    request = urllib.request.Request(
        f"http://{running.address}/metrics",
        headers={"Accept": "application/openmetrics-text;version=1.0.0"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
        assert answer.read().endswith(b"# EOF\n")


def test_a_silent_adapter_is_logged_once_each_time_it_falls_silent(folder, stand_in, exporter):
    adapter = stand_in()
    impatient = ("--adapter.timeout-seconds", "0.1")
    running = exporter("--adapter", f"edge={folder}/a.sock", *impatient)
    running.scrape()
    adapter.close()
    running.scrape()
    running.scrape()
    stand_in("a.sock")
    running.scrape()
    running.process.terminate()
    lines = [json.loads(line) for line in running.process.stderr.read().splitlines()]
    assert [(line["message"], line["provider"]) for line in lines] == [
        ("no status from an adapter", "edge")
    ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "either --adapter or --config.file"),
        (["--adapter", "socket"], "must read NAME=SOCKET"),
        (["--adapter", "=/run/a.sock"], "must read NAME=SOCKET"),
        (["--adapter", "a=/x", "--adapter", "a=/y"], "'a' is configured 2 times"),
        (["--adapter", "a=/x", "--web.listen-address", "10179"], "must read HOST:PORT"),
        (["--adapter", "a=/x", "--web.listen-address", ":10179"], "must read HOST:PORT"),
        (["--adapter", "a=/x", "--web.listen-address", "[::1]:99999"], "must read HOST:PORT"),
        (["--adapter", "a=/x", "--web.tls-certificate", __file__], "--web.tls-key"),
        (["--adapter", "a=/x", "--web.tls-client-ca", __file__], "--web.tls-certificate"),
        (["--adapter", "a=/x", "--adapter.timeout-seconds", "0"], "0.1<=x<=60"),
    ],
)
def test_unusable_options_are_refused_in_one_sentence(arguments, sentence):
    refused = run(*arguments)
    assert refused.returncode == 2
    assert sentence in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("adapters: []", "adapters"),
        ("adapters: [{provider: a}]", "adapter_socket is missing"),
        ("adapters: [{provider: a, adapter_socket: /x, colour: red}]", "colour"),
        ("{", "cannot be read"),
        ("adapters: []\nadapters: []", "exporter.yaml:2: adapters is written twice"),
        ("", "body"),
    ],
)
def test_an_unusable_file_is_refused_in_one_sentence(tmp_path, text, sentence):
    file = tmp_path / "exporter.yaml"
    file.write_text(text)
    refused = run("--config.file", str(file))
    assert refused.returncode == 2
    assert sentence in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_port_in_use_is_reported(folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        refused = run("--adapter", "a=/x", "--web.listen-address", address)
    assert refused.returncode == 1
    assert f"cannot serve on {address}" in refused.stderr


@pytest.fixture
def certificate(tmp_path):
    """A self-signed certificate for 127.0.0.1, which is its own authority."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1"
    names = ["-subj", "/CN=exporter", "-addext", "subjectAltName=IP:127.0.0.1"]
    try:
        subprocess.run(
            [*command.split(), *names, "-keyout", key, "-out", certificate],
            check=True,
            capture_output=True,
        )
    except FileNotFoundError:
        pytest.skip("no openssl to make a certificate with")
    return certificate, key


def test_tls_serves_only_clients_with_a_certificate(folder, stand_in, exporter, certificate):
    stand_in()
    pem, key = map(str, certificate)
    running = exporter(
        *("--adapter", f"a={folder}/a.sock", "--web.tls-certificate", pem, "--web.tls-key", key),
        *("--web.tls-client-ca", pem),
    )
    url = f"https://{running.address}/metrics"
    known = ssl.create_default_context(cafile=pem)
    known.load_cert_chain(pem, key)
    with urllib.request.urlopen(url, context=known, timeout=30) as answer:
        assert b'flowtriq_flowspec_adapter_up{provider="a"} 1.0' in answer.read()

    anonymous = ssl.create_default_context(cafile=pem)
    with pytest.raises((urllib.error.URLError, ssl.SSLError, ConnectionError)):
        urllib.request.urlopen(url, context=anonymous, timeout=30).read()
