"""Settings as frozen dataclasses, read once from an explicit mapping, and explained."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import Field, field, fields
from typing import Any, NamedTuple, TypeVar

from db.contract.refusal import ExitCode, Refusal

T = TypeVar("T")
PREFIX = "CALCIO_"
# Kubernetes puts the addresses of the namespace's Services into each pod's environment.
SERVICE_LINK = re.compile(r"\w+_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_\w+)?)?)")


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
    values: dict[str, Any] = {}
    problems = []
    for declared in declarations(cls):
        text = environ.get(variable(declared), "").strip()
        if not text:
            continue
        try:
            values[declared.name] = declared.metadata["parser"](text)
        except ValueError as expected:
            found = "its value" if declared.metadata["secret"] else repr(text)
            problems.append(f"{variable(declared)} is {found}, expected {expected}")
    if not problems:
        result = cls(**values)
        problems = list(getattr(result, "contradictions", lambda: ())())
        if not problems:
            return result
    raise Refusal(
        ExitCode.CONFIGURATION, "; ".join(problems), "python -m db settings explains each"
    ) from None


def describe(cls: type[Any], environ: Mapping[str, str]) -> list[Explained]:
    """Every setting with its meaning, effective value and source; secrets are hidden."""
    settings = read(cls, environ)
    return [
        Explained(
            variable(declared),
            declared.metadata["meaning"],
            "(hidden)" if declared.metadata["secret"] else shown(getattr(settings, declared.name)),
            "environment" if environ.get(variable(declared), "").strip() else "default",
        )
        for declared in declarations(cls)
    ]


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

    found = get_close_matches(name, known, n=1)
    return f"; did you mean {found[0]}?" if found else ""


def declarations(cls: type[Any]) -> Iterator[Field[Any]]:
    return (declared for declared in fields(cls) if "parser" in declared.metadata)


def variable(declared: Field[Any]) -> str:
    return PREFIX + declared.name.upper()


def shown(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return "" if value is None else str(value)
