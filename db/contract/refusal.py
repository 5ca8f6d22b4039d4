"""How calcio says no: an exit code, what was found, and what to do."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What a process of calcio tells its caller; the Job's podFailurePolicy is written in these."""

    DONE = 0  # done, or nothing to do
    PENDING = 2  # plan: there is something to apply
    USAGE = 64
    SCRIPTS = 65  # the revision scripts are not a history that can be applied
    UNREACHABLE = 69  # the database was not reached in time
    INTERNAL = 70
    RESOURCES = 74  # disk or memory
    TEMPORARY = 75  # a lock, a connection, a deadlock: the budget is spent, another try may succeed
    POOLER = 76  # a pooler stands between the Job and PostgreSQL, and lends no session for it
    PERMISSION = 77
    CONFIGURATION = 78
    NOT_FOR_THIS_IMAGE = 79
    READERS = 80  # live readers need what the step would take away
    DRIFT_OF_SCRIPTS = 81  # an applied revision was edited
    MIGRATION = 82  # the migration itself failed
    READ_ONLY = 83
    DRIFT_OF_SCHEMA = 84
    OTHER_PLAN = 85
    TERMINATED = 143


class Refusal(Exception):  # noqa: N818 - an answer, not an accident
    """Why calcio will not go on.

    `message` says what was found and what was expected, `remedy` the command or the change that helps.
    Neither ever holds a password, a fragment of a URL, a row's value or a query's text.
    """

    def __init__(self, code: ExitCode, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}. {self.remedy}" if self.remedy else self.message
