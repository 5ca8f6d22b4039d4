"""The database URL as a value: what is read from its text, and what of it may be seen."""

import copy
import pickle

import pytest

from db.contract.url import DatabaseUrl, Host
from db.contract.value import as_dict, replace

PLAIN = "postgresql://calcio:geheim@db.example:5432/calcio"


@pytest.mark.parametrize(
    "scheme",
    [
        "postgres",
        "postgresql",
        "postgresql+psycopg2",
        "postgresql+psycopg",
        "postgresql+asyncpg",
        "postgres+asyncpg",
        "PostgreSQL",
        "POSTGRESQL+ASYNCPG",
    ],
)
def test_every_spelling_of_the_scheme_means_the_same(scheme: str) -> None:
    """Whichever driver a URL was written for, it serves all of them."""
    assert DatabaseUrl.parse(PLAIN.replace("postgresql", scheme)) == DatabaseUrl.parse(PLAIN)


@pytest.mark.parametrize("text", [f"{PLAIN}\n", f" {PLAIN}", f"\t{PLAIN}\r\n"])
def test_blanks_around_the_url_are_ignored_with_a_warning(text: str) -> None:
    """A Secret made with echo has a newline: it works, and says so."""
    url = DatabaseUrl.parse(text)
    assert url == DatabaseUrl.parse(PLAIN)
    assert "newline" in url.warnings[0]


def test_a_clean_url_warns_of_nothing() -> None:
    """No warning without a cause."""
    assert DatabaseUrl.parse(PLAIN).warnings == ()


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("postgresql://u@a/d", [Host("a", 5432)]),
        ("postgresql://u@a:/d", [Host("a", 5432)]),
        ("postgresql://u@a:6543/d", [Host("a", 6543)]),
        ("postgresql://u@a:1,b:2/d", [Host("a", 1), Host("b", 2)]),
        ("postgresql://u@a,b:2/d", [Host("a", 5432), Host("b", 2)]),
        ("postgresql://u@/d?host=a:1&host=b:2", [Host("a", 1), Host("b", 2)]),
        ("postgresql://u@/d?host=a,b&port=1,2", [Host("a", 1), Host("b", 2)]),
        ("postgresql://u@/d?host=a,b&port=7", [Host("a", 7), Host("b", 7)]),
        ("postgresql://u@a/d?port=7", [Host("a", 7)]),
        ("postgresql://u@a:7,b/d?port=7,", [Host("a", 7), Host("b", 5432)]),
        ("postgresql://u@a:7/d?port=7", [Host("a", 7)]),
        ("postgresql://u@a/d?host=a", [Host("a", 5432)]),
        ("postgresql://u@[2001:db8::1]/d", [Host("2001:db8::1", 5432)]),
        ("postgresql://u@[::1]:7,b/d", [Host("::1", 7), Host("b", 5432)]),
        ("postgresql://u@[fe80::1%25eth0]:7/d", [Host("fe80::1%eth0", 7)]),
        ("postgresql://u@/d?host=::1", [Host("::1", 5432)]),
        ("postgresql://u@%2Frun%2Fpostgresql/d", [Host("/run/postgresql", 5432)]),
        ("postgresql://u@%2Frun%2Fpostgresql:7/d", [Host("/run/postgresql", 7)]),
        ("postgresql://u@/d?host=/run/postgresql&port=7", [Host("/run/postgresql", 7)]),
        ("postgresql:///d?host=/run/postgresql", [Host("/run/postgresql", 5432)]),
    ],
)
def test_hosts_are_read_in_every_form_that_libpq_and_sqlalchemy_have(text: str, hosts: list[Host]) -> None:
    """Comma lists, repeated host=, IPv6 and sockets end in one form."""
    assert list(DatabaseUrl.parse(text).hosts) == hosts


def test_user_password_and_database_are_decoded() -> None:
    """What was percent-encoded is the text that PostgreSQL knows; a plus stays a plus."""
    url = DatabaseUrl.parse("postgresql://ju%C3%9F:a%40b+c%2F%25@h/d%2F%F0%9F%A5%85")
    assert (url.user, url.database) == ("juß", "d/🥅")
    assert url.password is not None
    assert url.password.reveal() == "a@b+c/%"


def test_names_may_be_written_in_plain_utf8() -> None:
    """Raw UTF-8 needs no encoding, as in libpq."""
    assert DatabaseUrl.parse("postgresql://жюри@h/база").user == "жюри"


@pytest.mark.parametrize("text", ["postgresql://h/d", "postgresql://@h/d", "postgresql://:@h/d"])
def test_a_url_may_leave_user_and_password_to_the_driver(text: str) -> None:
    """Peer authentication and password files stay possible; an empty password is none."""
    url = DatabaseUrl.parse(text)
    assert (url.user, url.password) == (None, None)
    assert not {"user", "password"} & (url.for_psycopg2().keys() | url.for_asyncpg().keys())


def test_the_address_says_where_and_not_who() -> None:
    """What logs print of a URL is host, port and database."""
    url = DatabaseUrl.parse("postgresql://u:p@a,[::1]:7/d?sslmode=require")
    assert url.address == "a:5432,[::1]:7/d"


def test_replace_changes_only_what_it_names() -> None:
    """A copy for another database or role keeps everything else."""
    url = DatabaseUrl.parse(f"{PLAIN}?sslmode=require&options=-c%20jit%3Doff")
    other = url.replace(database="other", user="reader", password="neu")  # noqa: S106
    expected = {"user": "reader", "password": "neu", "dbname": "other"}
    assert other.for_psycopg2() == url.for_psycopg2() | expected
    assert url.replace() == url


def test_replace_keeps_the_password_of_the_key() -> None:
    """It stands beside the parameters, so that no one prints it with them."""
    url = DatabaseUrl.parse(f"{PLAIN}?sslpassword=geheim").replace(database="other")
    assert url.for_psycopg2()["sslpassword"] == "geheim"
    assert url.replace(parameters={"sslpassword": "neu"}).for_psycopg2()["sslpassword"] == "neu"


def test_replace_lays_parameters_over_those_of_the_url() -> None:
    """A caller's own parameters win, and its options join those of the URL."""
    url = DatabaseUrl.parse(f"{PLAIN}?application_name=theirs&options=-c%20jit%3Doff")
    ours = url.replace(parameters={"application_name": "ours", "options": "-c lock_timeout=50ms"})
    assert ours.parameters == {"application_name": "ours"}
    assert ours.server_settings == {"jit": "off", "lock_timeout": "50ms"}


def test_nothing_that_prints_a_url_shows_its_password() -> None:
    """str, repr, format and as_dict hide the password and the key's password alike."""
    url = DatabaseUrl.parse("postgresql://u:geheim@h/d?sslpassword=geheim")
    shown = [str(url), repr(url), f"{url}", f"{url.password:>9}", str(as_dict(url)), repr(copy.deepcopy(url))]
    assert "geheim" not in "".join(shown)


def test_a_url_is_not_written_to_disk() -> None:
    """Pickling, as caches and process pools do it, is refused."""
    with pytest.raises(TypeError, match="secret"):
        pickle.dumps(DatabaseUrl.parse(PLAIN))


def test_urls_compare_and_hash_by_what_they_mean() -> None:
    """Two texts of one meaning are one key; another password is another URL."""
    same = DatabaseUrl.parse(PLAIN.replace("geheim", "%67eheim"))
    other = DatabaseUrl.parse(PLAIN.replace("geheim", "anders"))
    assert {DatabaseUrl.parse(PLAIN), same} == {same}
    assert other != same
    assert replace(same, source="somewhere") == same


def test_a_url_is_never_changed_in_place() -> None:
    """Who holds one can rely on it."""
    with pytest.raises(AttributeError):
        DatabaseUrl.parse(PLAIN).database = "other"  # type: ignore[misc]
