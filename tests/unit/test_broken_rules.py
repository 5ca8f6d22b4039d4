"""What a client is told of a broken rule, whatever it has sent: the place and the words are never its own."""

import json
from typing import Any
from urllib.parse import quote_from_bytes

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.errors import Problem
from service.parameters import read_query
from service.players.models import NewPlayer, PlayersQuery
from service.request import Request
from service.validation import decoded

ROLES = ["any", "goalkeeper", "defender", "winger", "pivot"]
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
FORGED = "other - at `$.name`"
players = msgspec.json.Decoder(NewPlayer)


def refused(body: dict[str, Any]) -> dict[str, str]:
    """What was said of a body; fails with whatever else than a problem came of it."""
    with pytest.raises(Problem) as caught:
        decoded(json.dumps(body).encode(), players)
    errors: Any = caught.value.extensions["errors"]
    [error] = errors
    return dict(error)


@given(word=TEXT.filter(lambda word: word not in ROLES))
@example(word=FORGED)
@example(word="`")
def test_no_word_moves_the_place_of_its_refusal(word: str) -> None:
    """A word that is none of a field's is refused at that field, with the words that it takes."""
    expected = {"path": "$.preferred_role", "problem": f"Expected one of {', '.join(ROLES)}"}
    assert refused({"name": "Ana", "preferred_role": word}) == expected


@given(field=TEXT.filter(lambda field: field not in {"name", "preferred_role"}))
@example(field=FORGED)
def test_no_field_s_name_moves_the_place_of_its_refusal(field: str) -> None:
    """A field that nobody knows is named as it was sent."""
    error = refused({"name": "Ana", field: 1})
    assert error == {"path": "$", "problem": f"Object contains unknown field `{field}`"}


@given(name=st.binary(max_size=6), value=st.binary(max_size=12))
@example(name=b"name", value=b"\xed\xa0\x80")
@example(name=b"\xff", value=b"1")
def test_any_bytes_in_a_query_are_taken_as_text_or_refused(name: bytes, value: bytes) -> None:
    """A search looks for exactly what was sent, or the request is refused in words that JSON can hold."""
    query = f"{quote_from_bytes(name)}={quote_from_bytes(value)}".encode()
    request = Request({"type": "http", "query_string": query, "headers": []})
    try:
        found = read_query(request, PlayersQuery)
    except Problem as problem:
        msgspec.json.encode([problem.detail, problem.extensions])
    else:
        assert name in {b"name", b"retired", b"limit", b"after"} or not query.strip(b"=")
        assert found.name.encode() == (value if name == b"name" else b"")
