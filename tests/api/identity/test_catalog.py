"""Regions, services, endpoints, the catalog of a token, and the versions of the API."""

from __future__ import annotations


def test_versions_need_no_token(cloud):
    every = cloud.call("GET", "/")
    assert every.status_code == 300
    [version] = every.json["versions"]["values"]
    third = cloud.call("GET", "/v3")
    assert third.json == {"version": version}
    assert version["links"] == [{"rel": "self", "href": "http://falconframework.org/identity/v3/"}]
    assert every.headers["Vary"] == third.headers["Vary"] == "X-Auth-Token"


def test_a_path_that_is_nowhere_and_a_method_that_it_has_not(cloud):
    assert cloud.call("GET", "/v3/nothing").status_code == 404
    refused = cloud.call("PATCH", "/v3/projects", cloud.token())
    assert refused.status_code == 405
    assert refused.headers["Allow"] == "GET, HEAD, OPTIONS, POST"
    assert cloud.call("OPTIONS", "/v3/projects").headers["Allow"] == "GET, HEAD, OPTIONS, POST"


def test_a_new_endpoint_is_in_the_catalog(cloud):
    service = cloud.make("service", type="rating", name="rates")
    made = cloud.make(
        "endpoint",
        service_id=service["id"],
        interface="public",
        url="http://rates/$(project_id)s",
        region_id="RegionOne",
    )
    assert made["region"] == made["region_id"] == "RegionOne"
    project = cloud.find("projects", "demo")
    catalog = cloud.call("GET", "/v3/auth/catalog", cloud.token("demo")).json["catalog"]
    [found] = [one for one in catalog if one["type"] == "rating"]
    assert [endpoint["url"] for endpoint in found["endpoints"]] == [f"http://rates/{project['id']}"]

    path = f"/v3/services/{service['id']}"
    assert cloud.call("PATCH", path, cloud.token(), {"service": {"enabled": False}}).status_code == 200
    catalog = cloud.call("GET", "/v3/auth/catalog", cloud.token("demo")).json["catalog"]
    assert "rating" not in {one["type"] for one in catalog}
    assert cloud.call("DELETE", path, cloud.token()).status_code == 204
    assert cloud.call("GET", f"/v3/endpoints/{made['id']}", cloud.token()).status_code == 404


def test_what_an_endpoint_may_not_be(cloud):
    service = cloud.make("service", type="rating")
    good = {"service_id": service["id"], "interface": "public", "url": "http://rates"}
    for wrong in ({"interface": "sideways"}, {"url": "rates"}, {"url": "http://r/$(who)s"}, {"service_id": "nothing"}):
        answer = cloud.call("POST", "/v3/endpoints", cloud.token(), {"endpoint": good | wrong})
        assert answer.status_code == 400, wrong


def test_an_unscoped_token_has_no_catalog(cloud):
    token = cloud.issue("demo", "demo-secret", "unscoped").headers["X-Subject-Token"]
    assert cloud.call("GET", "/v3/auth/catalog", token).status_code == 403


def test_regions(cloud):
    token = cloud.token()
    top = cloud.make("region", id="North", description="Cold")
    below = cloud.make("region", parent_region_id="North")
    assert top["parent_region_id"] is None and below["parent_region_id"] == "North"
    assert cloud.call("PUT", "/v3/regions/South", token, {"region": {}}).status_code == 201
    assert cloud.call("POST", "/v3/regions", token, {"region": {"id": "South"}}).status_code == 409
    circle = {"region": {"parent_region_id": below["id"]}}
    assert cloud.call("PATCH", "/v3/regions/North", token, circle).status_code == 400
    found = cloud.call("GET", "/v3/regions?parent_region_id=North", cloud.token("demo")).json["regions"]
    assert [region["id"] for region in found] == [below["id"]]
    assert cloud.call("DELETE", "/v3/regions/RegionOne", token).status_code == 403
    assert cloud.call("DELETE", "/v3/regions/North", token).status_code == 204
    assert cloud.call("GET", f"/v3/regions/{below['id']}", token).status_code == 404
