"""What a run came to: the one object that the log, the termination message and the ledger all carry."""

import json
from collections.abc import Sequence

from db.contract import files
from db.contract.files import FilePath
from db.contract.refusal import ExitCode
from db.contract.value import Value, as_dict

TERMINATION_MESSAGE_BYTES = 4096  # what the kubelet keeps


class Outcome(Value):
    """The end of a run. No text in it comes from a URL, a row or a query."""

    outcome: str  # applied | nothing | ahead | refused | failed | cancelled
    code: ExitCode
    message: str
    found: Sequence[str] = ()
    expected: Sequence[str] = ()
    applied: Sequence[str] = ()
    revision: str | None = None
    sqlstate: str | None = None
    blockers: Sequence[str] = ()
    attempts: int = 0
    lsn: str | None = None
    hint: str = ""

    def as_json(self) -> str:
        """One line, keys in the order of the class."""
        return json.dumps(as_dict(self) | {"code": int(self.code)})


def refused(code: ExitCode) -> str:
    """Whether a run that ends with `code` was refused (nothing was tried), failed, or was cancelled."""
    if code is ExitCode.TERMINATED:
        return "cancelled"
    return "failed" if code in {ExitCode.MIGRATION, ExitCode.INTERNAL, ExitCode.RESOURCES} else "refused"


def leave_termination_message(outcome: Outcome, path: FilePath) -> None:
    """Write `outcome` where the kubelet reads why a container ended; elsewhere there is no such file."""
    if files.is_there(path):
        text = outcome.as_json().encode()
        if len(text) > TERMINATION_MESSAGE_BYTES:
            short = Outcome(outcome.outcome, outcome.code, outcome.message[:1000], hint=outcome.hint[:1000])
            text = short.as_json().encode()
        files.write(path, text)
