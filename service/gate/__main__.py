"""`python -m service.gate`: the gate as a program of its own, beside an application written in anything."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

import uvicorn

from db.contract import lockfile
from db.contract.lineage import Lineage
from db.contract.refusal import ExitCode, Refusal
from db.contract.settings import read
from db.contract.url import find_url
from service.gate.answers import App
from service.gate.gate import Gate
from service.gate.making import make_gate
from service.gate.probes import Readiness, answer_ok
from service.gate.rounds import kept_true
from service.logs import CONFIG
from service.management import Management
from service.schema_page import SchemaPage
from service.scrape import SchemaMetrics
from service.settings import ServiceSettings


def main(environ: Mapping[str, str]) -> int:
    """Answer probes on the management port until a signal; 0, or why it could not begin."""
    try:
        settings = read(ServiceSettings, environ)
        gate = make_gate(settings, find_url(environ, direct=True), _read(settings.lockfile))
        listening = _listen(settings.management_port)
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return refusal.code
    # uvicorn raises the signal again when it has served: the gate has still to end.
    signal.signal(signal.SIGTERM, lambda _signal, _frame: None)
    with listening:
        asyncio.run(_serve(gate, listening))
    return ExitCode.DONE


async def _serve(gate: Gate, listening: socket.socket) -> None:
    probes: dict[str, App] = {
        "/livez": answer_ok,
        "/readyz": Readiness(gate, is_draining=lambda: False),
        "/startupz": answer_ok,
        "/metrics": SchemaMetrics(gate),
        "/schema": SchemaPage(gate),
    }
    config = uvicorn.Config(
        Management(probes),
        log_config=CONFIG,
        log_level="warning",
        access_log=False,
        lifespan="off",
        ws="none",
    )
    # It sees none of its neighbour's requests, so its row always says that there may be one, and expires.
    with gate.serving():
        async with kept_true(gate):
            await uvicorn.Server(config).serve([listening])


def _read(path: Path) -> Lineage:
    if not path.is_file():
        raise Refusal(
            ExitCode.CONFIGURATION,
            f"no lockfile was found at {path}",
            "Set CALCIO_LOCKFILE to the one of the application: db/revisions.lock in its image that migrates",
        )
    return lockfile.read(path)


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server(("0.0.0.0", port))  # noqa: S104 - kubelet asks from outside of the pod
    except OSError as error:
        raise Refusal(
            ExitCode.UNREACHABLE,
            f"port {port} cannot be listened on ({os.strerror(error.errno or 0)})",
            "Stop what holds it, or set CALCIO_MANAGEMENT_PORT",
        ) from None


if __name__ == "__main__":
    sys.exit(main(os.environ))
