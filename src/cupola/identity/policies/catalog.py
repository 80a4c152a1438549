"""Policies of regions, services and endpoints."""

from cupola.base.policy import Rule
from cupola.identity.policies.checks import ADMIN, ANY, READER, SYSTEM

GET_REGION = "identity:get_region"
LIST_REGIONS = "identity:list_regions"
CREATE_REGION = "identity:create_region"
UPDATE_REGION = "identity:update_region"
DELETE_REGION = "identity:delete_region"
GET_SERVICE = "identity:get_service"
LIST_SERVICES = "identity:list_services"
CREATE_SERVICE = "identity:create_service"
UPDATE_SERVICE = "identity:update_service"
DELETE_SERVICE = "identity:delete_service"
GET_ENDPOINT = "identity:get_endpoint"
LIST_ENDPOINTS = "identity:list_endpoints"
CREATE_ENDPOINT = "identity:create_endpoint"
UPDATE_ENDPOINT = "identity:update_endpoint"
DELETE_ENDPOINT = "identity:delete_endpoint"

_REGION = "/v3/regions/{region_id}"
_SERVICE = "/v3/services/{service_id}"
_ENDPOINT = "/v3/endpoints/{endpoint_id}"

RULES = (
    Rule(GET_REGION, "", "Show a region.", (("GET", _REGION), ("HEAD", _REGION)), ANY),
    Rule(LIST_REGIONS, "", "List regions.", (("GET", "/v3/regions"), ("HEAD", "/v3/regions")), ANY),
    Rule(CREATE_REGION, ADMIN, "Create a region.", (("POST", "/v3/regions"), ("PUT", _REGION)), SYSTEM),
    Rule(UPDATE_REGION, ADMIN, "Change a region.", (("PATCH", _REGION),), SYSTEM),
    Rule(DELETE_REGION, ADMIN, "Delete a region.", (("DELETE", _REGION),), SYSTEM),
    Rule(GET_SERVICE, READER, "Show a service.", (("GET", _SERVICE),), SYSTEM),
    Rule(LIST_SERVICES, READER, "List services.", (("GET", "/v3/services"),), SYSTEM),
    Rule(CREATE_SERVICE, ADMIN, "Create a service.", (("POST", "/v3/services"),), SYSTEM),
    Rule(UPDATE_SERVICE, ADMIN, "Change a service.", (("PATCH", _SERVICE),), SYSTEM),
    Rule(DELETE_SERVICE, ADMIN, "Delete a service with its endpoints.", (("DELETE", _SERVICE),), SYSTEM),
    Rule(GET_ENDPOINT, READER, "Show an endpoint.", (("GET", _ENDPOINT),), SYSTEM),
    Rule(LIST_ENDPOINTS, READER, "List endpoints.", (("GET", "/v3/endpoints"),), SYSTEM),
    Rule(CREATE_ENDPOINT, ADMIN, "Create an endpoint.", (("POST", "/v3/endpoints"),), SYSTEM),
    Rule(UPDATE_ENDPOINT, ADMIN, "Change an endpoint.", (("PATCH", _ENDPOINT),), SYSTEM),
    Rule(DELETE_ENDPOINT, ADMIN, "Delete an endpoint.", (("DELETE", _ENDPOINT),), SYSTEM),
)
