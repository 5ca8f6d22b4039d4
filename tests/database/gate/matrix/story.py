"""Plays one condition to pods of every standing, and keeps what each one answered when."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx

from db.contract.url import DatabaseUrl
from tests.database.gate.matrix import conditions
from tests.database.gate.matrix.cases import CASES, Case
from tests.database.gate.matrix.conditions import UNANSWERED, Condition
from tests.database.gate.matrix.pods import Answers, Pod, Program, Role, Sidecars, service, sidecars
from tests.database.gate.proxy import Proxy
from tests.server.embedded import EmbeddedServer

DEADLINE_S = 60
POLL_S = 0.2
# For these a lease is waited out.
OUTLASTING = {Condition.HUNG, Condition.GONE, Condition.LOCKED}
Key = tuple[str, Program, Role]
Told = Callable[[Pod, str], bool]  # whether ?verbose of a pod says what it should


@dataclass
class Story:
    """What pods answered while it lasted and afterwards; `seen` is each status of /readyz in between."""

    condition: Condition
    during: dict[Key, Answers] = field(default_factory=dict)
    after: dict[Key, Answers] = field(default_factory=dict)
    seen: dict[Key, set[int]] = field(default_factory=dict)
    ends: list[int] = field(default_factory=list)  # of the sidecars


@dataclass(frozen=True)
class Stage:
    """Where pods find their database, as the service's role, and what is done to it."""

    server: EmbeddedServer
    url: DatabaseUrl
    proxy: Proxy
    standby: DatabaseUrl | None = None

    def of(self, case: Case) -> DatabaseUrl:
        return self.url.replace(database=case.name)

    def under(self, condition: Condition, pods: Iterable[Pod]) -> AbstractAsyncContextManager[None]:
        match condition:
            case Condition.SLOW:
                return conditions.slow(self.proxy)
            case Condition.HUNG:
                return conditions.hung(self.server)
            case Condition.GONE:
                return conditions.away(self.server, "immediate")
            case Condition.RESTARTED:
                return conditions.away(self.server, "fast")
            case Condition.FAILED_OVER:
                assert self.standby
                return conditions.failing_over(self.server, self.standby)
            case Condition.LOCKED:
                return conditions.locked(self.server)
            case Condition.EXHAUSTED:
                return exhausted(pods)
            case Condition.UP:
                return nullcontext()


@asynccontextmanager
async def exhausted(pods: Iterable[Pod]) -> AsyncIterator[None]:
    """Somebody holds each session that requests could have."""
    async with AsyncExitStack() as stack:
        for pod in pods:
            if pod.pool and pod.case.ready:
                await stack.enter_async_context(pod.pool.acquire())
        yield


async def play(stage: Stage, condition: Condition, folder: Path) -> Story:
    """Let pods be ready or not, let it happen, let others start meanwhile, and let it end."""
    story = Story(condition)
    # No connection is kept: a server may close one just when it would be used again.
    limits = httpx.Limits(max_keepalive_connections=0)
    async with AsyncExitStack() as stack, httpx.AsyncClient(limits=limits) as client:
        launched = stack.enter_context(sidecars(client, folder))
        roles = (Role.PATIENT, Role.SHORT) if condition in OUTLASTING else (Role.PATIENT,)
        old = [pod for role in roles for pod in await begin(stack, stage, launched, role)]
        await settled(old, as_it_stands)
        await served(old)
        watching = asyncio.create_task(watch(story, [pod for pod in old if pod.role is Role.PATIENT]))
        async with stage.under(condition, old):
            new = await begin(stack, stage, launched, Role.NEWCOMER)
            why = UNANSWERED.get(condition)
            meanwhile = partial(is_without_answer, why) if why else as_it_stands
            await settled([*old, *new], meanwhile)
            story.during = await asked([*old, *new], meanwhile)
        await settled([*old, *new], as_it_stands)
        lasting = [pod for pod in [*old, *new] if pod.role is not Role.SHORT]
        await served(lasting)
        story.after = await asked(lasting, as_it_stands)
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        story.ends = await asyncio.to_thread(launched.end)
    return story


async def begin(stack: AsyncExitStack, stage: Stage, launched: Sidecars, role: Role) -> list[Pod]:
    """A pod of each kind for each standing; short leases are for whom there is one."""
    cases = [case for case in CASES.values() if case.ready or role is not Role.SHORT]
    starting = (stack.enter_async_context(service(case, role, stage.of(case))) for case in cases)
    within = await asyncio.gather(*starting)
    beside = [launched.start(case, role, stage.of(case)) for case in cases]
    return [*within, *beside]


async def settled(pods: Iterable[Pod], condition: Told) -> None:
    """Return when each pod's ?verbose meets the condition."""

    async def one(pod: Pod) -> None:
        text = ""
        try:
            async with asyncio.timeout(DEADLINE_S):
                while True:
                    with suppress(httpx.ConnectError):
                        text = await pod.verbose()
                        if condition(pod, text):
                            return
                    await asyncio.sleep(POLL_S)
        except TimeoutError:
            raise AssertionError(f"{pod.key} still answers:\n{text}") from None

    await asyncio.gather(*map(one, pods))


async def served(pods: Iterable[Pod]) -> None:
    """Return when each pod that is ready has a session for requests."""
    for pod in pods:
        async with asyncio.timeout(DEADLINE_S):
            while pod.pool and pod.case.ready and (await pod.api()).status_code != 200:  # noqa: ASYNC110 - what changes is a database
                await asyncio.sleep(POLL_S)


def as_it_stands(pod: Pod, text: str) -> bool:
    schema = f"[{'+' if pod.case.ready else '-'}]schema {pod.case.standing}: found "
    return "[+]database ok" in text and schema in text


def is_without_answer(why: str, pod: Pod, text: str) -> bool:
    """How an outage shows in a pod: by what it had been told before, and for how long that lasts."""
    match pod.role:
        case Role.NEWCOMER:
            return f"unknown: {why}" in text
        case Role.PATIENT:
            return f"database silent: {why}" in text
        case Role.SHORT:
            return "the lease has ended" in text


async def asked(pods: Iterable[Pod], condition: Told) -> dict[Key, Answers]:
    """What each pod answers while the condition holds of it.

    On a busy machine an answer of the database may come too late; then that pod settles and is asked anew.
    """

    async def one(pod: Pod) -> tuple[Key, Answers]:
        async with asyncio.timeout(DEADLINE_S):
            while True:
                answers = await pod.answers()
                if condition(pod, answers.verbose) and condition(pod, await pod.verbose()):
                    return pod.key, answers
                await settled([pod], condition)

    return dict(await asyncio.gather(*map(one, pods)))


async def watch(story: Story, pods: list[Pod]) -> None:
    """Note each answer of /readyz until cancelled."""
    while True:
        for pod in pods:
            story.seen.setdefault(pod.key, set()).add((await pod.ask("/readyz")).status_code)
        await asyncio.sleep(POLL_S)
