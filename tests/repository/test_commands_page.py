"""docs/commands.md says what the commands print, and nothing else."""

import ast
import json
from collections.abc import Iterator

from db.arguments import COMMANDS
from db.contract.refusal import ExitCode
from db.runner.outcome import Outcome
from tests.repository.commands_page import PAGE, events, keys, rows
from tests.repository.tree import modules

# Who watches takes them as they come: a step's are those of Progress, which a test of its own holds.
PASSED_ON = {"step.progress"}


def test_every_exit_code_is_explained() -> None:
    """A row for each, and none that no command ends with."""
    head = PAGE.partition("## Commands that look")[0]
    assert {int(row[0]) for row in rows(head)} == {int(code) for code in ExitCode}


def test_every_command_of_the_job_prints_json() -> None:
    """Each has --json and is named; only what writes files at a desk has none."""
    with_json = {name for name, (_, arguments) in COMMANDS.items() if "--json" in dict(arguments)}
    assert COMMANDS.keys() - with_json == {"revision", "lock"}
    assert {name for name in with_json if f"`{name}`" not in PAGE and f"### {name}" not in PAGE} == set()


def test_every_event_is_explained_with_its_fields() -> None:
    """What the code reports is what stands there."""
    reported: dict[str, set[str]] = {}
    for event, said in reports():
        reported.setdefault(event, set()).update(said)
    assert {event: said for event, said in events().items() if event not in PASSED_ON} == {
        event: said for event, said in reported.items() if event not in PASSED_ON
    }
    assert reported.keys() == events().keys()


def test_the_outcome_is_explained() -> None:
    """Its keys are those of what is printed."""
    assert {key.removesuffix("[]") for key in keys("Outcome")} == json.loads(
        Outcome("nothing", ExitCode.DONE, "").as_json()
    ).keys()


def reports() -> Iterator[tuple[str, set[str]]]:
    """Each event that the runner reports, with its fields."""
    for module in modules("db/runner").values():
        for node in ast.walk(module):
            if not (isinstance(node, ast.Call) and ast.unparse(node.func).endswith("report") and node.args):
                continue
            match node.args[0]:
                case ast.Constant(value=str(event)):
                    yield event, {keyword.arg for keyword in node.keywords if keyword.arg}
