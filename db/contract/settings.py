"""Settings as frozen values, read once from an explicit mapping, and explained."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, TypeVar

from db.contract.refusal import ExitCode, Refusal
from db.contract.value import Value

T = TypeVar("T", bound="Settings")
PREFIX = "CALCIO_"
# Kubernetes puts the addresses of the namespace's Services into each pod's environment.
SERVICE_LINK = r"\w+_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_\w+)?)?)"


class Setting(Value):
    """How a setting is declared; its environment variable is CALCIO_ and its name."""

    parser: Callable[[str], Any]
    default: Any
    meaning: str
    secret: bool


class Settings(Value):
    """A value all of whose fields are `setting`s."""

    declared: ClassVar[Mapping[str, Setting]] = {}

    def __init_subclass__(cls) -> None:
        own: dict[str, Setting] = {name: vars(cls)[name] for name in cls.__annotations__}
        for name, declared in own.items():
            setattr(cls, name, declared.default)
        cls.declared = {**cls.declared, **own}
        super().__init_subclass__()

    def contradictions(self) -> Iterator[str]:
        """What is wrong with the values beside each other."""
        yield from ()


class Explained(Value):
    """One setting as a person reads it."""

    name: str
    meaning: str
    value: str
    source: str


def setting(parser: Callable[[str], Any], default: Any, meaning: str, *, secret: bool = False) -> Any:
    """Declare a field: its parser, which raises ValueError("what was expected"), its default, what it means."""
    return Setting(parser, default, meaning, secret)


def read(cls: type[T], environ: Mapping[str, str]) -> T:
    """Build the settings; every problem there is comes in one Refusal."""
    values, wrong = parse(cls, environ)
    problems = list(wrong.values())
    if not problems:
        settings = cls(**values)
        problems = list(settings.contradictions())
        if not problems:
            return settings
    program = cls.__module__.partition(".")[0]
    raise Refusal(ExitCode.CONFIGURATION, "; ".join(problems), f"python -m {program} settings explains each")


def parse(cls: type[Settings], environ: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return by field the values that the environment holds, and what is wrong with those it should not."""
    values: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for name, declared in cls.declared.items():
        text = environ.get(variable(name), "").strip()
        try:
            if text:
                values[name] = declared.parser(text)
        except ValueError as expected:
            wrong[name] = f"{variable(name)} is {found(declared, text)}, expected {expected}"
    return values, wrong


def found(declared: Setting, text: str) -> str:
    # A URL pasted into the wrong variable holds an at sign, and often a password before it.
    return "something else" if declared.secret or "@" in text else repr(text)


def describe(cls: type[Settings], environ: Mapping[str, str]) -> list[Explained]:
    """Every setting with its meaning, effective value and source, secrets hidden; a wrong value says so."""
    values, wrong = parse(cls, environ)
    explained = []
    for name, declared in cls.declared.items():
        value = shown(values.get(name, declared.default))
        explained.append(
            Explained(
                variable(name),
                declared.meaning,
                wrong.get(name) or ("(hidden)" if declared.secret and value else value),
                "environment" if name in values.keys() | wrong.keys() else "default",
            )
        )
    return explained


def unknown(cls: type[Settings], environ: Mapping[str, str]) -> list[str]:
    """Warn of each CALCIO_ variable that is no setting of this class, with the nearest name that is."""
    known = [variable(name) for name in cls.declared]
    strangers = [name for name in sorted(environ) if name.startswith(PREFIX) and name not in known]
    return [
        f"{name} is no setting{nearest(name, known)}"
        for name in strangers
        if not re.fullmatch(SERVICE_LINK, name)
    ]


def nearest(name: str, known: list[str]) -> str:
    from difflib import get_close_matches

    # The prefix that all share would make all alike.
    close = get_close_matches(name.removeprefix(PREFIX), [one.removeprefix(PREFIX) for one in known], n=1)
    return f"; did you mean {PREFIX}{close[0]}?" if close else ""


def variable(name: str) -> str:
    return PREFIX + name.upper()


def shown(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:g}"
    return "" if value is None else str(value)
