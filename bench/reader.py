"""Reads all rules of an adapter again and again, until it is killed: ``reader.py SOCKET``.

After the first time it writes a line.
"""

from __future__ import annotations

import socket
import sys

_REQUEST = b"GET /v1/rules HTTP/1.1\r\nHost: adapter\r\nConnection: close\r\n\r\n"


def read(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as asking:
        asking.connect(path)
        asking.sendall(_REQUEST)
        while asking.recv(1 << 20):
            pass


if __name__ == "__main__":
    read(sys.argv[1])
    print(flush=True)
    while True:
        read(sys.argv[1])
