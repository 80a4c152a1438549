"""Compute's manifest."""

from __future__ import annotations

from datetime import timedelta

from cupola.base.http.api import Api
from cupola.base.http.faults import COMPUTE_FAULTS
from cupola.base.service import Service
from cupola.compute.api import (
    aggregates,
    availability_zones,
    flavors,
    hypervisors,
    instance_actions,
    keypairs,
    limits,
    migrations,
    project_usages,
    quota_sets,
    server_actions,
    server_interfaces,
    server_metadata,
    server_parts,
    server_tags,
    servers,
    services,
    versions,
)
from cupola.compute.api.project_paths import with_project
from cupola.compute.logic.compute_hosts import arrived
from cupola.compute.model.limits import LIMITS
from cupola.compute.notifications import TELLS
from cupola.compute.operations.at_once import LOCK_SERVER, RESET_STATE, UNLOCK_SERVER
from cupola.compute.operations.create_server import CREATE_SERVER
from cupola.compute.operations.delete_server import DELETE_SERVER
from cupola.compute.operations.reboot_server import REBOOT_SERVER
from cupola.compute.operations.server_interfaces import ATTACH_INTERFACE, DETACH_INTERFACE
from cupola.compute.operations.server_power import START_SERVER, STOP_SERVER
from cupola.compute.operations.wanted import ServerWanted, observed
from cupola.compute.policies import aggregates as aggregate_policies
from cupola.compute.policies import flavors as flavor_policies
from cupola.compute.policies import hosts as host_policies
from cupola.compute.policies import keypairs as keypair_policies
from cupola.compute.policies import quota_sets as quota_policies
from cupola.compute.policies import server_actions as action_policies
from cupola.compute.policies import server_parts as part_policies
from cupola.compute.policies import servers as server_policies
from cupola.compute.upkeep import conductors, lost_ports, past
from cupola.compute.upkeep.accounts import claims_match, quota_matches
from cupola.compute.upkeep.wholeness import ports_match, work_is_done

RESOURCES = (
    flavors,
    keypairs,
    limits,
    quota_sets,
    services,
    hypervisors,
    availability_zones,
    aggregates,
    project_usages,
    servers,
    server_actions,
    server_metadata,
    server_tags,
    server_interfaces,
    server_parts,
    instance_actions,
    migrations,
)

POLICIES = (
    *flavor_policies.RULES,
    *keypair_policies.RULES,
    *quota_policies.RULES,
    *host_policies.RULES,
    *aggregate_policies.RULES,
    *server_policies.RULES,
    *action_policies.RULES,
    *part_policies.RULES,
)


def service(keep: timedelta | None = None) -> Service:
    """The compute service. What is over is forgotten after `keep`; None: never."""
    routes = with_project(route for resource in RESOURCES for route in resource.routes.declared)
    return Service(
        name="compute",
        api=Api(
            "compute",
            "/compute",
            routes=[*versions.routes.declared, *routes],
            faults=COMPUTE_FAULTS,
            microversions=versions.MICROVERSIONS,
            implied=("OPTIONS",),
            hides_methods=True,
        ),
        policies=POLICIES,
        operations=(
            CREATE_SERVER,
            DELETE_SERVER,
            START_SERVER,
            STOP_SERVER,
            REBOOT_SERVER,
            LOCK_SERVER,
            UNLOCK_SERVER,
            RESET_STATE,
            ATTACH_INTERFACE,
            DETACH_INTERFACE,
        ),
        upkeep=(conductors.LOOP, lost_ports.LOOP, *(() if keep is None else (past.loop(keep),))),
        checks=(claims_match, quota_matches, work_is_done, ports_match),
        limits=LIMITS,
        wanted={"server": ServerWanted()},
        observers={"server": observed},
        on_hello=(arrived,),
        tells=TELLS,
    )
