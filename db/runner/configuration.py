"""Finds what configures a folder of revisions: the alembic.ini or pyproject.toml about it, and its scripts' folders."""

import ast
import tomllib
from collections.abc import Iterator
from configparser import ConfigParser
from configparser import Error as IniError
from io import StringIO
from pathlib import Path, PurePosixPath

from alembic.config import Config

from db.contract.value import Value

_DEPTH = 3  # how many folders above env.py a configuration is looked for
_SECTION = "alembic"


class Place(Value):
    """The folder in which plain `alembic` would be run, and the section that its --name would name."""

    folder: Path
    section: str = _SECTION

    @property
    def ini(self) -> Path | None:
        """Its alembic.ini."""
        return self._there("alembic.ini")

    @property
    def toml(self) -> Path | None:
        """Its pyproject.toml."""
        return self._there("pyproject.toml")

    def _there(self, name: str) -> Path | None:
        path = self.folder / name
        return path if path.is_file() else None


def find(migrations: Path) -> Place | None:
    """Where `migrations` is configured: there, whatever the script_location says, or above, where it names it."""
    for folder in [migrations, *migrations.parents][: _DEPTH + 1]:
        for section, location in _locations(Place(folder)):
            if folder == migrations or _name(location) == migrations.name:
                return Place(folder, section)
    return None


def configuration(migrations: Path, place: Place | None) -> Config:
    """Alembic's configuration of `migrations`, as `place` has it; without a URL."""
    toml = place.toml if place else None
    config = Config(
        place.ini if place else None,
        **({"toml_file": toml} if toml else {}),  # type: ignore[arg-type] # Alembic before 1.16 does not know it
        ini_section=place.section if place else _SECTION,
        output_buffer=StringIO(),
        stdout=StringIO(),
    )
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    # Offline, an env.py needs a URL only to know the dialect; it must not be somebody's real database.
    config.set_main_option("sqlalchemy.url", "postgresql+psycopg2://")
    if place is None:
        config.set_main_option("path_separator", "os")
    said = ("version_locations", "recursive_version_locations")
    option = getattr(config, "get_alembic_option", config.get_main_option)
    silent = all(option(name) is None for name in said)
    if silent and _is_nested(migrations / "versions"):
        config.set_main_option("recursive_version_locations", "true")
    return config


def _locations(place: Place) -> Iterator[tuple[str, str]]:
    """Each section that may be Alembic's, with its script_location."""
    in_toml = _of_toml(place.toml) if place.toml else None
    in_ini = _of_ini(place.ini) if place.ini else {}
    for section, location in in_ini.items():
        yield section, location or in_toml or ""
    if in_toml is not None:
        yield _SECTION, in_toml


def _of_toml(path: Path) -> str | None:
    try:
        tool = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return None
    return str(tool[_SECTION].get("script_location", "")) if _SECTION in tool else None


def _of_ini(path: Path) -> dict[str, str]:
    parser = ConfigParser(defaults={"here": str(path.parent)}, interpolation=None)
    try:
        parser.read(path, encoding="utf-8")
    except (IniError, UnicodeDecodeError):
        return {}
    return {
        section: parser.get(section, "script_location", fallback="")
        for section in parser.sections()
        if section == _SECTION or parser.has_option(section, "script_location")
    }


def _name(location: str) -> str:
    """The last part of a path, or of package:folder."""
    return PurePosixPath(location.replace(":", "/")).name


def _is_nested(versions: Path) -> bool:
    """Whether the scripts in folders below `versions` belong to the history: plain `alembic` would not see them.

    They do where there are no others, and where each of them stands on another one: what was put aside begins anew.
    """
    scripts = [path for path in versions.rglob("*.py") if path.name != "__init__.py"]
    below = [path for path in scripts if path.parent != versions]
    return len(below) == len(scripts) or all(_stands_on_another(path) for path in below)


def _stands_on_another(script: Path) -> bool:
    try:
        statements = ast.parse(script.read_bytes()).body
    except (SyntaxError, ValueError):
        return False
    values = {
        target.id: statement.value
        for statement in statements
        if isinstance(statement, ast.Assign | ast.AnnAssign)
        for target in (statement.targets if isinstance(statement, ast.Assign) else [statement.target])
        if isinstance(target, ast.Name)
    }
    below = values.get("down_revision")
    return "revision" in values and not (
        below is None or (isinstance(below, ast.Constant) and below.value is None)
    )
