"""Whatever names and password a database has, a URL built from them means them, for every driver."""

from urllib.parse import quote

from hypothesis import event, given
from hypothesis import strategies as st

from db.contract.refusal import Refusal
from db.contract.url import DatabaseUrl
from db.contract.url.known import KNOWN, SERVER_SETTINGS
from db.contract.url.options import read_options, write_options
from tests.unit.drivers import asyncpg_reads, libpq_reads, sqlalchemy_hands_on

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
# A comma parts hosts; a slash or an at sign in front means a socket.
HOST = TEXT.filter(lambda host: "," not in host and host[0] not in "@/")
PORT = st.integers(1, 65535)


def built(user: str, password: str, host: str, port: int, database: str) -> str:
    user, password, host, database = (quote(part, safe="") for part in (user, password, host, database))
    return f"postgresql://{user}:{password}@{host}:{port}/{database}"


@given(TEXT, TEXT, HOST, PORT, TEXT)
def test_the_parts_of_a_url_come_back_as_they_were(
    user: str, password: str, host: str, port: int, database: str
) -> None:
    """Percent-encoding each part is enough, whatever is in it."""
    url = DatabaseUrl.parse(built(user, password, host, port, database))
    assert url.password is not None
    assert (url.user, url.password.reveal(), url.database) == (user, password, database)
    assert url.hosts == ((host, port),)
    assert url.warnings == ()


@given(TEXT, TEXT, HOST, PORT, TEXT)
def test_every_driver_is_told_the_parts_as_they_were(
    user: str, password: str, host: str, port: int, database: str
) -> None:
    """libpq, SQLAlchemy and asyncpg read the same user, password, host, port and database."""
    url = DatabaseUrl.parse(built(user, password, host, port, database))
    told = {"user": user, "password": password, "host": host, "port": str(port), "dbname": database}
    assert libpq_reads(url) == told
    assert sqlalchemy_hands_on(url) == url.for_psycopg2()
    addresses, parameters, _ = asyncpg_reads(url)
    assert (addresses, parameters.user, parameters.password, parameters.database) == (
        [(host, port)],
        user,
        password,
        database,
    )


NAMES = st.sampled_from(sorted(KNOWN.keys() | SERVER_SETTINGS | {"options", "sslpassword"}))
VALUES = st.sampled_from(["0", "1", "15", "disable", "prefer", "require", "any", "-c a=b"]) | TEXT


@given(st.dictionaries(NAMES, VALUES, min_size=1, max_size=2))
def test_what_a_url_may_say_every_driver_accepts(parameters: dict[str, str]) -> None:
    """Parameters are refused here, or understood by libpq and asyncpg both: never refused only when connecting."""
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in parameters.items())
    try:
        url = DatabaseUrl.parse(f"postgresql://u:p@h/d?{query}")
        asyncpg_reads(url)
    except Refusal as refusal:
        said = refusal.remedy
    else:
        assert libpq_reads(url) == {name: str(value) for name, value in url.for_psycopg2().items()}
        said = "understood"
    event(said)
    assert said


@given(st.dictionaries(st.from_regex(r"[a-z_][a-z0-9_]{0,20}(\.[a-z]{1,5})?", fullmatch=True), TEXT))
def test_options_come_back_as_they_were(settings: dict[str, str]) -> None:
    """Blanks and backslashes in a setting's value survive libpq's escapes."""
    assert read_options(write_options(settings)) == settings
