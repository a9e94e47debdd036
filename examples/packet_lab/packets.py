"""IP packets as octets, for raw sockets. Checksums of TCP and UDP are 0: no host reads them."""

from __future__ import annotations

import socket
import struct
from ipaddress import ip_address

TCP, UDP, ICMP, ICMPV6, FRAGMENT_HEADER = 6, 17, 1, 58, 44
SYN, ACK = 0x02, 0x10


def ip(source: str, target: str, protocol: int, payload: bytes, *, fragment: int = 0) -> bytes:
    """``fragment`` is IPv4's flags and offset, in its units of eight bytes; IPv6 gets a fragment
    header with the same. The kernel adds IPv4's identification and checksum."""
    if ip_address(target).version == 4:
        head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 0, fragment, 64, protocol, 0)
        return head + socket.inet_aton(source) + socket.inet_aton(target) + payload
    if fragment:
        offset, more = fragment & 0x1FFF, bool(fragment & 0x2000)
        payload = struct.pack("!BBHI", protocol, 0, offset << 3 | more, 7) + payload
        protocol = FRAGMENT_HEADER
    head = struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64)
    ends = (socket.inet_pton(socket.AF_INET6, each) for each in (source, target))
    return head + b"".join(ends) + payload


def tcp(source_port: int, target_port: int, flags: int) -> bytes:
    return struct.pack("!HHIIBBHHH", source_port, target_port, 1, 0, 5 << 4, flags, 65535, 0, 0)


def udp(source_port: int, target_port: int, length: int) -> bytes:
    """``length`` of the data."""
    return struct.pack("!HHHH", source_port, target_port, 8 + length, 0) + bytes(length)


def ends(packet: bytes) -> tuple[str, str]:
    """(source, target) of an IP packet; of anything else ("", "")."""
    if packet[:1] and packet[0] >> 4 == 4:
        return socket.inet_ntoa(packet[12:16]), socket.inet_ntoa(packet[16:20])
    if packet[:1] and packet[0] >> 4 == 6:
        return tuple(  # type: ignore[return-value]
            socket.inet_ntop(socket.AF_INET6, packet[at : at + 16]) for at in (8, 24)
        )
    return "", ""


class Sender:
    """Sends whole IP packets, whatever their source. Made inside a namespace, it sends there."""

    def __init__(self) -> None:
        self._sockets = {
            4: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW),
            6: socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW),
        }

    def send(self, packet: bytes) -> None:
        _, target = ends(packet)
        self._sockets[packet[0] >> 4].sendto(packet, (target, 0))

    def close(self) -> None:
        for each in self._sockets.values():
            each.close()
