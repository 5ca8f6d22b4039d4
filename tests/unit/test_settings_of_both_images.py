"""The settings that calcio has: their names, defaults and sums, in the Job and in the service."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.contract.refusal import Refusal
from db.contract.settings import describe, read
from db.contract.shared_settings import LeaseSettings, SharedSettings
from db.runner.settings import RunnerSettings
from service.settings import ServiceSettings

BOTH = (RunnerSettings, ServiceSettings)
SHARED = {
    "CALCIO_LEASE_S": "120",
    "CALCIO_MARGIN_S": "45",
    "CALCIO_HEARTBEAT_S": "20",
    "CALCIO_REQUEST_DEADLINE_S": "10",
    "CALCIO_IDLE_TIMEOUT_S": "30",
    "CALCIO_CLOCK_STEP_S": "5",
    "CALCIO_RELEASE": "dev",
    "CALCIO_SCHEMA": "public",
    "CALCIO_VERSION_TABLE": "alembic_version",
}
RUNNER = {
    "CALCIO_CONNECT_DEADLINE_S": "60",
    "CALCIO_LOCK_TIMEOUT_MS": "50",
    "CALCIO_LOCK_TIMEOUT_MAX_MS": "200",
    "CALCIO_LOCK_BUDGET_S": "900",
    "CALCIO_STATEMENT_TIMEOUT_S": "0",
    "CALCIO_TERMINATION_LOG": "/dev/termination-log",
    "CALCIO_MIGRATIONS": "",
    "CALCIO_ENV_PY": "ask",
    "CALCIO_APP_ROLE": "",
    "CALCIO_UNDECLARED": "strict",
    "CALCIO_FENCE_UNREGISTERED": "hold",
    "CALCIO_APPROVED_PLAN": "",
    "CALCIO_IMAGE": "",
    "CALCIO_GIT_SHA": "",
}
SERVICE = {
    "CALCIO_HTTP_PORT": "8080",
    "CALCIO_MANAGEMENT_PORT": "9090",
    "CALCIO_SCHEMA_GATE": "compatible",
    "CALCIO_GATE_LISTEN": "on",
    "CALCIO_DRAIN_S": "5",
    "CALCIO_POOL_SIZE": "10",
    "CALCIO_PUBLIC_READS": "off",
    "CALCIO_AUTH_JWKS_FILE": "",
    "CALCIO_AUTH_SECRET_FILE": "",
    "CALCIO_AUTH_ISSUER": "",
    "CALCIO_AUTH_AUDIENCE": "",
}


@pytest.mark.parametrize(("settings", "own"), [(RunnerSettings, RUNNER), (ServiceSettings, SERVICE)])
def test_the_defaults_are_those_of_the_documentation(
    settings: type[SharedSettings], own: dict[str, str]
) -> None:
    """A default that moves changes every installation that named none."""
    explained = {one.name: one.value for one in describe(settings, {})}
    assert explained.pop("CALCIO_POD_NAME")
    assert Path(explained.pop("CALCIO_LOCKFILE", "revisions.lock")).name == "revisions.lock"
    assert explained == SHARED | own


@pytest.mark.parametrize("settings", BOTH)
def test_every_setting_says_what_it_means_in_one_clause(settings: type[SharedSettings]) -> None:
    """`settings` is the documentation that is always at hand."""
    meanings = [one.meaning for one in describe(settings, {})]
    assert all(meaning and not meaning.endswith(".") for meaning in meanings)
    assert len(set(meanings)) == len(meanings)


def test_the_service_finds_the_lockfile_of_its_image() -> None:
    """It lies in db/, wherever the packages were put."""
    assert ServiceSettings().lockfile == Path(__file__).parents[2] / "db" / "revisions.lock"


@pytest.mark.parametrize("settings", BOTH)
@pytest.mark.parametrize(
    ("environ", "sum_"),
    [
        ({"CALCIO_LEASE_S": "85"}, "expected more than 85 = CALCIO_MARGIN_S 45 + 2 * CALCIO_HEARTBEAT_S 20"),
        ({"CALCIO_HEARTBEAT_S": "37.5"}, "CALCIO_LEASE_S is 120, expected more than 120"),
        (
            {"CALCIO_MARGIN_S": "44"},
            "CALCIO_MARGIN_S is 44, expected at least 45 = CALCIO_REQUEST_DEADLINE_S 10",
        ),
        ({"CALCIO_CLOCK_STEP_S": "6"}, "CALCIO_CLOCK_STEP_S 6"),
        ({"CALCIO_IDLE_TIMEOUT_S": "31"}, "CALCIO_IDLE_TIMEOUT_S 31"),
    ],
)
def test_both_images_refuse_a_lease_whose_sums_do_not_hold(
    settings: type[SharedSettings], environ: dict[str, str], sum_: str
) -> None:
    """The refusal shows the sum, so that one reads which value to change."""
    with pytest.raises(Refusal) as caught:
        read(settings, environ)
    assert sum_ in caught.value.message
    assert caught.value.remedy.startswith(
        "python -m db" if settings is RunnerSettings else "python -m service"
    )


TIMES = ("lease_s", "margin_s", "heartbeat_s", "request_deadline_s", "idle_timeout_s", "clock_step_s")


@given(st.tuples(*(st.integers(1, 200) for _ in TIMES)))
def test_a_lease_is_accepted_exactly_when_its_sums_hold(times: tuple[int, ...]) -> None:
    """lease > margin + 2 heartbeats, and margin >= deadline + idle timeout + clock step."""
    lease, margin, heartbeat, deadline, idle, step = times
    environ = {f"CALCIO_{name.upper()}": str(value) for name, value in zip(TIMES, times, strict=True)}
    holds = lease > margin + 2 * heartbeat and margin >= deadline + idle + step
    try:
        read(LeaseSettings, environ)
    except Refusal:
        assert not holds
    else:
        assert holds


@pytest.mark.parametrize("release", ["1", "1-4-0", "a" * 37])
def test_a_release_is_a_label(release: str) -> None:
    """It names images, Jobs and rows of the ledger."""
    assert read(RunnerSettings, {"CALCIO_RELEASE": release}).release == release


@pytest.mark.parametrize("release", ["1.4.0", "-a", "a-", "A", "a" * 38, "a\nb"])
def test_what_no_label_can_be_is_no_release(release: str) -> None:
    """Better refused here than by the API server, in the middle of a rollout."""
    with pytest.raises(Refusal, match="CALCIO_RELEASE"):
        read(RunnerSettings, {"CALCIO_RELEASE": release})


@pytest.mark.parametrize(
    ("settings", "environ", "said"),
    [
        (RunnerSettings, {"CALCIO_LOCK_TIMEOUT_MS": "300"}, "CALCIO_LOCK_TIMEOUT_MAX_MS 200"),
        (RunnerSettings, {"CALCIO_SCHEMA": "a.b"}, "CALCIO_SCHEMA"),
        (RunnerSettings, {"CALCIO_APP_ROLE": 'x"; DROP'}, "CALCIO_APP_ROLE"),
        (ServiceSettings, {"CALCIO_HTTP_PORT": "9090"}, "expected two ports"),
        (ServiceSettings, {"CALCIO_HTTP_PORT": "tcp://10.0.0.1:80"}, "CALCIO_HTTP_PORT"),
        (ServiceSettings, {"CALCIO_AUTH_JWKS_FILE": "/a", "CALCIO_AUTH_SECRET_FILE": "/b"}, "expected one"),
    ],
)
def test_values_that_cannot_go_together_are_refused(
    settings: type[SharedSettings], environ: dict[str, str], said: str
) -> None:
    """Each image checks what only it knows."""
    with pytest.raises(Refusal, match=said):
        read(settings, environ)
