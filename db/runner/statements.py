"""The statements that write the ledger; {rows}, {events} and {heads} are put in before the history is."""

from db.contract.snapshot import CHANGE, ROWS
from db.runner.transaction import TRANSACTION
from db.runner.version import IS_VERSION

WRITE_ROWS = """
INSERT INTO {schema}.ledger_revision
       (history, revision, down_revisions, phase, breaks, required, state, digests, source,
        release, image, git_sha, duration_ms, lsn_before, lsn_after)
VALUES {rows}
ON CONFLICT (history, revision) DO UPDATE
   SET state = excluded.state, digests = excluded.digests, breaks = excluded.breaks, source = excluded.source,
       release = excluded.release, image = excluded.image, git_sha = excluded.git_sha, actor = excluded.actor,
       applied_at = excluded.applied_at, duration_ms = excluded.duration_ms, lsn_after = excluded.lsn_after
"""
ROW = """
({history}, %(revision)s, %(down_revisions)s, %(phase)s, %(breaks)s, %(required)s, %(state)s, %(digests)s,
 %(source)s, %(release)s, %(image)s, %(git_sha)s, %(duration_ms)s, %(lsn_before)s,
 CASE WHEN %(state)s = 'applied' THEN pg_catalog.pg_current_wal_insert_lsn() END)"""
WRITE_ROW = WRITE_ROWS.replace("{rows}", ROW)
REMOVE_ROW = "DELETE FROM {schema}.ledger_revision WHERE history = {history} AND revision = %(revision)s"
COUNT = f"{CHANGE} RETURNING {TRANSACTION}"
# What moves the ledger's heads knows which ones these are: heads that came from elsewhere would hide missing rows.
ARRIVE = f"""
UPDATE {{schema}}.ledger_state SET change = change + 1, heads = %(heads)s, rows = {ROWS}
 WHERE history = {{history}} AND {IS_VERSION}
RETURNING {TRANSACTION}
"""
WRITE_EVENTS = """
INSERT INTO {schema}.ledger_event (history, operation, revision, heads, release, detail) VALUES {events}
"""
EVENT_ROW = "({history}, %(operation)s, %(about)s, {heads}, %(release)s, %(detail)s)"
WRITE_EVENT = WRITE_EVENTS.replace("{events}", EVENT_ROW)
HEADS_FOUND = "ARRAY(SELECT version_num::text FROM {version} ORDER BY 1)"
