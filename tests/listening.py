"""Whether somebody listens on a port of 127.0.0.1."""

import socket


def listens(port: int) -> bool:
    """Whether a connection is accepted there now."""
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0
