"""Where the database URL is looked for: mounted files first, then the environment."""

from collections.abc import Iterator, Mapping

from db.contract import files
from db.contract.files import FilePath
from db.contract.refusal import ExitCode, Refusal
from db.contract.url.model import DatabaseUrl
from db.contract.url.text import refusal
from db.contract.value import replace

MOUNT = "/run/secrets/calcio"
NAMES = ("DATABASE_URL", "DATABASE_URL_ASYNC")
DIRECT = "DATABASE_URL_DIRECT"


def find_url(environ: Mapping[str, str], *, direct: bool = False, mount: FilePath = MOUNT) -> DatabaseUrl:
    """Return the first URL there is; `direct` asks for the one that avoids a pooler, where there is one."""
    looked_at = []
    for place, text in places(environ, direct=direct, mount=mount):
        if text and text.strip():
            return parse_from(place, text)
        looked_at.append(place)
    raise refusal(
        f"no database URL: none in {', '.join(looked_at)}",
        f"Mount a Secret with the key DATABASE_URL at {mount}, or set DATABASE_URL",
    )


def places(environ: Mapping[str, str], *, direct: bool, mount: FilePath) -> Iterator[tuple[str, str | None]]:
    """Each place's name and the text found there, in order."""
    if direct:
        yield from_file(mount, DIRECT)
        yield DIRECT, environ.get(DIRECT)
    if named := environ.get("DATABASE_URL_FILE"):
        yield named, read_named(named)
    for name in NAMES:
        yield from_file(mount, name)
    for name in NAMES:
        yield name, environ.get(name)


def from_file(mount: FilePath, name: str) -> tuple[str, str | None]:
    path = files.inside(mount, name)
    return path, read_mounted(path)


def read_named(path: str) -> str:
    """Read the file that DATABASE_URL_FILE names, which must be there."""
    if "://" in path:
        raise refusal(
            "DATABASE_URL_FILE holds a URL, expected a path", "Name the variable DATABASE_URL, or a file"
        )
    text = read_mounted(path)
    if text is None:
        raise refusal(f"DATABASE_URL_FILE names {path}, which does not exist", "Mount the Secret there")
    return text


def read_mounted(path: str) -> str | None:
    """Read a file that may be absent; one that is there must hold a URL."""
    try:
        text = files.text(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise refusal(
            f"{path} cannot be read ({error.strerror})", "Give this process leave to read it"
        ) from None
    except UnicodeDecodeError:
        raise refusal(f"{path} is not UTF-8 text", "Write the URL itself into the Secret's key") from None
    if not text.strip():
        raise refusal(f"{path} is empty", "Write the database URL into the Secret's key")
    return text


def parse_from(place: str, text: str) -> DatabaseUrl:
    try:
        return replace(DatabaseUrl.parse(text), source=place)
    except Refusal as problem:
        raise Refusal(ExitCode.CONFIGURATION, f"{place}: {problem.message}", problem.remedy) from None
