"""The database URL as a value: parsed once, safe to print, rendered for each driver."""

from collections.abc import Mapping
from typing import Any, Self

from db.contract.secret import Secret
from db.contract.url import drivers
from db.contract.url.hosts import Host, read_hosts
from db.contract.url.parameters import decide
from db.contract.url.text import BLANK, take_apart
from db.contract.value import Value, as_dict, replace

BLANKS_IGNORED = "the blanks or the newline around the database URL are ignored"


class DatabaseUrl(Value):
    """One canonical libpq URL; make it with `parse` or `find_url`."""

    user: str | None
    password: Secret | None
    hosts: tuple[Host, ...]
    database: str
    parameters: Mapping[str, str]
    server_settings: Mapping[str, str]
    key_password: Secret | None
    warnings: tuple[str, ...]
    source: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        stripped = text.strip(BLANK)
        parts = take_apart(stripped)
        asked = {key: [value for name, value in parts.parameters if name == key] for key in ("host", "port")}
        decided = decide(pair for pair in parts.parameters if pair[0] not in asked)
        return cls(
            user=parts.user,
            password=parts.password,
            hosts=read_hosts(parts.hosts, asked["host"], asked["port"]),
            database=parts.database,
            parameters=decided.parameters,
            server_settings=decided.server_settings,
            key_password=decided.key_password,
            warnings=decided.warnings if stripped == text else (BLANKS_IGNORED, *decided.warnings),
        )

    def replace(
        self,
        *,
        database: str | None = None,
        user: str | None = None,
        password: str | None = None,
        parameters: Mapping[str, str] | None = None,
    ) -> Self:
        """Return a copy with these parts; parameters, `options` too, are laid over what is there."""
        decided = decide({**self.parameters, **(parameters or {})}.items())
        return replace(
            self,
            database=database or self.database,
            user=user or self.user,
            password=Secret(password) if password is not None else self.password,
            parameters=decided.parameters,
            server_settings={**self.server_settings, **decided.server_settings},
            key_password=decided.key_password or self.key_password,
        )

    @property
    def address(self) -> str:
        """host:port/database, safe to print."""
        return ",".join(map(str, self.hosts)) + f"/{self.database}"

    def for_psycopg2(self) -> dict[str, Any]:
        return drivers.for_psycopg2(self)

    def for_asyncpg(self) -> dict[str, Any]:
        return drivers.for_asyncpg(self)

    def for_sqlalchemy(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """What `sqlalchemy.URL.create(**parts)` and `create_engine(…, connect_args=…)` take."""
        return drivers.for_sqlalchemy(self)

    def socket_options(self) -> list[tuple[int, int, int]]:
        """What `socket.setsockopt` takes for the keepalives that asyncpg has no argument for."""
        return drivers.socket_options(self.parameters)

    def __hash__(self) -> int:
        return hash((self.user, self.password, self.hosts, self.database))

    def _key(self) -> tuple[Any, ...]:
        """Where it came from, and what was said of it, makes no other URL of it."""
        return tuple(value for name, value in as_dict(self).items() if name not in ("warnings", "source"))

    def __str__(self) -> str:
        return f"postgresql://{self.address}"

    def __repr__(self) -> str:
        return f"DatabaseUrl({self.address!r})"
