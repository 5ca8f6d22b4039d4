"""What keeps a Job from running is said while it keeps it, by what name it has and with what helps."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from db.contract.refusal import ExitCode
from tests.cluster.desk import Desk, Ended, desk

SECONDS = 45
PASSED = 124
UNWANTED = ("provide-postgres", "finish-automatically", "keep-available")
ELSEWHERE: dict[str, object] = {
    "op": "replace",
    "path": "/spec/template/spec/containers/0/image",
    "value": "registry.invalid:5000/calcio-migrate:RELEASE",
}
HOST_NETWORK: dict[str, object] = {"op": "add", "path": "/spec/template/spec/hostNetwork", "value": True}


def no_image(at: Desk) -> None:
    give_secret(at, "DATABASE_URL")
    at.overlay.release("never-built")


def no_registry(at: Desk) -> None:
    give_secret(at, "DATABASE_URL")
    at.overlay.patch("app.kubernetes.io/component=migrate", ELSEWHERE)


def no_secret(_: Desk) -> None:
    """As it is on an empty cluster."""


def no_url(at: Desk) -> None:
    give_secret(at, "URL_OF_DATABASE")


def no_room(at: Desk) -> None:
    give_secret(at, "DATABASE_URL")
    at.place("create", "quota", "no-pods", "--hard=pods=0")


def not_restricted(at: Desk) -> None:
    give_secret(at, "DATABASE_URL")
    at.overlay.patch("app.kubernetes.io/component=migrate", HOST_NETWORK)


TROUBLES: dict[Callable[[Desk], None], tuple[int, str, str]] = {
    no_image: (
        PASSED,
        'Failed to pull image "calcio-migrate:never-built"',
        "The overlay's images: says from where",
    ),
    no_registry: (
        PASSED,
        'Failed to pull image "registry.invalid:5000/calcio-migrate:',
        "The overlay's images: says from where",
    ),
    no_secret: (PASSED, 'secret "calcio-migrate-db" not found', "Make that Secret, with DATABASE_URL in it"),
    no_url: (ExitCode.CONFIGURATION, "no database URL", "Mount a Secret with the key DATABASE_URL"),
    no_room: (PASSED, "exceeded quota: no-pods", "Raise the quota"),
    not_restricted: (
        PASSED,
        'violates PodSecurity "restricted:latest": host namespaces',
        "run-on-kubernetes",
    ),
}


def give_secret(at: Desk, key: str) -> None:
    url = "postgresql://nobody@nowhere.invalid/nothing"
    at.place("create", "secret", "generic", "calcio-migrate-db", f"--from-literal={key}={url}")


@pytest.fixture(scope="module")
def ended(release: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Ended]]:
    """How deploying ended in each trouble: side by side, for most of them wait for their deadline."""

    def deploy(at: Desk) -> Ended:
        return at.run("deploy", "dev", SECONDS)

    with ExitStack() as stack, ThreadPoolExecutor() as pool:
        began = {}
        for make in TROUBLES:
            at = stack.enter_context(desk(tmp_path_factory.mktemp(make.__name__), release))
            for component in UNWANTED:
                at.overlay.use(component, wanted=False)
            make(at)
            began[make.__name__] = pool.submit(deploy, at)
        yield {name: ends.result() for name, ends in began.items()}


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: str(trouble.__name__))
def test_what_blocks_a_job_is_said_with_what_helps(
    trouble: Callable[[Desk], None], ended: dict[str, Ended]
) -> None:
    """Deploying ends within its deadline, not with 0, and names the object and the way out."""
    code, said, help_ = TROUBLES[trouble]
    found = ended[trouble.__name__]
    assert found.code == code, found
    assert [
        line for line in found.out.splitlines() if "calcio-migrate" in line and said in line and help_ in line
    ]


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: str(trouble.__name__))
def test_nothing_is_said_twice(trouble: Callable[[Desk], None], ended: dict[str, Ended]) -> None:
    """Who reads it reads each warning once, however often the cluster repeats it."""
    warned = [line for line in ended[trouble.__name__].out.splitlines() if line.startswith(("Pod ", "Job "))]
    assert warned == list(dict.fromkeys(warned))
