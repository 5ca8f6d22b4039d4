"""Where the database URL comes from: mounted files first, each place named when none has one."""

import os
import traceback
from pathlib import Path

import pytest

from db.contract.refusal import ExitCode, Refusal
from db.contract.url import find_url


def url(database: str) -> str:
    return f"postgresql://u:kanarienvogel@h/{database}"


def refused(environ: dict[str, str], mount: Path) -> Refusal:
    with pytest.raises(Refusal) as caught:
        find_url(environ, mount=mount)
    assert caught.value.code is ExitCode.CONFIGURATION
    assert "kanarienvogel" not in "".join(traceback.format_exception(caught.value))
    return caught.value


def test_mounted_files_come_before_the_environment_and_the_first_name_before_the_second(
    tmp_path: Path,
) -> None:
    """Taking the places away one by one shows their order."""
    environ = {
        "DATABASE_URL_FILE": str(tmp_path / "own"),
        "DATABASE_URL": url("e1"),
        "DATABASE_URL_ASYNC": url("e2"),
    }
    files = {tmp_path / "own": "f0", tmp_path / "DATABASE_URL": "f1", tmp_path / "DATABASE_URL_ASYNC": "f2"}
    for file, database in files.items():
        file.write_text(url(database))
    found = []
    for file in files:
        found.append(find_url(environ, mount=tmp_path))
        file.unlink()
        environ.pop("DATABASE_URL_FILE", None)
    for name in ("DATABASE_URL", "DATABASE_URL_ASYNC"):
        found.append(find_url(environ, mount=tmp_path))
        del environ[name]
    assert [one.database for one in found] == ["f0", "f1", "f2", "e1", "e2"]
    assert [one.source for one in found] == [*map(str, files), "DATABASE_URL", "DATABASE_URL_ASYNC"]


def test_a_direct_url_is_for_those_who_ask_for_it(tmp_path: Path) -> None:
    """Gate and Job go around the pooler; the pool does not."""
    environ = {"DATABASE_URL": url("pooled"), "DATABASE_URL_DIRECT": url("direct")}
    (tmp_path / "DATABASE_URL").write_text(url("mounted"))
    assert find_url(environ, mount=tmp_path).database == "mounted"
    assert find_url(environ, mount=tmp_path, direct=True).database == "direct"
    (tmp_path / "DATABASE_URL_DIRECT").write_text(url("mounted-direct"))
    assert find_url(environ, mount=tmp_path, direct=True).database == "mounted-direct"


def test_without_a_direct_url_the_only_one_is_direct(tmp_path: Path) -> None:
    """Who has no pooler names one URL."""
    assert find_url({"DATABASE_URL": url("only")}, mount=tmp_path, direct=True).database == "only"


def test_when_there_is_no_url_every_place_is_named(tmp_path: Path) -> None:
    """The refusal is the list of places that were looked at, and what to do; an empty variable is none."""
    refusal = refused({"DATABASE_URL": " "}, tmp_path)
    places = f"{tmp_path}/DATABASE_URL, {tmp_path}/DATABASE_URL_ASYNC, DATABASE_URL, DATABASE_URL_ASYNC"
    assert refusal.message == f"no database URL: none in {places}"
    assert str(tmp_path) in refusal.remedy


@pytest.mark.parametrize("content", ["", " \n"])
def test_an_empty_file_is_refused_by_its_path(tmp_path: Path, content: str) -> None:
    """A Secret without content is a mistake, not a reason to look elsewhere."""
    (tmp_path / "DATABASE_URL").write_text(content)
    assert f"{tmp_path / 'DATABASE_URL'} is empty" in str(refused({"DATABASE_URL": url("e")}, tmp_path))


def test_an_unreadable_file_is_refused_by_its_path(tmp_path: Path) -> None:
    """Whatever the reason, it is named: here a folder lies where the file belongs."""
    (tmp_path / "DATABASE_URL").mkdir()
    refusal = refused({"DATABASE_URL": url("e")}, tmp_path)
    assert f"{tmp_path / 'DATABASE_URL'} cannot be read ({os.strerror(21)})" in refusal.message


def test_a_file_that_is_no_text_is_refused_by_its_path(tmp_path: Path) -> None:
    """A Secret encoded twice, or in UTF-16, is no URL."""
    (tmp_path / "DATABASE_URL").write_bytes(b"kanarienvogel\xff")
    assert f"{tmp_path / 'DATABASE_URL'} is not UTF-8" in refused({}, tmp_path).message


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    """Who names a file means it: no other place is asked."""
    refusal = refused({"DATABASE_URL_FILE": str(tmp_path / "nowhere"), "DATABASE_URL": url("e")}, tmp_path)
    assert str(tmp_path / "nowhere") in refusal.message


def test_a_url_in_the_place_of_a_path_is_not_repeated(tmp_path: Path) -> None:
    """DATABASE_URL_FILE=postgresql://… is an easy mistake, and a path would be printed."""
    assert "expected a path" in refused({"DATABASE_URL_FILE": url("e")}, tmp_path).message


@pytest.mark.parametrize("text", [url("e") + "?nonsense=1", "kanarienvogel", url("a/b")])
def test_a_refused_url_is_named_by_its_place(tmp_path: Path, text: str) -> None:
    """Which of the places holds the mistake is part of the answer."""
    assert refused({"DATABASE_URL_ASYNC": text}, tmp_path).message.startswith("DATABASE_URL_ASYNC: ")


def test_a_mounted_url_may_end_in_a_newline(tmp_path: Path) -> None:
    """It is read, and warned of."""
    (tmp_path / "DATABASE_URL").write_text(url("d") + "\n")
    found = find_url({}, mount=tmp_path)
    assert found.database == "d"
    assert found.warnings
