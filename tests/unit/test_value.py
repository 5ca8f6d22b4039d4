"""Values: what `dataclasses` promises of frozen ones, without its import."""

import copy
from functools import cached_property
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.contract.value import Value, as_dict, replace


class Player(Value):
    """Two fields, one of which has a default."""

    sport: ClassVar[str] = "calcio"
    name: str
    goals: int = 0

    @cached_property
    def shout(self) -> str:
        return self.name.upper()


class Keeper(Player):
    """One field more."""

    saves: int = 0


class Namesake(Value):
    """The same fields in another class."""

    name: str
    goals: int = 0


def made(*given: Any, **named: Any) -> Player:
    return Player(*given, **named)


def test_fields_are_given_by_place_or_by_name() -> None:
    """Both ways make the same value, and what is left out has its default."""
    assert Player("Ada") == Player(name="Ada") == Player("Ada", 0) == Player(goals=0, name="Ada")
    assert as_dict(Keeper("Ada", saves=3)) == {"name": "Ada", "goals": 0, "saves": 3}


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ((), {}),
        (("Ada", 1, 2), {}),
        (("Ada",), {"name": "Bob"}),
        (("Ada",), {"saves": 1}),
        ((), {"goals": 1, "saves": 2}),
    ],
)
def test_each_field_is_given_once(given: tuple[Any, ...], named: dict[str, Any]) -> None:
    """A field that is missing, given twice, or of another class is refused, with those that there are."""
    with pytest.raises(TypeError, match="Player takes name, goals"):
        made(*given, **named)


@pytest.mark.parametrize("field", ["name", "goals", "saves"])
def test_a_value_never_changes(field: str) -> None:
    """Who holds one can rely on it: nothing is set, replaced or taken away, though a property may be kept."""
    player = Player("Ada", 1)
    with pytest.raises(AttributeError, match="never changed"):
        setattr(player, field, "Bob")
    with pytest.raises(AttributeError, match="never changed"):
        delattr(player, field)
    assert player.shout == "ADA"
    assert player == Player("Ada", 1)
    assert as_dict(player) == {"name": "Ada", "goals": 1}


@given(st.text(), st.integers(), st.text(), st.integers())
def test_values_are_equal_by_class_and_fields(name: str, goals: int, other: str, others: int) -> None:
    """Equal values are one key; the same fields of another class, or of a subclass, are another value."""
    one, two = Player(name, goals), Player(other, others)
    assert (one == two) is ((name, goals) == (other, others))
    assert len({one, two, Player(name, goals)}) == len({(name, goals), (other, others)})
    assert one not in (Namesake(name, goals), Keeper(name, goals), (name, goals))
    assert Keeper(name, goals) != one


def test_a_value_shows_its_class_and_its_fields() -> None:
    """A failed assertion says what was found."""
    assert repr(Keeper("Ada", saves=3)) == "Keeper(name='Ada', goals=0, saves=3)"


def test_a_copy_is_equal_and_a_replacement_differs_in_what_was_named() -> None:
    """The original stays as it is, and a field that there is not is refused."""
    keeper = Keeper("Ada", saves=3)
    assert copy.deepcopy(keeper) == copy.copy(keeper) == keeper == replace(keeper)
    assert replace(keeper, goals=1) == Keeper("Ada", 1, 3)
    assert keeper == Keeper("Ada", 0, 3)
    with pytest.raises(TypeError):
        replace(keeper, age=3)
