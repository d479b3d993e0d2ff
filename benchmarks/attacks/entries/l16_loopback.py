"""L16 G20: talks to itself over loopback, where a closed connection is remembered for a minute.

Safe: the next job finds no trace of it, and every port free.
"""

import socket

from ..kit import hit

PORT = 47_111


def plant() -> None:
    with socket.create_server(("127.0.0.1", PORT)) as server:
        near = socket.create_connection(("127.0.0.1", PORT))
        far, _ = server.accept()
        far.close()  # the end that closes first remembers
        near.recv(1)
        near.close()


def look() -> None:
    with open("/proc/net/tcp") as file:
        remembered = [line for line in file if f":{PORT:04X}" in line]
    if remembered:
        hit(f"{len(remembered)} connections are remembered")
    with socket.socket() as server:
        try:
            server.bind(("127.0.0.1", PORT))
        except OSError as error:
            hit(f"the port is taken: {error.strerror}")
