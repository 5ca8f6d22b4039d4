"""What no database URL may say, and that a refusal never repeats what it read."""

import traceback

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from db.contract.refusal import ExitCode, Refusal
from db.contract.url import DatabaseUrl

CANARY = "kanarienvogel"


def refused(text: str) -> Refusal:
    with pytest.raises(Refusal) as caught:
        DatabaseUrl.parse(text)
    assert caught.value.code is ExitCode.CONFIGURATION
    return caught.value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        (" \n", "empty"),
        (CANARY, "no scheme"),
        (f"//u:{CANARY}@h/d", "no scheme"),
        (f"host=h password={CANARY}", "no scheme"),
        (f"'postgresql://u:{CANARY}@h/d'", "no scheme"),
        (f"mysql://u:{CANARY}@h/d", "foreign scheme"),
        (f"http://{CANARY}@h/d", "foreign scheme"),
        (f"jdbc:postgresql://h/d?password={CANARY}", "no scheme"),
        (f"postgresql+pg8000://u:{CANARY}@h/d", "foreign scheme"),
        (f"postgresql://u:{CANARY}@h", "no database"),
        (f"postgresql://u:{CANARY}@h/", "no database"),
        (f"postgresql://u:{CANARY}@/d", "no host"),
        (f"postgresql:///d?sslpassword={CANARY}", "no host"),
        (f"postgresql://u:{CANARY}@h,,i/d", "host"),
        (f"postgresql://u:{CANARY}@h:/d?port=0", "port"),
        (f"postgresql://u:{CANARY}@h:65536/d", "port"),
        (f"postgresql://u:{CANARY}@h:0000005432/d", "port"),
        (f"postgresql://u:{CANARY}@h:５４３２/d", "port"),  # noqa: RUF001
        (f"postgresql://u:{CANARY}/d", "port"),
        (f"postgresql://u:{CANARY}@[::1/d", "IPv6"),
        (f"postgresql://u:{CANARY}@h/d?host=i", "host twice"),
        (f"postgresql://u:{CANARY}@h:1/d?port=2", "port twice"),
        (f"postgresql://u:{CANARY}@h,i/d?port=1,2,3", "ports"),
        (f"postgresql://u:{CANARY}@%40abstract/d", "host"),
        (f"postgresql://u:{CANARY}@h/d?sslmode", "parameter 1"),
        (f"postgresql://u:{CANARY}@h/d?=1", "parameter 1"),
        (f"postgresql://u:{CANARY}%00@h/d", "NUL"),
        (f"postgresql://u:{CANARY}%FF@h/d", "UTF-8"),
        (f"postgresql://u:{CANARY}\udc80@h/d", "UTF-8"),
    ],
)
def test_a_url_that_names_no_database_for_certain_is_refused(text: str, said: str) -> None:
    """Each mistake is named by its kind, without a fragment of the text."""
    assert said in refused(text).message


@pytest.mark.parametrize("nasty", ["@", ":", "/", "#", "?", "%", "/@", "?x=1&y=", "%zz", " ", "\t", "\x7f"])
def test_an_unescaped_password_is_refused_with_the_way_to_escape_it(nasty: str) -> None:
    """A raw character that splits the URL elsewhere is met before a driver quotes it in its own error."""
    refusal = refused(f"postgresql://u:{CANARY}{nasty}{CANARY}@h:5432/d")
    assert "ercent-encode" in refusal.remedy
    assert CANARY not in str(refusal)


@pytest.mark.parametrize("name", ["user", "dbname", "database", "service", "servicefile", "password", "ssl"])
def test_what_drivers_read_differently_is_not_taken_from_the_query(name: str) -> None:
    """libpq obeys these and asyncpg does not: one URL would mean two databases."""
    refusal = refused(f"postgresql://u@h/d?{name}={CANARY}")
    assert refusal.message.startswith(f"{name} is not taken")
    assert CANARY not in str(refusal)


@pytest.mark.parametrize(
    "pair",
    [
        ("sslmode=require", "sslmode=disable"),
        ("statement_cache_size=0", "prepared_statement_cache_size=1"),
        ("jit=on", "options=-c%20jit%3Doff"),
        ("lock_timeout=1", "Lock_Timeout=2"),
        ("application_name=a", "application_name=b"),
    ],
)
def test_one_parameter_with_two_values_is_refused(pair: tuple[str, str]) -> None:
    """Drivers differ on whether the first or the last counts."""
    assert "twice" in refused(f"postgresql://u@h/d?{'&'.join(pair)}").message


def test_one_parameter_with_one_value_twice_is_no_contradiction() -> None:
    """Repetition alone changes nothing."""
    assert DatabaseUrl.parse("postgresql://u@h/d?jit=on&jit=on").server_settings == {"jit": "on"}


@pytest.mark.parametrize("name", ["pgbouncer", "SSLMODE", "hostaddr", "replication", "x" * 40])
def test_an_unknown_parameter_is_refused_by_its_name(name: str) -> None:
    """A typing error in sslmode must not connect without TLS; the value is not repeated."""
    refusal = refused(f"postgresql://u@h/d?{name}={CANARY}")
    assert name in refusal.message
    assert CANARY not in str(refusal)


@pytest.mark.parametrize(
    "name", [f"%24{CANARY}", f"{CANARY}-", f"é{CANARY}", CANARY + "x" * (41 - len(CANARY))]
)
def test_an_unknown_parameter_that_looks_like_no_name_is_not_repeated(name: str) -> None:
    """What stands before an equals sign may be half a password."""
    assert CANARY not in str(refused(f"postgresql://u@h/d?{name}=1"))


def everything_said(text: str) -> str:
    """All that parsing a text lets out: the error with its traceback, or the value and its warnings."""
    try:
        url = DatabaseUrl.parse(text)
    except Refusal as refusal:
        said = (str(int(refusal.code)), refusal.remedy, *traceback.format_exception(refusal))
        return "".join(said)
    return "".join((str(url), repr(url), *url.warnings, repr(url.password)))


@given(st.text())
@example("postgresql://")
@example("postgresql://[")
@example("postgresql://h/d?options=-c")
@example("postgresql://h/d?sslrootcert=" + "x" * 5000 + "&sslmode=verify-ca")
def test_any_text_is_a_url_or_a_refusal(text: str) -> None:
    """No text brings any other exception."""
    for candidate in (text, f"postgresql://{text}"):
        assert everything_said(candidate).startswith(("78", "postgresql://"))


@given(st.text(alphabet="@:/#?%&=,[]+ \n\\'\"aé🥅\0\udc80"), st.text(alphabet="@:/#?%&=,[]+ \\'\"a🥅"))
def test_no_password_is_ever_repeated(before: str, after: str) -> None:
    """Wherever the raw password breaks the URL apart, what is said holds no piece of it."""
    said = everything_said(f"postgresql://u:{before}{CANARY}{after}@db.example:5432/calcio?sslmode=require")
    assert CANARY not in said
