"""The Unix socket: mode and group are right from the start; another adapter's is left alone."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flowtriq_exabgp_adapter.http import server
from flowtriq_exabgp_adapter.http.server import UnixSocketServer
from flowtriq_flowspec.errors import InvalidConfig
from flowtriq_flowspec.http_server import unix


def application(_environ: object, start_response: Any) -> list[bytes]:
    start_response("200 OK", [])
    return [b"here"]


@contextlib.contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


@contextlib.contextmanager
def serving(path: Path, mode: int = 0o660, group: str | None = None) -> Iterator[UnixSocketServer]:
    running = UnixSocketServer(path, application, mode=mode, group=group)
    running.prepare()
    thread = threading.Thread(target=running.serve)
    thread.start()
    try:
        yield running
    finally:
        running.stop()
        thread.join(10)


def ask(path: Path, headers: bytes = b"") -> bytes:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect(str(path))
        connection.sendall(b"GET / HTTP/1.0\r\n" + headers + b"\r\n")
        return b"".join(iter(lambda: connection.recv(4096), b""))


@pytest.mark.parametrize("mask", [0, 0o022, 0o137])  # the last is ExaBGP's
@pytest.mark.parametrize("mode", [0o660, 0o600, 0o666])
def test_the_mode_is_the_configured_one_whatever_the_umask(
    tmp_path: Path, mask: int, mode: int
) -> None:
    path = tmp_path / "socket"
    with umask(mask), serving(path, mode):
        assert stat.S_IMODE(path.stat().st_mode) == mode
        assert os.umask(mask) == mask  # as it was
        assert b"here" in ask(path)


def test_nobody_may_connect_before_mode_and_group_are_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, seen = tmp_path / "socket", []
    chmod = Path.chmod

    def watched(self: Path, mode: int) -> None:
        seen.append(stat.S_IMODE(self.stat().st_mode))
        chmod(self, mode)

    monkeypatch.setattr(Path, "chmod", watched)
    with umask(0), serving(path):
        assert seen == [0]


def test_the_group_is_the_configured_one(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with serving(path, group=path.parent.group()):
        assert path.stat().st_gid == path.parent.stat().st_gid


def test_an_unknown_group_is_named_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match=r"socket\.group no-such-group"):
        UnixSocketServer(
            tmp_path / "socket", application, mode=0o660, group="no-such-group"
        ).prepare()


def test_a_socket_that_is_being_served_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_PREDECESSOR_SECONDS", 0.1)
    path = tmp_path / "socket"
    with serving(path):
        rival = UnixSocketServer(path, application, mode=0o660, group=None)
        with pytest.raises(InvalidConfig, match="another adapter is serving it"):
            rival.prepare()
        assert b"here" in ask(path)


def test_the_socket_of_a_server_that_hangs_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_PREDECESSOR_SECONDS", 0.1)
    monkeypatch.setattr(unix, "_PROBE_SECONDS", 0.1)
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as hanging, socket.socket(socket.AF_UNIX) as waiting:
        hanging.bind(str(path))
        hanging.listen(0)
        waiting.connect(str(path))  # there is no room for a second one
        with pytest.raises(InvalidConfig, match="another adapter is serving it"):
            UnixSocketServer(path, application, mode=0o660, group=None).prepare()
        assert path.exists()


def test_a_stale_socket_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(path))
    with serving(path):
        assert b"here" in ask(path)
    assert not path.exists()


def test_a_file_that_is_not_a_socket_is_not_removed(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    path.write_text("precious")
    with pytest.raises(InvalidConfig, match="Address already in use"):
        UnixSocketServer(path, application, mode=0o660, group=None).prepare()
    assert path.read_text() == "precious"


def test_a_missing_folder_is_named_in_the_error(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "socket"
    with pytest.raises(InvalidConfig, match="its folder must exist and be writable"):
        UnixSocketServer(path, application, mode=0o660, group=None).prepare()


def test_a_folder_without_permission_is_named_in_the_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(_self: Path) -> bool:
        raise PermissionError(13, "Permission denied")  # root, who may run this, is never told so

    monkeypatch.setattr(Path, "is_socket", closed)
    with pytest.raises(InvalidConfig, match=r"Permission denied \(ExaBGP runs this process as"):
        UnixSocketServer(tmp_path / "socket", application, mode=0o660, group=None).prepare()


def test_the_socket_of_the_next_adapter_is_not_removed(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with serving(path):
        path.unlink()
        with socket.socket(socket.AF_UNIX) as successor:
            successor.bind(str(path))
    assert path.exists()


def test_too_large_headers_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with serving(path):
        assert b"here" in ask(path, b"X: " + b"x" * 60_000 + b"\r\n")
        assert ask(path, b"X: x\r\n" * 12_000).startswith(b"HTTP/1.1 413")
