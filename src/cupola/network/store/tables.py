"""Tables of the network service.

Lists that are only ever read whole (allocation pools, routes, address pairs) are JSON; whatever is searched or must be
unique is a row of its own. `generation` guards writes; that of a network or a router is also the generation of the
documents hosts converge to.
"""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, UniqueConstraint

from cupola.base.db.types import Id, Integer, Json, Name, String, Table, Timestamp, generation, metadata


def _common() -> list[Column[object]]:
    """What every resource with a name has."""
    return [
        Column("id", Id, primary_key=True),
        generation(),  # type: ignore[list-item]
        Column("project_id", Id, nullable=False, index=True),
        Column("name", Name, nullable=False),
        Column("description", Name, nullable=False),
        Column("created_at", Timestamp, nullable=False),
        Column("updated_at", Timestamp, nullable=False),
    ]


networks = Table(
    "networks",
    metadata,
    *_common(),
    Column("revision", Integer, nullable=False),  # what users changed; the generation also counts ports
    Column("admin_state_up", Boolean, nullable=False),
    Column("shared", Boolean, nullable=False),
    Column("external", Boolean, nullable=False),
    Column("is_default", Boolean, nullable=False),
    Column("port_security_enabled", Boolean, nullable=False),
    Column("mtu", Integer, nullable=False),
    Column("network_type", String(32), nullable=False),
    Column("physical_network", String(64)),
    Column("segmentation_id", BigInteger),
    UniqueConstraint("network_type", "segmentation_id"),
)

subnets = Table(
    "subnets",
    metadata,
    *_common(),
    Column("network_id", ForeignKey("networks.id"), nullable=False, index=True),
    Column("ip_version", Integer, nullable=False),
    Column("cidr", String(64), nullable=False),
    Column("gateway_ip", String(64)),
    Column("enable_dhcp", Boolean, nullable=False),
    Column("ipv6_ra_mode", String(16)),
    Column("ipv6_address_mode", String(16)),
    Column("allocation_pools", Json, nullable=False),
    Column("dns_nameservers", Json, nullable=False),
    Column("host_routes", Json, nullable=False),
)

ports = Table(
    "ports",
    metadata,
    *_common(),
    Column("network_id", ForeignKey("networks.id"), nullable=False, index=True),
    Column("mac_address", String(17), nullable=False),
    Column("admin_state_up", Boolean, nullable=False),
    Column("status", String(16), nullable=False),
    Column("device_id", Name, nullable=False, index=True),
    Column("device_owner", Name, nullable=False),
    Column("device_index", Integer, nullable=False),  # order among the ports of one server
    Column("plugged", Boolean, nullable=False),  # the cloud itself gave it to the device; anybody may name one
    Column("made_for", Id),  # the server that the port was made for, and goes away with
    Column("host", Name, index=True),
    Column("vnic_type", String(64), nullable=False),
    Column("profile", Json, nullable=False),
    Column("port_security_enabled", Boolean, nullable=False),
    Column("allowed_address_pairs", Json, nullable=False),
    UniqueConstraint("network_id", "mac_address"),
)

ip_allocations = Table(
    "ip_allocations",
    metadata,
    Column("subnet_id", ForeignKey("subnets.id"), primary_key=True),
    Column("address", String(64), primary_key=True),
    Column("port_id", ForeignKey("ports.id"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
)

security_groups = Table(
    "security_groups",
    metadata,
    *_common(),
    Column("default_of", Id, unique=True),  # the project whose default group it is
)

security_group_rules = Table(
    "security_group_rules",
    metadata,
    Column("id", Id, primary_key=True),
    Column("security_group_id", ForeignKey("security_groups.id"), nullable=False, index=True),
    Column("project_id", Id, nullable=False, index=True),
    Column("description", Name),
    Column("direction", String(8), nullable=False),
    Column("ethertype", String(8), nullable=False),
    Column("protocol", String(32)),
    Column("port_range_min", Integer),
    Column("port_range_max", Integer),
    Column("remote_ip_prefix", String(64)),
    Column("remote_group_id", ForeignKey("security_groups.id"), index=True),
    Column("created_at", Timestamp, nullable=False),
)

port_security_groups = Table(
    "port_security_groups",
    metadata,
    Column("port_id", ForeignKey("ports.id"), primary_key=True),
    Column("security_group_id", ForeignKey("security_groups.id"), primary_key=True, index=True),
)

routers = Table(
    "routers",
    metadata,
    *_common(),
    Column("admin_state_up", Boolean, nullable=False),
    Column("status", String(16), nullable=False),
    Column("enable_snat", Boolean, nullable=False),
    Column("gateway_port_id", ForeignKey("ports.id"), unique=True),
    Column("routes", Json, nullable=False),
    Column("host", Name, index=True),
)

floating_ips = Table(
    "floating_ips",
    metadata,
    Column("id", Id, primary_key=True),
    generation(),
    Column("project_id", Id, nullable=False, index=True),
    Column("description", Name, nullable=False),
    Column("floating_network_id", ForeignKey("networks.id"), nullable=False, index=True),
    Column("floating_ip_address", String(64), nullable=False),
    Column("floating_port_id", ForeignKey("ports.id"), nullable=False, unique=True),
    Column("port_id", ForeignKey("ports.id"), index=True),
    Column("fixed_ip_address", String(64)),
    Column("router_id", ForeignKey("routers.id"), index=True),
    Column("status", String(16), nullable=False),
    Column("created_at", Timestamp, nullable=False),
    Column("updated_at", Timestamp, nullable=False),
    UniqueConstraint("port_id", "fixed_ip_address"),
)

tags = Table(
    "network_tags",
    metadata,
    Column("resource_id", Id, primary_key=True),
    Column("tag", Name, primary_key=True),
)
