"""Settings as frozen dataclasses, read once from an explicit mapping, and explained."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import Field, field, fields
from typing import Any, ClassVar, NamedTuple, Protocol, TypeVar

from db.contract.refusal import ExitCode, Refusal

T = TypeVar("T", bound="Declared")
PREFIX = "CALCIO_"
# Kubernetes puts the addresses of the namespace's Services into each pod's environment.
SERVICE_LINK = re.compile(r"\w+_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_\w+)?)?)")


class Declared(Protocol):
    """A frozen dataclass of `setting` fields, whose values are checked against each other."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    def contradictions(self) -> Iterator[str]: ...


class Explained(NamedTuple):
    """One setting as a person reads it."""

    name: str
    meaning: str
    value: str
    source: str


def setting(parser: Callable[[str], Any], default: Any, meaning: str, *, secret: bool = False) -> Any:
    """Declare a field: its parser, its default (or a function that makes it), what it means.

    The environment variable is CALCIO_ and the field's name. A parser raises ValueError("what was expected").
    """
    metadata = {"parser": parser, "meaning": meaning, "secret": secret}
    if callable(default):
        return field(default_factory=default, metadata=metadata)
    return field(default=default, metadata=metadata)


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


def parse(cls: type[Any], environ: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return by field the values that the environment holds, and what is wrong with those it should not."""
    values: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for declared in declarations(cls):
        text = environ.get(variable(declared), "").strip()
        try:
            if text:
                values[declared.name] = declared.metadata["parser"](text)
        except ValueError as expected:
            wrong[declared.name] = f"{variable(declared)} is {found(declared, text)}, expected {expected}"
    return values, wrong


def found(declared: Field[Any], text: str) -> str:
    # A URL pasted into the wrong variable holds an at sign, and often a password before it.
    return "something else" if declared.metadata["secret"] or "@" in text else repr(text)


def describe(cls: type[Any], environ: Mapping[str, str]) -> list[Explained]:
    """Every setting with its meaning, effective value and source, secrets hidden; a wrong value says so."""
    values, wrong = parse(cls, environ)
    defaults = cls()
    explained = []
    for declared in declarations(cls):
        value = shown(values.get(declared.name, getattr(defaults, declared.name)))
        explained.append(
            Explained(
                variable(declared),
                declared.metadata["meaning"],
                wrong.get(declared.name) or ("(hidden)" if declared.metadata["secret"] and value else value),
                "environment" if declared.name in values.keys() | wrong.keys() else "default",
            )
        )
    return explained


def unknown(cls: type[Any], environ: Mapping[str, str]) -> list[str]:
    """Warn of each CALCIO_ variable that is no setting of this class, with the nearest name that is."""
    known = [variable(declared) for declared in declarations(cls)]
    strangers = [name for name in sorted(environ) if name.startswith(PREFIX) and name not in known]
    return [
        f"{name} is no setting{nearest(name, known)}"
        for name in strangers
        if not SERVICE_LINK.fullmatch(name)
    ]


def nearest(name: str, known: list[str]) -> str:
    from difflib import get_close_matches

    # The prefix that all share would make all alike.
    close = get_close_matches(name.removeprefix(PREFIX), [one.removeprefix(PREFIX) for one in known], n=1)
    return f"; did you mean {PREFIX}{close[0]}?" if close else ""


def declarations(cls: type[Any]) -> Iterator[Field[Any]]:
    return (declared for declared in fields(cls) if "parser" in declared.metadata)


def variable(declared: Field[Any]) -> str:
    return PREFIX + declared.name.upper()


def shown(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:g}"
    return "" if value is None else str(value)
