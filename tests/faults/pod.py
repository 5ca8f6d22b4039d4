"""`python -m tests.faults.pod LOCKFILE`: gate and pool of the service, in a process that stops at the worst moment.

It is ready, it admits a request, it checks the request's deadline, and stops before it sends what it checked.
Stopped there it says "stopped"; once it goes on, it says what came of the statement that it sent too late.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

import asyncpg

from db.contract import lockfile
from db.contract.url import find_url
from service import deadline
from tests.database.gate.running import running_with_pool, until_readyz

REQUEST_DEADLINE_S = 3.0
SETTINGS: dict[str, Any] = {
    "lease_s": 6.0,
    "margin_s": 4.5,
    "heartbeat_s": 0.5,
    "request_deadline_s": REQUEST_DEADLINE_S,
    "idle_timeout_s": 1.0,
    "clock_step_s": 0.5,
}


def stop(value: str) -> str:
    """What asyncpg calls between the check and the sending: it writes the statement's parameters for the wire."""
    print("stopped", flush=True)
    os.kill(os.getpid(), signal.SIGSTOP)
    return value


async def main(lockfile_: Path) -> str:
    url, image = find_url(os.environ, direct=True), lockfile.read(lockfile_)
    async with running_with_pool(url, image=image, **SETTINGS) as (client, pool):
        await until_readyz(client, 200)
        with deadline.within(REQUEST_DEADLINE_S):
            async with pool.acquire() as connection:
                await connection.set_type_codec("text", schema="pg_catalog", encoder=stop, decoder=str)
                try:
                    await connection.fetch("SELECT skill FROM player WHERE name = $1", "p")
                except (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, OSError):
                    return "nobody was there"
                except asyncpg.PostgresError as error:
                    return f"answered {error.sqlstate}"
    return "answered"


if __name__ == "__main__":
    print(asyncio.run(main(Path(sys.argv[1]))), flush=True)
