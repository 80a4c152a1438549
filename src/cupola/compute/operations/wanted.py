"""What hosts are told of servers, and what they tell unasked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.base.hosts.control import Document
from cupola.base.operations import Report
from cupola.base.operations.history import requests_that
from cupola.compute.logic import metadata
from cupola.compute.logic.create_servers import OPERATION as CREATE_SERVER
from cupola.compute.logic.servers import announce, details_in, moved
from cupola.compute.model.machine import ImageRef, MachineSpec, NicSpec
from cupola.compute.model.server import WANTED_RUNNING, WANTED_SHUTDOWN, Details, Server
from cupola.compute.model.states import ACTIVE, POWER_OF, STOPPED
from cupola.compute.store import servers as store


class ServerWanted:
    """What is wanted of the servers of a host. One that was never recorded is of another database, or of a later time
    than the backup that is this one: it holds somebody's disk, so nothing is said of it. Nor of one that has no host
    yet and is to have one: after the backup it may have got this one.
    """

    def subjects(self, tx: Transaction, host: str) -> list[str]:
        return store.wanted_on(tx, host)

    def documents(self, tx: Transaction, host: str, ids: Sequence[str]) -> Mapping[str, Document | None]:
        wanted = {each.server.id: each for each in details_in(tx, store.wanted_among(tx, host, ids))}
        made_by = requests_that(tx, CREATE_SERVER, wanted)
        documents: dict[str, Document | None] = {
            id_: document_of(tx, each, made_by.get(id_, "")) for id_, each in wanted.items()
        }
        return documents | dict.fromkeys(store.gone_among(tx, host, [id_ for id_ in ids if id_ not in wanted]))

    def unchanged(self, tx: Transaction, host: str, known: Mapping[str, int]) -> Collection[str]:
        return ()  # a user's metadata may change without another generation


def document_of(tx: Transaction, details: Details, request_id: str) -> Document:
    """What a host is told of one server; `request_id` is of the request that made it."""
    server = details.server
    config_drive = metadata.files_in(tx, details) if server.config_drive else None
    return {
        "generation": server.wanted_generation,
        "requires": [
            f"network/{id_}" for id_ in sorted({*server.requires, *(nic.network_id for nic in server.interfaces)})
        ],
        "machine": spec_of(server, config_drive, request_id).to_json(),
    }


def spec_of(server: Server, config_drive: Mapping[str, bytes] | None, request_id: str) -> MachineSpec:
    """The machine that a server is on its host."""
    return MachineSpec(
        server_id=server.id,
        name=server.name,
        hostname=server.hostname,
        generation=server.wanted_generation,
        vcpus=server.flavor["vcpus"],
        memory_mb=server.flavor["ram"],
        disk_gb=server.flavor["disk"],
        image=ImageRef(server.image_id, **server.image),
        nics=tuple(NicSpec(nic.port_id, nic.mac, f"tap{nic.port_id[:11]}", nic.mtu) for nic in server.interfaces),
        power="running" if server.wanted == WANTED_RUNNING else "shutdown",
        config_drive=config_drive,
        created_request_id=request_id,
        project_id=server.project_id,
    )


def observed(tx: Transaction, ctx: Context, subject: str, report: Report) -> None:
    """A host saw, unasked, that a guest which is recorded as running stopped by itself."""
    server = store.find(tx, subject.partition("/")[2], lock=True)
    power = str(report.result.get("power"))
    if report.message_id or server is None or server.host != report.host or power not in ("shutdown", "crashed"):
        return
    current = report.result.get("generation") == server.wanted_generation
    if not current or server.vm_state != ACTIVE or server.task_state is not None:
        return
    after = store.tell(tx, server, vm_state=STOPPED, power_state=POWER_OF[power], wanted=WANTED_SHUTDOWN)
    announce(tx, ctx, after)
    moved(tx, ctx, server, after)
