"""Three network namespaces: outside (attackers and real clients), router, victim.

    outside 198.51.100.2 ──── 198.51.100.1 router 100.64.1.1 ──── 100.64.1.2 victim

They have no names. The kernel removes each, with its links and packet filter, when the last program
that has it open ends, however that happens; so there is nothing to clean up.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

_CLONE_NEWNET = 0x40000000  # linux/sched.h
_SELF = "/proc/thread-self/ns/net"
_libc = ctypes.CDLL(None, use_errno=True)

VICTIM_NETWORKS = ("203.0.113.0/24", "192.0.2.0/24", "2001:db8:113::/64")
ATTACKER_NETWORKS = ("198.18.0.0/15", "2001:db8:bad::/48")
"""What the attacks' spoofed sources are in; nobody has these addresses."""
CLIENT, CLIENT_IPV6 = "198.51.100.2", "2001:db8:51::2"
RESOLVER = "198.51.100.53"

TO_ROUTER, TO_OUTSIDE, TO_VICTIM = "to-router", "to-outside", "to-victim"
"""Names of the links' ends, by what is at the other one."""


class NotPossible(Exception):
    """This machine cannot have the lab; says what is missing."""


class Namespace:
    """One network namespace. ``path`` is what nsenter --net takes, while this process lives."""

    def __init__(self) -> None:
        self._fd = _new()
        self.path = f"/proc/{os.getpid()}/fd/{self._fd}"

    def close(self) -> None:
        os.close(self._fd)

    def run(self, *command: str, given: str = "") -> str:
        """What a program prints that runs inside. Raises NotPossible with what it complained of."""
        done = subprocess.run(
            ["nsenter", f"--net={self.path}", *command], input=given, capture_output=True, text=True
        )
        if done.returncode:
            raise NotPossible(f"{' '.join(command)}: {done.stderr.strip()}")
        return done.stdout

    @contextmanager
    def entered(self) -> Iterator[None]:
        """The calling thread inside. A socket that it makes there stays there."""
        before = os.open(_SELF, os.O_RDONLY)
        try:
            _enter(self._fd)
            try:
                yield
            finally:
                _enter(before)
        finally:
            os.close(before)


class Network:
    """The three namespaces, with their links, addresses and routes; use as a context manager.

    Raises NotPossible and OSError.
    """

    def __enter__(self) -> Network:
        with ExitStack() as made:
            self.outside, self.router, self.victim = self.all = tuple(
                made.enter_context(closing(Namespace())) for _ in range(3)
            )
            for namespace in self.all:
                for setting in ("all", "default"):
                    _set(namespace, f"ipv4/conf/{setting}/rp_filter", "0")
                    _set(namespace, f"ipv6/conf/{setting}/disable_ipv6", "0")
                    # Usable at once: nobody else can have an address here.
                    _set(namespace, f"ipv6/conf/{setting}/accept_dad", "0")
                namespace.run("ip", "link", "set", "lo", "up")
            self._link(self.outside, TO_ROUTER, TO_OUTSIDE)
            self._link(self.victim, TO_ROUTER, TO_VICTIM)
            _set(self.router, "ipv4/ip_forward", "1")
            _set(self.router, "ipv6/conf/all/forwarding", "1")
            # IPv6 lets nobody listen on an address that only a local route makes one.
            _set(self.victim, "ipv6/ip_nonlocal_bind", "1")
            self._address()
            self._made = made.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._made.close()

    def _link(self, namespace: Namespace, end: str, router_end: str) -> None:
        link = ["ip", "link", "add", end, "type", "veth", "peer", "name", router_end]
        namespace.run(*link, "netns", self.router.path)
        namespace.run("ip", "link", "set", end, "up")
        self.router.run("ip", "link", "set", router_end, "up")

    def _address(self) -> None:
        v4, v4_carpet, v6 = VICTIM_NETWORKS
        _ip(
            self.outside,
            f"address add {CLIENT}/24 dev {TO_ROUTER}",
            f"address add {RESOLVER}/24 dev {TO_ROUTER}",
            f"address add {CLIENT_IPV6}/64 dev {TO_ROUTER}",
            "route add default via 198.51.100.1",
            "route add default via 2001:db8:51::1",
        )
        _ip(
            self.router,
            f"address add 198.51.100.1/24 dev {TO_OUTSIDE}",
            f"address add 2001:db8:51::1/64 dev {TO_OUTSIDE}",
            f"address add 100.64.1.1/30 dev {TO_VICTIM}",
            f"address add 2001:db8:64::1/64 dev {TO_VICTIM}",
            *(f"route add {network} via 100.64.1.2" for network in (v4, v4_carpet)),
            f"route add {v6} via 2001:db8:64::2",
        )
        _ip(
            self.victim,
            f"address add 100.64.1.2/30 dev {TO_ROUTER}",
            f"address add 2001:db8:64::2/64 dev {TO_ROUTER}",
            "route add default via 100.64.1.1",
            "route add default via 2001:db8:64::1",
            # Every address of the attacked networks is a host here.
            *(f"route add local {network} dev lo" for network in VICTIM_NETWORKS),
            # It answers no spoofed source.
            *(f"route add blackhole {network}" for network in ATTACKER_NETWORKS),
        )


def missing() -> str | None:
    """Why this machine cannot have the namespaces, if it cannot; the programs are there."""
    if os.geteuid() != 0:
        return "it needs root: network namespaces and a packet filter in them"
    try:
        with Network() as network:
            network.router.run("nft", "add table inet probe")
    except (NotPossible, OSError) as problem:
        return f"this machine does not allow it: {problem}"
    return None


def _new() -> int:
    """A file descriptor of a new namespace. Raises OSError."""
    found: list[int | OSError] = []

    def make() -> None:
        try:
            # For good, and for the calling thread alone; so a thread that ends does it.
            if _libc.unshare(_CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
            found.append(os.open(_SELF, os.O_RDONLY))
        except OSError as error:
            found.append(error)

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    (made,) = found
    if isinstance(made, OSError):
        raise made
    return made


def _enter(fd: int) -> None:
    if _libc.setns(fd, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _set(namespace: Namespace, setting: str, value: str) -> None:
    # /proc/sys/net shows the namespace of the thread that opens it.
    with namespace.entered(), open(f"/proc/sys/net/{setting}", "w") as file:  # noqa: PTH123
        file.write(value)


def _ip(namespace: Namespace, *commands: str) -> None:
    for command in commands:
        family = ["-6"] if ":" in command else []
        words = command.split()
        if "blackhole" in words:
            words = ["route", "add", "blackhole", words[-1]]
        namespace.run("ip", *family, *words)
