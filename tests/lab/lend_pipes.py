"""A process for ExaBGP that lends its pipes to a test: ``lend_pipes.py SOCKET``.

It passes its standard input and output through the Unix socket, and lives until the other side
closes the connection. So a test reads and writes ExaBGP's own pipes, with nothing in between.
"""

import contextlib
import socket
import sys

with socket.socket(socket.AF_UNIX) as connection:
    connection.connect(sys.argv[1])
    socket.send_fds(connection, [b"pipes"], [0, 1])
    with contextlib.suppress(ConnectionError):
        connection.recv(1)
