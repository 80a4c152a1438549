"""What can go wrong in the network service. The class name is the error's `type` in the answer."""

from __future__ import annotations

from collections.abc import Iterable

from cupola.base.errors import BadInput, Conflict, Forbidden, NotFound


class HTTPBadRequest(BadInput):
    """The request is not as the resource's attributes say."""


class InvalidInput(BadInput):
    """A value cannot be what it should."""

    def __init__(self, cause: str) -> None:
        super().__init__(f"Invalid input for operation: {cause}.")


class BadRequest(BadInput):
    """What a resource cannot be asked."""

    def __init__(self, resource: str, cause: str) -> None:
        super().__init__(f"Bad {resource} request: {cause}")


# not found ------------------------------------------------------------------------------------------------------------


class NetworkNotFound(NotFound):
    def __init__(self, id_: str) -> None:
        super().__init__(f"Network {id_} could not be found.")


class SubnetNotFound(NotFound):
    def __init__(self, id_: str) -> None:
        super().__init__(f"Subnet {id_} could not be found.")


class PortNotFound(NotFound):
    def __init__(self, id_: str) -> None:
        super().__init__(f"Port {id_} could not be found.")


class RouterNotFound(NotFound):
    def __init__(self, id_: str) -> None:
        super().__init__(f"Router {id_} could not be found")


class FloatingIPNotFound(NotFound):
    def __init__(self, id_: str) -> None:
        super().__init__(f"Floating IP {id_} could not be found")


class SecurityGroupNotFound(NotFound):
    def __init__(self, id_: str) -> None:
        super().__init__(f"Security group {id_} does not exist")


class SecurityGroupRuleNotFound(NotFound):
    def __init__(self, id_: str) -> None:
        super().__init__(f"Security group rule {id_} does not exist")


class TagNotFound(NotFound):
    def __init__(self, tag: str) -> None:
        super().__init__(f"Tag {tag} could not be found.")


class TenantQuotaNotFound(NotFound):
    def __init__(self, project_id: str) -> None:
        super().__init__(f"Quota for tenant {project_id} could not be found.")


class ExtensionNotFound(NotFound):
    def __init__(self, alias: str) -> None:
        super().__init__(f"Extension with alias {alias} does not exist")


class AgentNotFound(NotFound):
    def __init__(self, id_: str) -> None:
        super().__init__(f"Agent {id_} could not be found.")


# networks, subnets and their addresses --------------------------------------------------------------------------------


class NetworkInUse(Conflict):
    def __init__(self, id_: str, port_ids: Iterable[str] = ()) -> None:
        ports = ",".join(port_ids)
        super().__init__(
            f"Unable to complete operation on network {id_}. There are one or more ports still in use on the network"
            + (f", id for these ports is: {ports}." if ports else ".")
        )


class InvalidSharedSetting(Conflict):
    def __init__(self, name: str) -> None:
        super().__init__(f"Unable to reconfigure sharing settings for network {name}. Multiple tenants are using it.")


class VniInUse(Conflict):
    def __init__(self, vni: int) -> None:
        super().__init__(f"Unable to create the network. The tunnel ID {vni} is in use.")


class NoNetworkAvailable(Conflict):
    def __init__(self) -> None:
        super().__init__("Unable to create the network. No tenant network is available for allocation.")


class SubnetInUse(Conflict):
    def __init__(self, id_: str, cause: str = "One or more ports have an IP allocation from this subnet.") -> None:
        super().__init__(f"Unable to complete operation on subnet {id_}: {cause}")


class GatewayConflictWithAllocationPools(Conflict):
    def __init__(self, gateway: str, pool: str) -> None:
        super().__init__(f"Gateway ip {gateway} conflicts with allocation pool {pool}.")


class GatewayIpInUse(Conflict):
    def __init__(self, address: str, port_id: str) -> None:
        super().__init__(f"Current gateway ip {address} already in use by port {port_id}. Unable to update.")


class InvalidAllocationPool(BadInput):
    def __init__(self, start: str, end: str) -> None:
        super().__init__(f"The allocation pool {start}-{end} is not valid.")


class OverlappingAllocationPools(Conflict):
    def __init__(self, one: str, other: str, cidr: str) -> None:
        super().__init__(f"Found overlapping allocation pools: {one} {other} for subnet {cidr}.")


class OutOfBoundsAllocationPool(BadInput):
    def __init__(self, pool: str, cidr: str) -> None:
        super().__init__(f"The allocation pool {pool} spans beyond the subnet cidr {cidr}.")


class IpAddressAlreadyAllocated(Conflict):
    def __init__(self, address: str, subnet_id: str) -> None:
        super().__init__(f"IP address {address} already allocated in subnet {subnet_id}")


class IpAddressGenerationFailure(Conflict):
    def __init__(self, network_id: str) -> None:
        super().__init__(f"No more IP addresses available on network {network_id}.")


class InvalidIpForNetwork(BadInput):
    def __init__(self, address: str) -> None:
        super().__init__(f"IP address {address} is not a valid IP for any of the subnets on the specified network.")


class InvalidIpForSubnet(BadInput):
    def __init__(self, address: str) -> None:
        super().__init__(f"IP address {address} is not a valid IP for the specified subnet.")


# ports ----------------------------------------------------------------------------------------------------------------


class MacAddressInUse(Conflict):
    def __init__(self, network_id: str, mac: str) -> None:
        super().__init__(f"Unable to complete operation for network {network_id}. The mac address {mac} is in use.")


class PortInUse(Conflict):
    def __init__(self, port_id: str, network_id: str, device_id: str) -> None:
        super().__init__(
            f"Unable to complete operation on port {port_id} for network {network_id}. Port already has an attached "
            f"device {device_id}."
        )


class DeviceIDNotOwnedByTenant(Conflict):
    """A port of one project and a device of another."""

    def __init__(self, device_id: str) -> None:
        super().__init__(
            f"The following device_id {device_id} is not owned by your project or matches another project's router."
        )


class PortNotUsable(BadInput):
    """The port is of another project than the server that shall have it."""

    def __init__(self, port_id: str) -> None:
        super().__init__(f"Port {port_id} not usable: it is of another project than the server.")


class ServicePortInUse(Conflict):
    def __init__(self, port_id: str, reason: str) -> None:
        super().__init__(f"Port {port_id} cannot be deleted directly via the port API: {reason}.")


class PortSecurityPortHasSecurityGroup(Conflict):
    def __init__(self) -> None:
        super().__init__(
            "Port has security group associated. Cannot disable port security or IP address until security group is "
            "removed."
        )


class PortSecurityAndIPRequiredForSecurityGroups(BadInput):
    def __init__(self) -> None:
        super().__init__(
            "Port security must be enabled and port must have an IP address in order to use security groups."
        )


class AddressPairAndPortSecurityRequired(Conflict):
    def __init__(self) -> None:
        super().__init__("Port Security must be enabled in order to have allowed address pairs on a port.")


# security groups ------------------------------------------------------------------------------------------------------


class SecurityGroupInUse(Conflict):
    def __init__(self, id_: str) -> None:
        super().__init__(f"Security Group {id_} in use.")


class SecurityGroupDefaultAlreadyExists(Conflict):
    def __init__(self) -> None:
        super().__init__("Default security group already exists.")


class SecurityGroupCannotUpdateDefault(Conflict):
    def __init__(self) -> None:
        super().__init__("Updating default security group not allowed.")


class SecurityGroupCannotRemoveDefault(Conflict):
    def __init__(self) -> None:
        super().__init__("Insufficient rights for removing default security group.")


class SecurityGroupRuleExists(Conflict):
    def __init__(self, id_: str) -> None:
        super().__init__(f"Security group rule already exists. Rule id is {id_}.")


class SecurityGroupInvalidPortRange(BadInput):
    def __init__(self) -> None:
        super().__init__("For TCP/UDP protocols, port_range_min must be <= port_range_max")


class SecurityGroupInvalidPortValue(BadInput):
    def __init__(self, port: object) -> None:
        super().__init__(f"Invalid value for port {port}")


class SecurityGroupProtocolRequiredWithPorts(BadInput):
    def __init__(self) -> None:
        super().__init__("Must also specify protocol if port range is given.")


class SecurityGroupNotOfServer(NotFound):
    def __init__(self, group: str, server_id: str) -> None:
        super().__init__(f"Security group {group} is not associated with the instance {server_id}.")


class SecurityGroupInvalidIcmpValue(BadInput):
    def __init__(self, field: str, attribute: str, value: object) -> None:
        super().__init__(f"Invalid value for ICMP {field} ({attribute}) {value}. It must be 0 to 255.")


class SecurityGroupMissingIcmpType(BadInput):
    def __init__(self, value: object) -> None:
        super().__init__(f"ICMP code (port-range-max) {value} is provided but ICMP type (port-range-min) is missing.")


class SecurityGroupMultipleRemoteEntites(BadInput):
    """Spelled as clients know it."""

    def __init__(self) -> None:
        super().__init__("Only remote_ip_prefix or remote_group_id or remote_address_group_id may be provided.")


class SecurityGroupRuleParameterConflict(BadInput):
    def __init__(self, ethertype: str, cidr: str) -> None:
        super().__init__(f"Conflicting value ethertype {ethertype} for CIDR {cidr}")


class SecurityGroupEthertypeConflictWithProtocol(BadInput):
    def __init__(self, ethertype: str, protocol: str) -> None:
        super().__init__(f"Invalid ethertype {ethertype} for protocol {protocol}.")


class SecurityGroupRuleInvalidProtocol(BadInput):
    def __init__(self, protocol: object) -> None:
        super().__init__(
            f"Security group rule protocol {protocol} not supported. Only protocol names and integer values 0 to 255 "
            "are supported."
        )


# routers and floating IPs ---------------------------------------------------------------------------------------------


class RouterInUse(Conflict):
    def __init__(self, id_: str, port_ids: Iterable[str]) -> None:
        super().__init__(f"Router {id_} has ports still attached: {', '.join(port_ids)}")


class RouterInterfaceNotFound(NotFound):
    def __init__(self, router_id: str, port_id: str) -> None:
        super().__init__(f"Router {router_id} does not have an interface with id {port_id}")


class RouterInterfaceNotFoundForSubnet(NotFound):
    def __init__(self, router_id: str, subnet_id: str) -> None:
        super().__init__(f"Router {router_id} has no interface on subnet {subnet_id}")


class RouterInterfaceInUseByFloatingIP(Conflict):
    def __init__(self, router_id: str, subnet_id: str) -> None:
        super().__init__(
            f"Router interface for subnet {subnet_id} on router {router_id} cannot be deleted, as it is required by "
            "one or more floating IPs."
        )


class RouterInterfaceInUseByRoute(Conflict):
    def __init__(self, router_id: str, subnet_id: str) -> None:
        super().__init__(
            f"Router interface for subnet {subnet_id} on router {router_id} cannot be deleted, as it is required by "
            "one or more routes."
        )


class RouterExternalGatewayInUseByFloatingIp(Conflict):
    def __init__(self, router_id: str, network_id: str) -> None:
        super().__init__(
            f"Gateway cannot be updated for router {router_id}, since a gateway to external network {network_id} is "
            "required by one or more floating IPs."
        )


class InvalidRoutes(BadInput):
    def __init__(self, routes: object, cause: str) -> None:
        super().__init__(f"Invalid format for routes: {routes}, {cause}")


class RoutesExhausted(Conflict):
    def __init__(self, router_id: str, most: int) -> None:
        super().__init__(
            f"Unable to complete operation for {router_id}. The number of routes exceeds the maximum {most}."
        )


class ExternalIpAddressExhausted(BadInput):
    def __init__(self, network_id: str) -> None:
        super().__init__(f"Unable to find any IP address on external network {network_id}.")


class ExternalGatewayForFloatingIPNotFound(NotFound):
    def __init__(self, network_id: str, subnet_id: str, port_id: str) -> None:
        super().__init__(
            f"External network {network_id} is not reachable from subnet {subnet_id}.  Therefore, cannot associate "
            f"Port {port_id} with a Floating IP."
        )


class FloatingIPPortAlreadyAssociated(Conflict):
    def __init__(self, address: str, floating_ip_id: str, port_id: str, fixed: str) -> None:
        super().__init__(
            f"Cannot associate floating IP {address} ({floating_ip_id}) with port {port_id} using fixed IP {fixed}, "
            "as that fixed IP already has a floating IP on external network."
        )


# what compute is told -------------------------------------------------------------------------------------------------


class NetworkAmbiguous(Conflict):
    def __init__(self) -> None:
        super().__init__("Multiple possible networks found, use a Network ID to be more specific.")


class SecurityGroupAmbiguous(Conflict):
    def __init__(self, name: str) -> None:
        super().__init__(f"Multiple security groups found matching '{name}'. Use an ID to be more specific.")


class NetworkRequiresSubnet(BadInput):
    def __init__(self, network_id: str) -> None:
        super().__init__(f"Network {network_id} requires a subnet in order to boot instances on.")


class ExternalNetworkAttachForbidden(Forbidden):
    def __init__(self, network_id: str) -> None:
        super().__init__(f"It is not allowed to create an interface on external network {network_id}")


class UnableToAutoAllocateNetwork(BadInput):
    def __init__(self, project_id: str) -> None:
        super().__init__(f"Unable to automatically allocate a network for project {project_id}")
