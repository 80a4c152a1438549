"""Policies of compute's services, hypervisors and availability zones."""

from __future__ import annotations

from cupola.base.policy import Rule

SERVICE_LIST = "os_compute_api:os-services:list"
SERVICE_UPDATE = "os_compute_api:os-services:update"
SERVICE_DELETE = "os_compute_api:os-services:delete"
HYPERVISOR_LIST = "os_compute_api:os-hypervisors:list"
HYPERVISOR_DETAIL = "os_compute_api:os-hypervisors:list-detail"
HYPERVISOR_STATISTICS = "os_compute_api:os-hypervisors:statistics"
HYPERVISOR_SHOW = "os_compute_api:os-hypervisors:show"
HYPERVISOR_UPTIME = "os_compute_api:os-hypervisors:uptime"
HYPERVISOR_SEARCH = "os_compute_api:os-hypervisors:search"
HYPERVISOR_SERVERS = "os_compute_api:os-hypervisors:servers"
ZONE_LIST = "os_compute_api:os-availability-zone:list"
ZONE_DETAIL = "os_compute_api:os-availability-zone:detail"

ADMIN = "rule:context_is_admin"
SERVICES, HYPERVISORS, ZONES = "/os-services", "/os-hypervisors", "/os-availability-zone"

RULES = (
    Rule(SERVICE_LIST, ADMIN, "List compute's services.", (("GET", SERVICES),)),
    Rule(SERVICE_UPDATE, ADMIN, "Enable, disable or force down a service.", (("PUT", SERVICES + "/{service_id}"),)),
    Rule(SERVICE_DELETE, ADMIN, "Remove a service.", (("DELETE", SERVICES + "/{service_id}"),)),
    Rule(HYPERVISOR_LIST, ADMIN, "List hypervisors.", (("GET", HYPERVISORS),)),
    Rule(HYPERVISOR_DETAIL, ADMIN, "List hypervisors with what they have.", (("GET", HYPERVISORS + "/detail"),)),
    Rule(HYPERVISOR_STATISTICS, ADMIN, "See the sums of all hypervisors.", (("GET", HYPERVISORS + "/statistics"),)),
    Rule(HYPERVISOR_SHOW, ADMIN, "See a hypervisor.", (("GET", HYPERVISORS + "/{hypervisor_id}"),)),
    Rule(HYPERVISOR_UPTIME, ADMIN, "See how long one is up.", (("GET", HYPERVISORS + "/{hypervisor_id}/uptime"),)),
    Rule(HYPERVISOR_SEARCH, ADMIN, "Find hypervisors by name.", (("GET", HYPERVISORS + "/{hypervisor_id}/search"),)),
    Rule(HYPERVISOR_SERVERS, ADMIN, "See the servers of one.", (("GET", HYPERVISORS + "/{hypervisor_id}/servers"),)),
    Rule(ZONE_LIST, "@", "List availability zones.", (("GET", ZONES),)),
    Rule(ZONE_DETAIL, ADMIN, "List availability zones with their hosts.", (("GET", ZONES + "/detail"),)),
)
