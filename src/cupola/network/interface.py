"""All that other services may call of the network service. Bodies take part in the caller's transaction.

A server's ports: `create_ports_in` makes or claims them (quota is the caller's: `LIMITS`, `amounts`), `bind_ports_in`
binds them to a host, `activate_ports_in` notes that the server runs, `unbind_ports_in` takes them off their host, and
`delete_ports_of` deletes those made for the server and lets go of the others.
"""

from __future__ import annotations

from cupola.network.errors import (
    ExternalNetworkAttachForbidden,
    IpAddressAlreadyAllocated,
    IpAddressGenerationFailure,
    NetworkAmbiguous,
    NetworkNotFound,
    NetworkRequiresSubnet,
    PortInUse,
    PortNotFound,
    SecurityGroupAmbiguous,
    SecurityGroupNotFound,
)
from cupola.network.limits import LIMITS
from cupola.network.logic.bootstrap import bootstrap
from cupola.network.logic.server_groups import GroupRules, add_group_in, groups_with_rules_of, remove_group_in
from cupola.network.logic.server_ports import (
    Bound,
    Sockets,
    activate_ports_in,
    amounts,
    bind_ports_in,
    create_ports_in,
    default_network_for,
    delete_port_in,
    delete_ports_of,
    plug_in,
    sockets_in,
    unbind_ports_in,
    wanted_networks,
)
from cupola.network.logic.server_views import (
    addresses_of,
    ports_of,
    ports_of_servers,
    security_groups_of,
    server_by_address,
    servers_with_address,
)
from cupola.network.model.security_group import Rule
from cupola.network.model.server_port import Belonging, ServerAddress, ServerPort, WantedPort
from cupola.network.model.subnet import Subnet
from cupola.network.store.subnets import of_networks as subnets_of

__all__ = [
    "LIMITS",
    "Belonging",
    "Bound",
    "ExternalNetworkAttachForbidden",
    "GroupRules",
    "IpAddressAlreadyAllocated",
    "IpAddressGenerationFailure",
    "NetworkAmbiguous",
    "NetworkNotFound",
    "NetworkRequiresSubnet",
    "PortInUse",
    "PortNotFound",
    "Rule",
    "SecurityGroupAmbiguous",
    "SecurityGroupNotFound",
    "ServerAddress",
    "ServerPort",
    "Sockets",
    "Subnet",
    "WantedPort",
    "activate_ports_in",
    "add_group_in",
    "addresses_of",
    "amounts",
    "bind_ports_in",
    "bootstrap",
    "create_ports_in",
    "default_network_for",
    "delete_port_in",
    "delete_ports_of",
    "groups_with_rules_of",
    "plug_in",
    "ports_of",
    "ports_of_servers",
    "remove_group_in",
    "security_groups_of",
    "server_by_address",
    "servers_with_address",
    "sockets_in",
    "subnets_of",
    "unbind_ports_in",
    "wanted_networks",
]
