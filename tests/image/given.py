"""What a container is given of a database: its URL with the password in it, which no DatabaseUrl prints."""

from urllib.parse import quote

from db.contract.url import DatabaseUrl


def given(url: DatabaseUrl, **settings: str) -> dict[str, str]:
    assert url.password
    credentials = f"{url.user}:{quote(url.password.reveal(), safe='')}"
    return {"DATABASE_URL": f"postgresql://{credentials}@{url.address}", **settings}
