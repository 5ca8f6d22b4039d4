"""The command line: what a command by itself means, with and without argparse."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.arguments import COMMANDS, defaults, read
from db.parser import parser
from db.runner.sha256 import sha256


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_by_itself_means_what_argparse_makes_of_it(command: str) -> None:
    """The short way that spares the Job argparse answers as argparse does, or leaves it to it."""
    try:
        expected = vars(parser().parse_args([command]))
    except SystemExit:
        assert defaults(command) is None
        with pytest.raises(SystemExit, match="64"):
            read([command])
    else:
        assert vars(read([command])) == expected
        assert defaults(command) == {
            name: value for name, value in expected.items() if name not in ("name", "migrations")
        }


def test_the_jobs_own_commands_take_the_short_way() -> None:
    """upgrade and finish are what a Job runs, each by itself."""
    assert defaults("upgrade") == {"target": None, "approved": None, "accept_drift": [], "json": False}
    assert defaults("finish") == {"approved": None, "soak": None, "wait": 3600, "json": False}


def test_options_are_read_by_argparse() -> None:
    """What stands beside the command is taken, before it and after it."""
    options = read(["--migrations", "there", "upgrade", "heads", "--accept-drift", "0002"])
    assert (options.migrations, options.name, options.target) == ("there", "upgrade", "heads")
    assert options.accept_drift == ["0002"]
    assert read(["upgrade"]).accept_drift == []


@pytest.mark.parametrize("arguments", [[], ["upgrde"], ["--help", "upgrde"], ["upgrade", "upgrade"]])
def test_what_nobody_understands_ends_the_process(arguments: list[str]) -> None:
    """64 with a usage, or 0 with the help that was asked for."""
    with pytest.raises(SystemExit) as ended:
        read(arguments)
    assert ended.value.code == (0 if "--help" in arguments else 64)


@given(st.binary())
def test_the_lean_sha256_is_sha256(content: bytes) -> None:
    """The lockfile's digests are what every other program would compute."""
    assert sha256(content).hexdigest() == hashlib.sha256(content).hexdigest()
