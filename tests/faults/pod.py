"""`python -m tests.faults.pod LOCKFILE MOMENT`: gate and pool of the service, in a process that stops at a bad moment.

It is ready, it admits a request, and it stops: before it checks the request's deadline, or between that check and
what it then sends. Stopped there it says "stopped"; once it goes on, it says what came of what it sent.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable
from enum import StrEnum
from pathlib import Path
from typing import Any

import asyncpg

from db.contract import lockfile
from db.contract.url import find_url
from service import deadline
from service.deadline import DeadlineOverError
from service.gate.trouble import LapsedError, UnfitSchemaError
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
NOBODY = "nobody was there"


class Moment(StrEnum):
    """Where it stops."""

    ADMITTED = "admitted"
    CHECKED = "checked"


def stop() -> None:
    print("stopped", flush=True)
    os.kill(os.getpid(), signal.SIGSTOP)


def stopping(value: str) -> str:
    """What asyncpg calls between the check and the sending: it writes the statement's parameters for the wire."""
    stop()
    return value


async def query(connection: Any) -> None:
    """Ask as the code of release 1 does."""
    await connection.fetch("SELECT skill FROM player WHERE name = $1", "p")


async def query_anew(pool: Any) -> None:
    async with pool.acquire() as connection:
        await query(connection)


async def result_of(querying: Awaitable[None]) -> str:
    try:
        await querying
    except DeadlineOverError:
        return "too late"
    except UnfitSchemaError:
        return "unfit"
    except LapsedError:
        return "lapsed"
    except (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, OSError):
        return NOBODY
    except asyncpg.PostgresError as error:
        return f"answered {error.sqlstate}"
    return "answered"


async def main(lockfile_: Path, moment: Moment) -> str:
    url, image = find_url(os.environ, direct=True), lockfile.read(lockfile_)
    async with running_with_pool(url, image=image, **SETTINGS) as (client, pool):
        await until_readyz(client, 200)
        with deadline.within(REQUEST_DEADLINE_S):
            async with pool.acquire() as connection:
                if moment is Moment.CHECKED:
                    await connection.set_type_codec(
                        "text", schema="pg_catalog", encoder=stopping, decoder=str
                    )
                else:
                    stop()
                first = await result_of(query(connection))
            # As long as it believes that it has the time, a request may ask for another session.
            return f"{first}, {await result_of(query_anew(pool))}" if first == NOBODY else first


if __name__ == "__main__":
    print(asyncio.run(main(Path(sys.argv[1]), Moment(sys.argv[2]))), flush=True)
