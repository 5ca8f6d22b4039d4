"""Frozen values, made, compared and shown by their fields, at a small part of what `dataclasses` adds to a start.

That module imports `inspect`, then writes and compiles the source of each class's methods.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, NoReturn, TypeVar, dataclass_transform, get_origin

V = TypeVar("V", bound="Value")
_CLASS_WIDE: Any = ClassVar


@dataclass_transform(frozen_default=True)
class Value:
    """A subclass annotates its fields; what it assigns to one is the default, which all its values share."""

    _fields: ClassVar[tuple[str, ...]] = ()
    _defaults: ClassVar[Mapping[str, Any]] = {}

    def __init_subclass__(cls) -> None:
        own = [name for name, kind in cls.__annotations__.items() if get_origin(kind) is not _CLASS_WIDE]
        cls._fields += tuple(own)
        cls._defaults = {**cls._defaults, **{name: vars(cls)[name] for name in own if name in vars(cls)}}

    def __init__(self, *given: Any, **named: Any) -> None:
        values = {**dict(zip(self._fields, given, strict=False)), **named}
        complete = {**self._defaults, **values}
        if len(values) < len(given) + len(named) or set(complete) != set(self._fields):
            raise TypeError(f"{type(self).__name__} takes {', '.join(self._fields)}, each once")
        vars(self).update(complete)

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is never changed: {name} stays as it is")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is never changed: {name} stays as it is")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Value) and type(self) is type(other) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in as_dict(self).items())
        return f"{type(self).__name__}({fields})"

    def _key(self) -> tuple[Any, ...]:
        """What two equal values have in common."""
        return tuple(as_dict(self).values())


def as_dict(value: Value) -> dict[str, Any]:
    """The fields of `value` by name, in their order."""
    return {name: getattr(value, name) for name in value._fields}


def replace(value: V, **changes: Any) -> V:
    """A value like `value` but for these fields; raises TypeError for one that it does not have."""
    return type(value)(**{**as_dict(value), **changes})
