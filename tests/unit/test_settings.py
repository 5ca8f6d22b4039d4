"""Settings: read from a mapping, checked together, explained, and never guessed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.contract.parsers import identifier, on_off, one_of, seconds, whole_number
from db.contract.refusal import ExitCode, Refusal
from db.contract.settings import Explained, Settings, describe, read, setting, unknown


class Pitch(Settings):
    """Some settings of each kind."""

    goals: int = setting(whole_number(2, 4), 2, "how many goals stand")
    half_s: float = setting(seconds(60, 3600), 1200.0, "how long a half lasts")
    roof: bool = setting(on_off, True, "whether it may rain")
    ball: str = setting(one_of("low", "high"), "low", "how it bounces")
    plan: Path | None = setting(Path, None, "where the plan lies")
    keeper: str = setting(identifier, "nobody", "who has the key")
    alarm: str = setting(identifier, "silent", "how to call for help", secret=True)

    def contradictions(self) -> Iterator[str]:
        if self.roof and self.goals > 3:
            yield f"CALCIO_GOALS is {self.goals}, expected at most 3 under a roof"


def refused(environ: dict[str, str]) -> Refusal:
    with pytest.raises(Refusal) as caught:
        read(Pitch, environ)
    assert caught.value.code is ExitCode.CONFIGURATION
    return caught.value


def test_what_the_environment_leaves_out_has_its_default() -> None:
    """An empty or blank variable is one left out, as an optional key of a ConfigMap is."""
    assert read(Pitch, {}) == read(Pitch, {"CALCIO_GOALS": "", "CALCIO_ROOF": " \n"}) == Pitch()
    assert read(Pitch, {}).keeper == "nobody"


def test_what_the_environment_says_is_taken_with_its_type() -> None:
    """Each variable is read by its field's parser; blanks around it do not count."""
    environ = {"CALCIO_GOALS": " 3\n", "CALCIO_HALF_S": "90.5", "CALCIO_ROOF": "off", "CALCIO_PLAN": "/plan"}
    assert read(Pitch, environ) == Pitch(goals=3, half_s=90.5, roof=False, plan=Path("/plan"))
    assert read(Pitch, {"CALCIO_KEEPER": "k" * 63}).keeper == "k" * 63
    assert [read(Pitch, {"CALCIO_HALF_S": bound}).half_s for bound in ("60", "3600")] == [60, 3600]


@pytest.mark.parametrize(("text", "value"), [("on", True), ("true", True), ("OFF", False), ("False", False)])
def test_a_switch_is_on_or_off(text: str, value: bool) -> None:
    """YAML makes `true` of `on`, so both are read."""
    assert read(Pitch, {"CALCIO_ROOF": text}).roof is value


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("CALCIO_GOALS", "5", "a whole number from 2 to 4"),
        ("CALCIO_GOALS", "-2", "a whole number from 2 to 4"),
        ("CALCIO_GOALS", "0000000000002999", "a whole number from 2 to 4"),
        ("CALCIO_GOALS", "2.0", "a whole number from 2 to 4"),
        ("CALCIO_GOALS", "२", "a whole number from 2 to 4"),
        ("CALCIO_GOALS", "9" * 5000, "a whole number from 2 to 4"),
        ("CALCIO_HALF_S", "59.9", "seconds from 60 to 3600"),
        ("CALCIO_HALF_S", "20m", "seconds from 60 to 3600"),
        ("CALCIO_HALF_S", "nan", "seconds from 60 to 3600"),
        ("CALCIO_HALF_S", "1e3", "seconds from 60 to 3600"),
        ("CALCIO_ROOF", "yes", "on or off"),
        ("CALCIO_BALL", "Low", "low or high"),
        ("CALCIO_KEEPER", 'no"body', "a plain identifier"),
        ("CALCIO_KEEPER", "n" * 64, "a plain identifier"),
        ("CALCIO_KEEPER", "1st", "a plain identifier"),
    ],
)
def test_a_wrong_value_is_refused_with_what_was_found_and_expected(
    name: str, text: str, expected: str
) -> None:
    """The three things that correct a mistake: the name, the value, the range."""
    said = refused({name: text}).message
    assert said.startswith(f"{name} is {text!r}, expected {expected}")


def test_all_mistakes_are_told_at_once() -> None:
    """Nobody corrects five variables in five rollouts."""
    said = refused({"CALCIO_GOALS": "9", "CALCIO_BALL": "flat", "CALCIO_ROOF": "half"}).message
    assert all(name in said for name in ("CALCIO_GOALS", "CALCIO_BALL", "CALCIO_ROOF"))


def test_values_that_contradict_each_other_are_refused() -> None:
    """Each may be right by itself."""
    assert read(Pitch, {"CALCIO_GOALS": "4", "CALCIO_ROOF": "off"}).goals == 4
    assert "under a roof" in refused({"CALCIO_GOALS": "4"}).message


@pytest.mark.parametrize("environ", [{"CALCIO_ALARM": "a b"}, {"CALCIO_GOALS": "postgresql://u:a b@h/d"}])
def test_what_is_secret_or_looks_like_a_url_is_not_repeated(environ: dict[str, str]) -> None:
    """A URL pasted into the wrong variable must not end in a log."""
    said = str(refused(environ))
    assert "is something else, expected" in said
    assert "a b" not in said


def test_settings_are_explained_with_value_and_source() -> None:
    """The table that `settings` prints: the default is told from what was set, and a secret is hidden."""
    explained = describe(Pitch, {"CALCIO_ROOF": "false", "CALCIO_ALARM": "loud"})
    assert explained[1] == Explained("CALCIO_HALF_S", "how long a half lasts", "1200", "default")
    assert [(one.value, one.source) for one in explained] == [
        ("2", "default"),
        ("1200", "default"),
        ("off", "environment"),
        ("low", "default"),
        ("", "default"),
        ("nobody", "default"),
        ("(hidden)", "environment"),
    ]


def test_a_wrong_value_is_explained_too() -> None:
    """Who asks what is wrong gets the whole table, not the refusal again."""
    goals = describe(Pitch, {"CALCIO_GOALS": "9"})[0]
    assert goals.value == "CALCIO_GOALS is '9', expected a whole number from 2 to 4"
    assert goals.source == "environment"


def test_an_unknown_variable_is_warned_of_with_the_nearest_name() -> None:
    """A typing error that nothing reads would be found by nobody."""
    assert unknown(Pitch, {"CALCIO_GOAL": "3", "CALCIO_GOALS": "3", "HOME": "/"}) == [
        "CALCIO_GOAL is no setting; did you mean CALCIO_GOALS?"
    ]
    assert unknown(Pitch, {"CALCIO_OFFSIDE_TRAP": "on"}) == ["CALCIO_OFFSIDE_TRAP is no setting"]


@pytest.mark.parametrize(
    "name",
    [
        "CALCIO_SERVICE_SERVICE_HOST",
        "CALCIO_SERVICE_SERVICE_PORT",
        "CALCIO_SERVICE_SERVICE_PORT_HTTP",
        "CALCIO_SERVICE_PORT",
        "CALCIO_SERVICE_PORT_8080_TCP",
        "CALCIO_SERVICE_PORT_8080_TCP_PROTO",
        "CALCIO_SERVICE_PORT_8080_TCP_ADDR",
    ],
)
def test_what_kubernetes_puts_into_every_pod_is_not_warned_of(name: str) -> None:
    """A Service named calcio-service leaves its address in the environment under the same prefix."""
    assert unknown(Pitch, {name: "tcp://10.0.0.1:8080"}) == []


@given(st.dictionaries(st.sampled_from([one.name for one in describe(Pitch, {})]), st.text()))
def test_any_environment_gives_settings_or_a_refusal(environ: dict[str, str]) -> None:
    """No text brings any other exception, and the table can always be printed."""
    assert len(describe(Pitch, environ)) == 7
    try:
        read(Pitch, environ)
    except Refusal as refusal:
        said = refusal.message
    else:
        said = "as expected"
    assert "expected" in said
