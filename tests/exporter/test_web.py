"""The exporter over HTTP: which address does what, who may ask, and reloading."""

from __future__ import annotations

import gzip
import os
import signal
import ssl
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bcrypt
import pytest
import trustme
import yaml
from flowtriq_flowspec.errors import InvalidConfig
from flowtriq_flowspec_exporter import web_config
from flowtriq_flowspec_exporter.web import ExporterServer, Site
from flowtriq_flowspec_exporter.web_config import WebConfigFile
from werkzeug.test import Client

from tests.lab.waiting import wait_until

PASSWORD = "correct horse"
HASH = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
TLS = "tls_server_config: {{cert_file: a, key_file: b, {}}}"
USERS = f"basic_auth_users: {{prometheus: '{HASH}'}}\n"


class Counted:
    """Metrics that count how often they were made."""

    def __init__(self) -> None:
        self.scrapes = 0

    def __call__(self, _accept: str, _asked: list[str]) -> tuple[str, bytes]:
        self.scrapes += 1
        return "text/plain", [b"x 1\n"] * 500


def site(file: Path | None = None, metrics: Any = None, **options: Any) -> Client:
    return Client(Site(metrics or Counted(), WebConfigFile(file), "9.9", **options))


def web_file(folder: Path, text: str) -> Path:
    file = folder / "web.yaml"
    file.write_text(text)
    return file


# --- addresses ------------------------------------------------------------------------------------


def test_only_metrics_scrapes() -> None:
    metrics = Counted()
    client = site(metrics=metrics)
    for path, words in (
        ("/", "<h1>Flowtriq FlowSpec exporter</h1>"),
        ("/-/healthy", "healthy"),
        ("/-/ready", "ready"),
    ):
        answer = client.get(path)
        assert (answer.status_code, words in answer.text) == (200, True)
    assert "9.9" in client.get("/").text
    assert client.get("/favicon.ico").status_code == 404
    assert client.get("/metrics/").status_code == 404
    assert client.post("/metrics").status_code == 405
    assert metrics.scrapes == 0
    assert client.get("/metrics").text.startswith("x 1")
    assert metrics.scrapes == 1


def test_who_takes_gzip_gets_it() -> None:
    answer = site().get("/metrics", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.data) == b"x 1\n" * 500


def test_reloading_over_http_is_off_until_it_is_allowed() -> None:
    assert site().post("/-/reload").status_code == 403
    called: list[None] = []
    client = site(reload=lambda: called.append(None))
    assert client.get("/-/reload").status_code == 405
    assert client.post("/-/reload").status_code == 200
    assert called == [None]


def test_a_configuration_that_cannot_be_used_is_said_and_changes_nothing() -> None:
    def fail() -> None:
        raise InvalidConfig("adapters is missing")

    answer = site(reload=fail).post("/-/reload")
    assert (answer.status_code, answer.text) == (
        500,
        "the old configuration stays in use: adapters is missing\n",
    )


# --- users and headers ----------------------------------------------------------------------------


def test_users_and_their_passwords(tmp_path: Path) -> None:
    client = site(web_file(tmp_path, USERS))
    for path in ("/", "/metrics", "/-/healthy", "/-/reload"):
        answer = client.get(path)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")
    for user, password in (
        ("prometheus", "wrong"),
        ("nobody", PASSWORD),
        ("prometheus", "x" * 73),
        ("prometheus", "\0"),
        ("", ""),
    ):
        assert client.get("/metrics", auth=(user, password)).status_code == 401
    for header in ("Basic", "Basic !", "Basic /w==", f"Bearer {PASSWORD}"):
        assert client.get("/metrics", headers={"Authorization": header}).status_code == 401
    assert client.get("/metrics", auth=("prometheus", PASSWORD)).status_code == 200


def test_bcrypt_is_asked_once_for_each_scraper(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = site(web_file(tmp_path, USERS))
    asked: list[bytes] = []
    real = bcrypt.checkpw

    class Watched:
        @staticmethod
        def checkpw(password: bytes, hashed: bytes) -> bool:
            asked.append(password)
            return real(password, hashed)

    monkeypatch.setattr(web_config, "_bcrypt", lambda: Watched)
    for _ in range(3):
        assert client.get("/metrics", auth=("prometheus", PASSWORD)).status_code == 200
    assert len(asked) == 1


def test_more_requests_than_the_limit_are_answered_later(tmp_path: Path) -> None:
    client = site(web_file(tmp_path, "rate_limit: {interval: 50ms, burst: 2}\n"))
    assert [client.get("/").status_code for _ in range(3)] == [200, 200, 429]
    wait_until(lambda: client.get("/").status_code == 200, "the next interval", 10)
    free = site(web_file(tmp_path, "rate_limit: {interval: 0}\n"))
    assert {free.get("/").status_code for _ in range(9)} == {200}


def test_headers(tmp_path: Path) -> None:
    client = site(web_file(tmp_path, "http_server_config: {headers: {X-Frame-Options: deny}}\n"))
    assert client.get("/").headers["X-Frame-Options"] == "deny"


def test_a_changed_file_counts_at_once_and_a_broken_one_never(tmp_path: Path) -> None:
    file = web_file(tmp_path, "")
    client = site(file)
    assert client.get("/").status_code == 200
    file.write_text(USERS)
    assert client.get("/").status_code == 401
    file.write_text("basic_auth_users: [")
    assert client.get("/").status_code == 401


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("basic_auth_users: {a: plain}", "basic_auth_users.a"),
        ("colour: red", "colour"),
        ("tls_server_config: {cert_file: a.pem}", "key_file is missing"),
        ("tls_server_config: {cert_file: a.pem, key_file: b.pem}", "a.pem"),
        ("tls_server_config: {cert: a, cert_file: a.pem, key_file: b}", "both cert and cert_file"),
        ("tls_server_config: {cert: x, key: y}", "cert, key cannot be used"),
        ("rate_limit: {interval: soon}", "rate_limit.interval"),
        (
            TLS.format("client_auth_type: RequireAnyClientCert"),
            "client_auth_type",
        ),
        ("tls_server_config: {cert_file: a, key_file: b, client_ca_file: c}", "client_auth_type"),
        (
            TLS.format("min_version: TLS13, max_version: TLS12"),
            "min_version is TLS13",
        ),
        (
            "tls_server_config: {cert_file: a, key_file: b, cipher_suites: [TLS_RSA_WITH_RC4]}",
            "cipher_suites",
        ),
        ('http_server_config: {headers: {X-Frame-Options: "a\\nb"}}', "X-Frame-Options"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_one_sentence(
    tmp_path: Path, text: str, words: str
) -> None:
    with pytest.raises(InvalidConfig, match=words) as refused:
        WebConfigFile(web_file(tmp_path, text))
    assert "\n" not in str(refused.value)


# --- TLS ------------------------------------------------------------------------------------------


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def tls(tmp_path: Path, authority: trustme.CA) -> Path:
    """A certificate and key in ``tmp_path``, and a file that requires the clients'."""
    own = authority.issue_cert("127.0.0.1")
    own.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    own.cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return web_file(
        tmp_path,
        "tls_server_config:\n"
        "  cert_file: cert.pem\n"
        "  key_file: key.pem\n"
        "  client_auth_type: RequireAndVerifyClientCert\n"
        "  client_ca_file: ca.pem\n"
        "  client_allowed_sans: [scraper.example]\n"
        "  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]\n"
        "  min_version: TLS12\n",
    )


@pytest.fixture
def server(tls: Path) -> Iterator[ExporterServer]:
    web = WebConfigFile(tls)
    running = ExporterServer(("127.0.0.1", 0), Site(Counted(), web, "9.9"), web)
    running.prepare()
    thread = threading.Thread(target=running.serve, daemon=True)
    thread.start()
    yield running
    running.stop()
    thread.join(10)


def ask(server: ExporterServer, authority: trustme.CA, name: str | None) -> int:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    if name is not None:
        authority.issue_cert(name).configure_cert(context)
    url = f"https://127.0.0.1:{server.bind_addr[1]}/metrics"
    try:
        with urllib.request.urlopen(url, context=context, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        return refusal.code
    except (urllib.error.URLError, ssl.SSLError, ConnectionError):
        return 0


def test_certificates_and_keys_may_be_in_the_file_itself(
    tls: Path, server: ExporterServer, authority: trustme.CA
) -> None:
    names = {"cert_file": "cert", "key_file": "key", "client_ca_file": "client_ca"}
    settings = yaml.safe_load(tls.read_text())
    within = settings["tls_server_config"]
    for file, inline in names.items():
        within[inline] = (tls.parent / within.pop(file)).read_text()
    assert ask(server, authority, "scraper.example") == 200
    for file in tls.parent.glob("*.pem"):
        file.unlink()
    tls.write_text(yaml.safe_dump(settings))
    assert ask(server, authority, "scraper.example") == 200
    assert ask(server, authority, None) == 0


def test_client_certificates_and_their_names(server: ExporterServer, authority: trustme.CA) -> None:
    assert ask(server, authority, "scraper.example") == 200
    assert ask(server, authority, "other.example") == 403
    assert ask(server, authority, None) == 0


def test_a_renewed_certificate_needs_no_restart(
    server: ExporterServer, authority: trustme.CA, tls: Path
) -> None:
    new = trustme.CA()
    own = new.issue_cert("127.0.0.1")
    own.private_key_pem.write_to_path(str(tls.with_name("key.pem")))
    own.cert_chain_pems[0].write_to_path(str(tls.with_name("cert.pem")))
    new.cert_pem.write_to_path(str(tls.with_name("ca.pem")))
    assert ask(server, new, "scraper.example") == 200
    assert ask(server, authority, "scraper.example") == 0


# --- the program ----------------------------------------------------------------------------------


def test_sighup_and_a_request_read_the_file_again(
    folder: Path, stand_in: Any, exporter: Any
) -> None:
    stand_in("a.sock")
    stand_in("b.sock")
    file = folder / "exporter.yaml"

    def configure(*names: str) -> None:
        adapters = "".join(
            f"  - {{provider: {each}, adapter_socket: {folder}/{each}.sock}}\n" for each in names
        )
        file.write_text(f"adapters:\n{adapters}")

    def providers() -> set[str]:
        lines = running.scrape().splitlines()
        return {
            line.split('"')[1] for line in lines if line.startswith("flowtriq_flowspec_adapter_up{")
        }

    def successful() -> bool:
        name = "flowtriq_flowspec_exporter_config_last_reload_successful"
        return f"{name} 1.0" in running.scrape()

    configure("a")
    running = exporter("--config.file", str(file), "--web.enable-lifecycle")
    assert providers() == {"a"}
    configure("a", "b")
    assert providers() == {"a"}
    os.kill(running.process.pid, signal.SIGHUP)
    wait_until(lambda: providers() == {"a", "b"})
    file.write_text("adapters: [")
    reload = urllib.request.Request(f"http://{running.address}/-/reload", method="POST")
    with pytest.raises(urllib.error.HTTPError, match="500"):
        urllib.request.urlopen(reload, timeout=30)
    assert providers() == {"a", "b"}
    assert not successful()
    configure("b")
    with urllib.request.urlopen(reload, timeout=30):
        assert (providers(), successful()) == ({"b"}, True)


def test_the_version_and_another_format_of_the_log() -> None:
    command = [sys.executable, "-m", "flowtriq_flowspec_exporter.main"]
    shown = subprocess.run([*command, "--version"], capture_output=True, text=True, timeout=30)
    assert shown.returncode == 0
    assert "version 0.2" in shown.stdout
    options = ("--adapter", "a=/x", "--web.listen-address", "127.0.0.1:0")
    with subprocess.Popen(
        [*command, *options, "--log.format", "logfmt"], stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        process.terminate()
    assert " level=info " in line
    assert ' msg="serving /metrics" host=127.0.0.1 port=' in line
