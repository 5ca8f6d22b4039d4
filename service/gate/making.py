"""Makes a gate of what the settings say, not yet running."""

from db.contract.lineage import Lineage
from db.contract.names import History
from db.contract.url import DatabaseUrl
from service.gate.gate import Gate, GateConfig
from service.gate.lease import Lease
from service.gate.verdict import Mode
from service.settings import ServiceSettings


def make_gate(settings: ServiceSettings, url: DatabaseUrl, image: Lineage) -> Gate:
    config = GateConfig(
        image=image,
        history=History(settings.schema, settings.version_table),
        name=settings.pod_name,
        release=settings.release,
        arguments=url.for_asyncpg(),
        mode=Mode(settings.schema_gate),
        lease_s=settings.lease_s,
        margin_s=settings.margin_s,
        heartbeat_s=settings.heartbeat_s,
        listens=settings.gate_listen,
    )
    return Gate(config, Lease(settings.lease_s, settings.margin_s))
