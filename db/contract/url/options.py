"""libpq's `options` text (-c name=value …) to a mapping of server settings, and back."""

import re
from collections.abc import Mapping

from db.contract.url.text import refusal

# ASCII, as in the server: a no-break space parts no words.
WORD = r"(?sa)(?:\\.|[^\s\\])+"
TO_ESCAPE = r"(?a)([\\\s])"
ESCAPED = r"(?s)\\(.)"
NAME = r"[a-z_][a-z0-9_$]*(\.[a-z_][a-z0-9_$]*)?"
REMEDY = "Expected options=-c%20name%3Dvalue, a blank written %20 and one within a value %5C%20"


def read_options(text: str) -> dict[str, str]:
    """Read what PostgreSQL's server would read: -c name=value, -cname=value, --name=value."""
    settings: dict[str, str] = {}
    if not text:
        return settings
    words = [re.sub(ESCAPED, r"\1", word) for word in re.findall(WORD, text)]
    while words:
        word = words.pop(0)
        if word == "-c" and words:
            pair = words.pop(0)
        elif word.startswith(("-c", "--")):
            pair = word[2:]
        else:
            raise refusal("options in the database URL holds something else than -c name=value", REMEDY)
        name, separator, value = pair.partition("=")
        if not separator:
            raise refusal("options in the database URL holds a name without a value", REMEDY)
        add_setting(settings, name, value)
    return settings


def add_setting(settings: dict[str, str], name: str, value: str) -> None:
    name = name.lower().replace("-", "_")
    if not re.fullmatch(NAME, name):
        raise refusal("options in the database URL names something that is no server setting", REMEDY)
    if settings.setdefault(name, value) != value:
        raise refusal(f"the database URL sets {name} twice, differently", "Set it once")


def write_options(settings: Mapping[str, str]) -> str:
    return " ".join(f"-c {name}={escaped(value)}" for name, value in settings.items())


def escaped(value: str) -> str:
    return re.sub(TO_ESCAPE, r"\\\1", value)
