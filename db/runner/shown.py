"""The answers of the commands that only look as tables, for a terminal; as text they are in db/runner/views.py."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from db.runner.figures import approvals, count, duration, held_by, moment, size, words

Found = Mapping[str, Any]
_NEVER_TRIED = "what it does depends on what it finds: read its script"


def show(name: str, found: Any) -> None:
    """Print what the command `name` has found."""
    views: dict[str, Callable[[Any], RenderableType]] = {
        "status": status, "history": history, "events": events, "readers": readers, "plan": plan,
        "verify": verify, "settings": settings,
    }  # fmt: skip
    Console(highlight=False).print(views[name](found))


def status(found: Found) -> RenderableType:
    """Standing, what is to come, who moves it, who reads, what happened last."""
    style = "green" if found["ready"] else "red"
    is_ready = "ready" if found["ready"] else "not ready"
    parts: list[RenderableType] = [
        Text.assemble((f"{found['standing']}, {is_ready}", f"bold {style}"), f": {found['reason']}")
    ]
    if found["runner"]:
        parts.append(Text(f"under way: {held_by(found['runner'])}", "cyan"))
    parts += [Text(f"under way: {words(step)}", "cyan") for step in found["under_way"]]
    if found["pending"]:
        rows = [
            (each["revision"], each["phase"], "upgrade" if each["required"] else "finish")
            for each in found["pending"]
        ]
        parts.append(_table("to come", ("revision", "phase", "applied by"), rows))
    if found["readers"]:
        parts.append(readers(found["readers"]))
    if found["events"]:
        parts.append(events(found["events"]))
    return Group(*parts)


def history(found: Sequence[Found]) -> RenderableType:
    """A row for each revision."""
    columns = ("revision", "phase", "state", "applied at", ">took", ">wrote", "source", "release", "by")
    rows = [
        (
            row["revision"], row["phase"], row["state"], moment(row["applied_at"]),
            duration(row["duration_ms"] / 1000) if row["duration_ms"] is not None else "-",
            size(row["wal_bytes"]), row["source"], row["release"] or "-", row["actor"],
        )
        for row in found
    ]  # fmt: skip
    return _table("applied", columns, rows, "nothing is applied, as far as the ledger knows")


def events(found: Sequence[Found]) -> RenderableType:
    """A row for each event: what was done, where the database was then, and the details below."""
    rows = [(str(row["seq"]), moment(row["at"]), _event(row)) for row in found]
    return _table("events", (">seq", "at", "what"), rows, "nothing has happened, as far as the ledger knows")


def readers(found: Sequence[Found]) -> RenderableType:
    """A row for each reader."""
    rows = [
        (
            row["name"],
            row["release"] or "-",
            ", ".join(row["heads"]),
            duration(row["remaining"]),
            duration(row["age"]),
        )
        for row in found
    ]
    return _table(
        "readers", ("name", "release", "heads", ">lease", ">there for"), rows, "no reader is registered"
    )


def plan(found: Found) -> RenderableType:
    """Each step with its statements and locks, and how to approve them."""
    if not found["steps"]:
        return Text("nothing is pending", "green")
    parts = [part for step in found["steps"] for part in _step(step)]
    for command, approve in approvals(found):
        parts.append(Text(f"to apply exactly what {command} would do of this:", "dim"))
        parts.append(Text(approve, "bold"))
    return Group(*parts)


def verify(found: Found) -> RenderableType:
    """What differs, each with the SQL that mends it."""
    head = Text(f"{found['standing']}: {found['reason']}")
    if not found["drift"]:
        return Group(head, Text("no drift", "green"))
    return Group(
        head,
        *(Group(Text(f"✗ {drift['what']}", "red"), Text(f"  {drift['repair']}")) for drift in found["drift"]),
    )


def settings(found: Sequence[Found]) -> RenderableType:
    """A row for each setting."""
    rows = [(each["name"], each["value"], each["source"], each["meaning"]) for each in found]
    return _table("settings", ("name", "value", "source", "meaning"), rows)


def loss_table(losses: Sequence[Found]) -> RenderableType:
    """What a downgrade takes with it."""
    rows = [(loss["what"], "unknown" if loss["rows"] is None else count(loss["rows"])) for loss in losses]
    return _table("going back loses", ("what", ">rows"), rows)


def _step(step: Found) -> Iterable[RenderableType]:
    took = step["last_duration_ms"]
    last = f", took {duration(took / 1000)} last time" if took is not None else ""
    breaks = f", breaks {', '.join(step['breaks'])}" if step["breaks"] else ""
    yield Text.assemble(
        (f"{step['revision']}", "bold cyan"), f" {step['phase']}, by {step['command']}{breaks}{last}"
    )
    statements = step["statements"]
    if statements is None:
        yield Padding(Text(_NEVER_TRIED, "yellow"), (0, 4))
    for statement in statements or ():
        yield Padding(Text(statement), (0, 4))
    if step["locks"] is None:
        yield Text("  locks: nobody has measured them\n", "yellow")
    elif step["locks"]:
        yield _table(None, ("locks", "mode", "does", ">rows", ">size"), map(_lock, step["locks"]))
    else:
        yield Text("  locks no table that was there before\n", "dim")


def _event(row: Found) -> Text:
    what = f"{row['operation']} {row['revision'] or ''}".strip()
    where = (
        f"  at {', '.join(row['heads']) or 'no revision'}, release {row['release'] or '-'}, by {row['actor']}"
    )
    detail = _detail(row["operation"], row["detail"])
    return Text.assemble((what, "bold"), where, (f"\n{detail}" if detail else "", "dim"))


def _detail(operation: str, detail: Found) -> str:
    if operation == "outcome":
        return f"{detail['outcome']}, exit {detail['code']}: {detail['message']}"
    said = {key: value for key, value in detail.items() if value not in (None, "", [])}
    return ", ".join(
        f"{key} {', '.join(map(str, value)) if isinstance(value, list) else value}"
        for key, value in said.items()
    )


def _lock(lock: Found) -> tuple[str, ...]:
    does = ", ".join(word for word in ("rewrites", "scans") if lock[word]) or "-"
    if lock["size"] is None:
        return lock["table"], lock["mode"], does, "new", "-"
    rows = lock["size"]["rows"]
    return (
        lock["table"],
        lock["mode"],
        does,
        "?" if rows is None else count(rows),
        size(lock["size"]["bytes"]),
    )


def _table(
    title: str | None, columns: Sequence[str], rows: Iterable[Sequence[str | Text]], nothing: str = ""
) -> RenderableType:
    """Columns that begin with > are figures. Names fold where they don't fit; nothing is cut off."""
    table = Table(box=SIMPLE_HEAD, title=title, title_justify="left", title_style="bold", pad_edge=False)
    for column in columns:
        is_figure = column.startswith(">")
        table.add_column(
            column.lstrip(">"), justify="right" if is_figure else "left", overflow="fold", no_wrap=is_figure
        )
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in row))
    return table if table.row_count or not nothing else Text(nothing, "dim")
