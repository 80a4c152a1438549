"""What a guest can read of itself: one source for the metadata service and for the config drive.

Paths are those of OpenStack's metadata (openstack/latest/meta_data.json) and of EC2's (latest/meta-data/hostname).
"""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Mapping
from typing import Any

import orjson

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.compute.logic.servers import details_in
from cupola.compute.model.server import Details, Nic, Server
from cupola.compute.store import servers as store
from cupola.network import interface as network

VERSIONS = "2012-08-10 2013-04-04 2013-10-17 2015-10-15 2016-06-30 2016-10-06 2017-02-22 2018-08-27 2020-10-14".split()
EC2_VERSIONS = "1.0 2007-01-19 2007-03-01 2007-08-29 2007-10-10 2007-12-15 2008-02-01 2008-09-01 2009-04-04".split()


def answer(ctx: Context, server_id: str, path: str) -> tuple[int, bytes]:
    """What a guest's GET of `path` is answered with: status and body. Folders list what is in them."""

    def read(tx: Transaction) -> Mapping[str, bytes] | None:
        server = store.find(tx, server_id)
        if server is None or server.deleted_at is not None:
            return None
        return files_in(tx, details_in(tx, [server])[0], drive=False)

    files = ctx.read("server.metadata", read)
    return (404, b"") if files is None else look_up(files, path)


def look_up(files: Mapping[str, bytes], path: str) -> tuple[int, bytes]:
    """A file, or the list of a folder (with a slash after what is a folder itself, as EC2 does below `meta-data`)."""
    wanted = path.strip("/")
    root, _, rest = wanted.partition("/")
    if root == "openstack":
        version, _, name = rest.partition("/")
        if not rest:
            return 200, "\n".join([*VERSIONS, "latest"]).encode()
        wanted = f"openstack/latest/{name}".rstrip("/") if version in VERSIONS else wanted
    elif not wanted:
        return 200, "\n".join([*EC2_VERSIONS, "latest"]).encode()
    elif root in EC2_VERSIONS:
        wanted = f"latest/{rest}".rstrip("/")
    if wanted in files:
        return 200, files[wanted]
    inside = [name[len(wanted) + 1 :] for name in files if name.startswith(wanted + "/")]
    if not inside:
        return 404, b""
    entries = dict.fromkeys(name.partition("/")[0] + ("/" if "/" in name else "") for name in inside)
    return 200, "\n".join(entry for entry in entries if f"{entry}/" not in entries).encode()


def files_in(tx: Transaction, details: Details, drive: bool = True) -> dict[str, bytes]:
    """All files by path. The config drive (`drive`) also holds the password, and EC2's facts as one file."""
    server = details.server
    files = {
        "openstack/latest/meta_data.json": orjson.dumps(_meta_data(details, drive)),
        "openstack/latest/network_data.json": orjson.dumps(_network_data(tx, server)),
        "openstack/latest/vendor_data.json": b"{}",
        "openstack/latest/vendor_data2.json": b'{"static":{}}',
    }
    user_data = base64.b64decode(server.user_data) if server.user_data else None
    if user_data is not None:
        files["openstack/latest/user_data"] = user_data
    ec2 = _ec2(details)
    if drive:
        files["ec2/latest/meta-data.json"] = orjson.dumps(_nested(ec2))
        if user_data is not None:
            files["ec2/latest/user-data"] = user_data
        return files
    files |= {f"latest/meta-data/{name}": value.encode() for name, value in ec2.items()}
    if server.key is not None:
        files["latest/meta-data/public-keys"] = f"0={server.key['name']}".encode()
    if user_data is not None:
        files["latest/user-data"] = user_data
    return files


def _meta_data(details: Details, drive: bool) -> dict[str, Any]:
    server = details.server
    facts: dict[str, Any] = {
        "uuid": server.id,
        "name": server.name,
        "hostname": server.hostname,
        "project_id": server.project_id,
        "availability_zone": details.zone,
        "launch_index": server.launch_index,
        "devices": [_device(nic) for nic in server.interfaces if nic.tag is not None],
        "dedicated_cpus": [],
    }
    if server.metadata:
        facts["meta"] = dict(server.metadata)
    if server.key is not None:
        facts["public_keys"] = {server.key["name"]: server.key["public_key"]}
        facts["keys"] = [{"name": server.key["name"], "type": server.key["type"], "data": server.key["public_key"]}]
    if drive and server.admin_pass is not None:
        facts["admin_pass"] = server.admin_pass
    return facts


def _device(nic: Nic) -> dict[str, Any]:
    return {"type": "nic", "bus": "none", "address": "none", "mac": nic.mac, "tags": [nic.tag]}


def _network_data(tx: Transaction, server: Server) -> dict[str, Any]:
    """Links (ports), networks (an address each) and services (name servers), in the form cloud-init reads."""
    links: list[dict[str, Any]] = []
    networks: list[dict[str, Any]] = []
    services: list[dict[str, Any]] = []
    ports = {port.port_id: port for port in network.ports_of(tx, [server.id])[server.id]}
    subnets = network.subnets_of(tx, {port.network_id for port in ports.values()})
    for nic in server.interfaces:
        link = f"tap{nic.port_id[:11]}"
        links.append(
            {"id": link, "vif_id": nic.port_id, "type": "bridge", "mtu": nic.mtu, "ethernet_mac_address": nic.mac}
        )
        by_id = {subnet.id: subnet for subnet in subnets.get(nic.network_id, ())}
        port = ports.get(nic.port_id)
        for fixed in port.fixed_ips if port else ():
            entry = _network(by_id[fixed.subnet_id], fixed.ip_address)
            networks.append({"id": f"network{len(networks)}", "link": link, "network_id": nic.network_id, **entry})
            services += [{"type": "dns", "address": address} for address in by_id[fixed.subnet_id].dns_nameservers]
    return {"links": links, "networks": networks, "services": services}


def _network(subnet: network.Subnet, address: str) -> dict[str, Any]:
    if subnet.enable_dhcp and subnet.ip_version == 4:
        return {"type": "ipv4_dhcp"}
    nothing = "0.0.0.0" if subnet.ip_version == 4 else "::"
    targets = [(ipaddress.ip_network(route["destination"]), route["nexthop"]) for route in subnet.host_routes]
    routes = [
        {"network": str(target.network_address), "netmask": str(target.netmask), "gateway": nexthop}
        for target, nexthop in targets
    ]
    if subnet.gateway_ip is not None:
        routes.insert(0, {"network": nothing, "netmask": nothing, "gateway": subnet.gateway_ip})
    return {
        "type": f"ipv{subnet.ip_version}",
        "ip_address": address,
        "netmask": str(subnet.block.netmask),
        "routes": routes,
        "services": [{"type": "dns", "address": server} for server in subnet.dns_nameservers],
    }


def _ec2(details: Details) -> dict[str, str]:
    server = details.server
    fixed = next((a.address for a in details.addresses if a.kind == "fixed" and a.version == 4), "")
    floating = next((a.address for a in details.addresses if a.kind == "floating"), "")
    number = f"i-{server.id.replace('-', '')[:8]}"
    facts = {
        "ami-id": f"ami-{server.image_id.replace('-', '')[:8]}",
        "ami-launch-index": str(server.launch_index),
        "ami-manifest-path": "(unknown)",
        "block-device-mapping/ami": "vda",
        "block-device-mapping/root": "/dev/vda",
        "hostname": server.hostname,
        "instance-action": "none",
        "instance-id": number,
        "instance-type": str(server.flavor["name"]),
        "local-hostname": server.hostname,
        "local-ipv4": fixed,
        "placement/availability-zone": details.zone,
        "public-hostname": server.hostname,
        "public-ipv4": floating,
        "reservation-id": server.reservation_id,
        "security-groups": "\n".join(name for _, name in details.security_groups),
    }
    if server.key is not None:
        facts["public-keys/0/openssh-key"] = server.key["public_key"]
    return facts


def _nested(flat: Mapping[str, str]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for path, value in flat.items():
        *folders, name = path.split("/")
        place = tree
        for folder in folders:
            place = place.setdefault(folder, {})
        place[name] = value
    return tree
