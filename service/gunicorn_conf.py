"""How gunicorn runs the service: one worker, two ports, and nothing started that cannot work."""

import gc
import os
import socket
import sys
from pathlib import Path
from typing import Any, NoReturn

from db.contract.refusal import ExitCode, Refusal
from service.logs import CONFIG

# What is made by importing stays; to look for what does not costs a tenth of the start.
gc.disable()
# After the drain and the last request: the pool closes, and the row is deleted.
FAREWELL_S = 3


def on_starting(server: Any) -> None:
    """Refuse what gunicorn would only find out later, five tries later, or never."""
    if server.cfg.workers > 1:
        _end(
            Refusal(
                ExitCode.CONFIGURATION,
                f"gunicorn was told to run {server.cfg.workers} workers, expected 1: each would be a reader of its own,"
                " and a probe would ask any of them",
                "Scale by replicas",
            )
        )
    for port in (_settings.http_port, _settings.management_port):
        _must_be_free(port)


def post_worker_init(_worker: Any) -> None:
    """Let the collector begin, and spare it what lives as long as the process."""
    gc.freeze()
    gc.enable()


def _must_be_free(port: int) -> None:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("0.0.0.0", port))  # noqa: S104 - in a pod this is what a Service reaches
        except OSError as error:
            _end(
                Refusal(
                    ExitCode.UNREACHABLE,
                    f"port {port} cannot be listened on ({error.strerror})",
                    "Stop what holds it, or set CALCIO_HTTP_PORT and CALCIO_MANAGEMENT_PORT",
                )
            )


def _end(refusal: Refusal) -> NoReturn:
    sys.stderr.write(f"{refusal}\n")
    sys.exit(refusal.code)


try:
    # What can be wrong with settings, URL, keys and lockfile is found here, before any worker is made.
    from service.asgi import settings as _settings
except Refusal as _refusal:
    _end(_refusal)
bind = [f"0.0.0.0:{_settings.http_port}", f"0.0.0.0:{_settings.management_port}"]
worker_class = "service.worker.Worker"
workers = 1
preload_app = True
# Longer than any proxy keeps an idle connection, so that it is never we who close one in its hand.
keepalive = 75
graceful_timeout = int(_settings.drain_s + _settings.request_deadline_s + FAREWELL_S)
control_socket_disable = True
# Whose X-Forwarded-For is believed: nobody's unless it is said, where gunicorn believes its own machine.
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "")
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - a heartbeat must not touch a disk
logconfig_dict = CONFIG
loglevel = "warning"
