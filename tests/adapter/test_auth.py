"""Authentication and roles: by user on the Unix socket, by token or certificate on TCP with TLS."""

from __future__ import annotations

import contextlib
import getpass
import hashlib
import os
import socket
import ssl
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import requests
import trustme
import yaml
from flowtriq_exabgp_adapter.config import AdapterConfig
from flowtriq_exabgp_adapter.http.auth import Tokens
from flowtriq_flowspec.adapter_client import AdapterClient
from flowtriq_flowspec.errors import AdapterUnreachable, InvalidConfig, Refused

from tests.lab.adapter import PROGRAM, Adapter
from tests.lab.bgp_listener import BGPListener
from tests.lab.exabgp import ExaBGP
from tests.lab.waiting import eventually

NETWORK = {"allowed_destinations": ["203.0.113.0/24"]}
RULE = {"match": {"destination": "203.0.113.1/32"}, "then": {"discard": True}}
ANNOUNCE = {"incident": "a:1", "rules": [RULE]}
SECRETS = {"reader": "r" * 32, "robot": "o" * 32, "gone": "g" * 32, "person": "p" * 32}


def token(name: str, role: str, **more: str) -> dict[str, str]:
    digest = hashlib.sha256(SECRETS[name].encode()).hexdigest()
    return {"name": name, "sha256": digest, "role": role, **more}


class Tls:
    """An adapter that listens on TCP, and what its callers need."""

    def __init__(self, folder: Path, router: BGPListener, *, client_ca: bool) -> None:
        self.ca = trustme.CA()
        self.ca_file, self.tokens_file = folder / "ca.pem", folder / "tokens.yaml"
        self.ca.cert_pem.write_to_path(str(self.ca_file))
        server = self.ca.issue_cert("127.0.0.1")
        certificate, key = folder / "server.pem", folder / "server.key"
        server.private_key_pem.write_to_path(str(key))
        server.cert_chain_pems[0].write_to_path(str(certificate))
        yesterday = datetime.now(timezone.utc) - timedelta(days=1)
        self.set_tokens(
            token("reader", "read"),
            token("robot", "operate"),
            token("person", "admin"),
            token("gone", "admin", expires_at=yesterday.strftime("%Y-%m-%dT%H:%M:%SZ")),
        )
        self.port = free_port()
        self.adapter = Adapter(
            folder,
            NETWORK,
            tokens_file=str(self.tokens_file),
            tcp={
                "address": "127.0.0.1",
                "port": self.port,
                "certificate": str(certificate),
                "key": str(key),
                **({"client_ca": str(self.ca_file)} if client_ca else {}),
            },
        )
        self.exabgp = ExaBGP("5.0.15", folder, [router], process=self.adapter.command)

    def set_tokens(self, *tokens: dict[str, str]) -> None:
        self.tokens_file.write_text(yaml.safe_dump(list(tokens)))

    def ask(self, method: str, path: str, name: str | None = None, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {SECRETS[name]}"} if name else {}
        url = f"https://127.0.0.1:{self.port}{path}"
        with requests.Session() as session:
            return session.request(
                method, url, headers=headers, verify=str(self.ca_file), timeout=10, **more
            )


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tls]:
    with BGPListener() as router:
        lab = Tls(tmp_path_factory.mktemp("tls"), router, client_ca=False)
        with lab.exabgp:
            lab.adapter.wait_until_established(lab.exabgp)
            yield lab


@pytest.fixture
def tls(shared: Tls) -> Iterator[Tls]:
    """With the tokens of the start, and no rule."""
    tokens = shared.tokens_file.read_text()
    yield shared
    shared.tokens_file.write_text(tokens)
    shared.adapter.client.withdraw(all=True)


def test_a_token_may_do_what_its_role_allows(tls: Tls) -> None:
    assert tls.ask("GET", "/v1/status").status_code == 401
    assert tls.ask("GET", "/v1/status", "gone").status_code == 401
    assert tls.ask("GET", "/v1/status", "reader").status_code == 200
    asked = {"rules": ANNOUNCE["rules"]}
    assert tls.ask("POST", "/v1/explanations", "reader", json=asked).status_code == 200
    denied = tls.ask("POST", "/v1/rules", "reader", json=ANNOUNCE)
    assert denied.status_code == 403
    assert denied.json()["error"]["limit"] == "operate"
    assert tls.ask("POST", "/v1/rules", "robot", json=ANNOUNCE).status_code == 200
    as_person = {**ANNOUNCE, "operator": True}
    assert tls.ask("POST", "/v1/rules", "robot", json=as_person).status_code == 403
    assert tls.ask("POST", "/v1/rules", "person", json=as_person).status_code == 200
    engage, release = {"engaged": True}, {"engaged": False}
    assert tls.ask("POST", "/v1/kill-switch", "robot", json=engage).status_code == 200
    assert tls.ask("POST", "/v1/kill-switch", "robot", json=release).status_code == 403
    assert tls.ask("POST", "/v1/kill-switch", "person", json=release).status_code == 200
    callers = {event["caller"] for event in tls.adapter.client.history()}
    assert {"token robot", "token person"} <= callers
    log = tls.exabgp.log.read_text()
    assert not [name for name, secret in SECRETS.items() if secret in log]


def test_tokens_are_rotated_without_a_restart(tls: Tls) -> None:
    assert tls.ask("GET", "/v1/status", "robot").status_code == 200
    tls.set_tokens(token("reader", "read"))
    assert tls.ask("GET", "/v1/status", "robot").status_code == 401
    assert tls.ask("GET", "/v1/status", "reader").status_code == 200


@pytest.mark.parametrize("in_place", [True, False])
def test_a_tokens_file_of_the_same_size_and_time_is_read_again(tmp_path: Path, in_place) -> None:
    file, other = tmp_path / "tokens.yaml", tmp_path / "other.yaml"
    file.write_text(yaml.safe_dump([token("reader", "read")]))
    tokens, before = Tokens(file), file.stat()
    assert tokens.caller(SECRETS["reader"]) is not None
    text = yaml.safe_dump([token("person", "read")])
    if in_place:
        file.write_text(text)
    else:
        other.write_text(text)
        other.replace(file)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert tokens.caller(SECRETS["reader"]) is None
    assert tokens.caller(SECRETS["person"]) is not None


def test_a_tokens_file_that_cannot_be_read_disables_token_authentication(tls: Tls) -> None:
    tls.tokens_file.write_text("- name: [")
    assert tls.ask("GET", "/v1/status", "reader").status_code == 401
    assert tls.adapter.client.status()["version"]  # the Unix socket is another door


@pytest.mark.parametrize(
    ("expires_at", "opens"),
    [
        ("2999-01-15T03:00:00Z", True),  # without quotes YAML would make a moment of it
        ("'2999-01-15T03:00:00+02:00'", True),
        ("2001-01-15T03:00:00Z", False),
    ],
)
def test_a_token_expires(tmp_path: Path, expires_at: str, opens: bool) -> None:
    line = "- {{name: x, role: read, sha256: {}, expires_at: {}}}\n"
    digest = hashlib.sha256(b"secret").hexdigest()
    (tmp_path / "tokens.yaml").write_text(line.format(digest, expires_at))
    assert (Tokens(tmp_path / "tokens.yaml").caller("secret") is not None) == opens


def test_an_invalid_expires_at_is_reported_at_the_start(tmp_path: Path) -> None:
    robot = token("robot", "read", expires_at="2026-13-15T03:00:00Z")
    (tmp_path / "tokens.yaml").write_text(yaml.safe_dump([robot]))
    with pytest.raises(InvalidConfig, match=r"tokens_file\.0\.expires_at is '2026-13"):
        Tokens(tmp_path / "tokens.yaml")


def test_plain_http_is_refused(tls: Tls) -> None:
    with pytest.raises(requests.RequestException):
        requests.get(f"http://127.0.0.1:{tls.port}/v1/status", timeout=5).raise_for_status()


def test_clients_that_connect_and_send_nothing_block_nobody(tls: Tls) -> None:
    with contextlib.ExitStack() as silent:
        for _ in range(3):
            silent.enter_context(socket.create_connection(("127.0.0.1", tls.port)))
        assert tls.ask("GET", "/v1/status", "reader").elapsed.total_seconds() < 8


def test_a_client_certificate_authenticates(tmp_path: Path, listener: BGPListener) -> None:
    lab = Tls(tmp_path, listener, client_ca=True)
    client = lab.ca.issue_cert("robot.example", common_name="robot.example")
    pem = tmp_path / "client.pem"
    client.private_key_and_cert_chain_pem.write_to_path(str(pem))
    with lab.exabgp:
        lab.adapter.wait_until_established(lab.exabgp)
        with pytest.raises(requests.RequestException):
            lab.ask("GET", "/v1/status")
        assert lab.ask("POST", "/v1/rules", json=ANNOUNCE, cert=str(pem)).status_code == 200
        assert "certificate robot.example" in str(lab.adapter.client.history())
        url, ca_file = f"https://127.0.0.1:{lab.port}", str(lab.ca_file)
        with AdapterClient(url, ca_file=ca_file, certificate_file=str(pem)) as remote:
            assert len(remote.rules()) == 1
        stranger = trustme.CA().issue_cert("robot.example")
        stranger.private_key_and_cert_chain_pem.write_to_path(str(pem))
        with pytest.raises((requests.RequestException, ssl.SSLError)):
            lab.ask("GET", "/v1/status", cert=str(pem))


def test_the_library_client_over_tls(tls: Tls) -> None:
    """As the pack uses a provider's adapter_url, adapter_ca and adapter_token."""
    url, ca_file = f"https://127.0.0.1:{tls.port}", str(tls.ca_file)
    with AdapterClient(url, token=SECRETS["robot"], ca_file=ca_file) as client:
        (result,) = client.announce(**ANNOUNCE)["results"]
        assert result["state"] == "announced"
    for wrong, error, word in (
        ({"token": "w" * 32, "ca_file": ca_file}, Refused, "token"),
        ({"token": SECRETS["robot"]}, AdapterUnreachable, "certificate"),
        ({"ca_file": "/gone.pem"}, AdapterUnreachable, "adapter_ca /gone.pem .*No such file"),
        ({"ca_file": __file__}, AdapterUnreachable, "adapter_ca .*test_auth.py .*PEM"),
        (
            {"ca_file": ca_file, "certificate_file": "/lost.pem"},
            AdapterUnreachable,
            "adapter_certificate /lost.pem .*No such file",
        ),
    ):
        with AdapterClient(url, **wrong) as client, pytest.raises(error, match=word):
            client.rules()


def test_tcp_without_tokens_or_client_ca_refuses_to_start(tmp_path: Path) -> None:
    tcp = {"address": "127.0.0.1", "port": 1, "certificate": "/c.pem", "key": "/k.pem"}
    with pytest.raises(InvalidConfig, match="everyone could announce"):
        AdapterConfig.from_dict({"guardrails": NETWORK, "tcp": tcp})


@pytest.mark.parametrize(
    ("roles", "reads", "announces"),
    [
        ({getpass.getuser(): "read"}, True, False),
        ({"*": "operate"}, True, True),
        ({"nobody-at-all": "admin"}, False, False),
    ],
)
def test_on_the_unix_socket_the_role_is_the_users(
    tmp_path: Path, listener: BGPListener, roles: dict[str, str], reads: bool, announces: bool
) -> None:
    adapter = Adapter(tmp_path, NETWORK, socket={"roles": roles})
    with ExaBGP("5.0.15", tmp_path, [listener], process=adapter.command):
        assert listener.wait_established()
        assert eventually(adapter.socket.exists)
        with AdapterClient(str(adapter.socket), connect_attempts=8) as client:
            for allowed, ask in (
                (reads, client.status),
                (announces, lambda: client.announce(**ANNOUNCE)),
            ):
                if allowed:
                    ask()
                else:
                    with pytest.raises(Refused, match="role"):
                        ask()


def test_too_many_requests_are_429(tmp_path: Path, listener: BGPListener) -> None:
    adapter = Adapter(tmp_path, NETWORK, max_requests_per_minute=60)
    with ExaBGP("5.0.15", tmp_path, [listener], process=adapter.command) as exabgp:
        adapter.wait_until_established(exabgp)
        codes = [adapter.ask("GET", "/v1/status").status_code for _ in range(61)]
        assert codes[0] == 200
        assert codes[-1] == 429


def test_the_program_names_the_setting_of_a_missing_tokens_file(tmp_path: Path) -> None:
    config = tmp_path / "adapter.yaml"
    config.write_text(
        yaml.safe_dump(
            {
                "socket": {"path": str(tmp_path / "s.sock")},
                "database": str(tmp_path / "d.sqlite3"),
                "guardrails": NETWORK,
                "tokens_file": str(tmp_path / "tokens.yaml"),
            }
        )
    )
    done = subprocess.run(
        [PROGRAM, "--config", config], stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "tokens_file" in done.stderr
