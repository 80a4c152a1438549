"""What happens to every request, whatever the API: who asks, which route, which answer, which ids, what is noted."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from cupola.base.http import faults
from cupola.base.http.dispatch import MOST_ASKED

REQUEST_ID = "req-01234567-89ab-4cde-8f01-23456789abcd"
SECRET = "swordfish"


# who asks ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", [None, "", "forged"])
def test_without_a_valid_token_nothing_is_answered_but_where_to_get_one(toy_cloud: Any, token: str | None) -> None:
    answer = toy_cloud.ask("GET", "/v1/toys", token=token)
    assert answer.status_code == 401
    assert answer.json == {
        "error": {
            "code": 401,
            "title": "Unauthorized",
            "message": "The request you have made requires authentication.",
        }
    }
    assert answer.headers["www-authenticate"] == 'Keystone uri="http://identity.test"'
    assert toy_cloud.noted() == []


def test_a_public_route_needs_no_token(toy_cloud: Any) -> None:
    assert toy_cloud.ask("GET", "/", token=None).json["user"] is None


def test_of_routes_that_share_a_path_only_the_public_one_needs_no_token(toy_cloud: Any) -> None:
    old, new = {"X-Toy-API-Version": "1.1"}, {"X-Toy-API-Version": "1.2"}
    assert toy_cloud.ask("GET", "/v1/mixed", token=None, headers=old).status_code == 200
    assert toy_cloud.ask("GET", "/v1/mixed", token=None, headers=new).status_code == 401
    assert toy_cloud.ask("GET", "/v1/mixed", headers=new).json == {"user": "u-member"}


def test_what_the_policy_forbids_names_the_rule(toy_cloud: Any) -> None:
    answer = toy_cloud.ask("DELETE", "/v1/toys/t1")
    assert answer.status_code == 403
    assert answer.json["error"]["message"] == "Policy doesn't allow admins to be performed."
    assert toy_cloud.ask("DELETE", "/v1/toys/t1", token="admin").status_code == 204


def test_a_handler_that_forgets_to_ask_the_policy_answers_nothing(toy_cloud: Any) -> None:
    answer = toy_cloud.ask("GET", "/v1/careless")
    assert answer.status_code == 500
    assert SECRET not in answer.text


# which route ------------------------------------------------------------------------------------------------------

FORMS = {
    "compute": (faults.COMPUTE_FAULTS, lambda json: (next(iter(json)), next(iter(json.values()))["message"])),
    "identity": (faults.error_object, lambda json: (json["error"]["title"], json["error"]["message"])),
    "image": (faults.page, lambda json: (json["title"], json["message"].partition("<")[0])),
    "network": (faults.typed_fault, lambda json: (json["NeutronError"]["type"], json["NeutronError"]["message"])),
    "placement": (faults.error_list, lambda json: (json["errors"][0]["title"], json["errors"][0]["detail"])),
}


@pytest.mark.parametrize(
    ("form", "unknown", "refused"),
    [
        ("identity", "Not Found", "Method Not Allowed"),
        ("image", "Not Found", "Method Not Allowed"),
        ("network", "NoSuchPath", "MethodNotAllowed"),
        ("placement", "Not Found", "Method Not Allowed"),
    ],
)
def test_unknown_paths_and_methods_are_refused_in_the_form_of_the_api(
    make_toys: Any, form: str, unknown: str, refused: str
) -> None:
    fault, read = FORMS[form]
    cloud, json = make_toys(faults=fault), {"Accept": "application/json"}
    answer = cloud.ask("GET", "/v1/nothing", headers=json)
    assert (answer.status_code, read(answer.json)) == (404, (unknown, "The resource could not be found."))
    answer = cloud.ask("PATCH", "/v1/toys", b"{}", headers=json)
    said = "The method specified is not allowed for this resource."
    assert (answer.status_code, read(answer.json)) == (405, (refused, said))
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"


def test_compute_refuses_an_unknown_path_with_a_page_and_a_method_with_a_fault(make_toys: Any) -> None:
    cloud = make_toys(faults=faults.COMPUTE_FAULTS)
    answer = cloud.ask("GET", "/v1/nothing", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=UTF-8")
    assert cloud.ask("GET", "/v1/toys/none").json["itemNotFound"]["message"] == "Toy none could not be found."
    assert list(cloud.ask("PUT", "/v1/toys").json) == ["badMethod"]


def test_an_api_may_hide_which_methods_there_are(make_toys: Any) -> None:
    answer = make_toys(hides_methods=True).ask("PUT", "/v1/toys")
    assert (answer.status_code, "allow" in answer.headers) == (404, False)


@pytest.mark.parametrize("accept", ["", "text/html", "image/png", ";;;", "*/*;q=x"])
def test_a_page_can_be_refused_to_whoever_accepts_whatever(make_toys: Any, accept: str) -> None:
    answer = make_toys(faults=faults.page).ask("GET", "/v1/toys/<b>", headers={"Accept": accept})
    assert answer.status_code == 404
    assert "<b>" not in answer.text or answer.headers["content-type"].startswith("text/plain")


@pytest.mark.filterwarnings("ignore:Unknown REQUEST_METHOD")
@pytest.mark.parametrize("method", ["FOO", "TRACE", "CONNECT", "PROPFIND"])
def test_methods_that_no_path_has_are_refused(toy_cloud: Any, method: str) -> None:
    answer = toy_cloud.ask(method, "/v1/toys")
    assert answer.status_code in (400, 405)
    assert answer.json["error"]["code"] == answer.status_code


def test_a_trailing_slash_makes_a_difference_unless_the_api_says_not(make_toys: Any) -> None:
    strict, lax = make_toys(), make_toys(trailing_slash=True)
    assert strict.ask("GET", "/v1/toys/").status_code == strict.ask("GET", "/v1/toys/t1/").status_code == 404
    assert lax.ask("GET", "/v1/toys/t1/").json == lax.ask("GET", "/v1/toys/t1").json
    assert strict.ask("GET", "/").status_code == 200


def test_the_root_of_an_api_answers_with_and_without_a_slash(toy_cloud: Any) -> None:
    assert toy_cloud.ask("GET", "").json == toy_cloud.ask("GET", "/").json


def test_head_answers_as_get_does_without_a_body(toy_cloud: Any) -> None:
    got, head = toy_cloud.ask("GET", "/v1/toys/t1"), toy_cloud.ask("HEAD", "/v1/toys/t1")
    assert (head.status_code, head.content) == (200, b"")
    for header in ("content-length", "content-type"):
        assert head.headers[header] == got.headers[header]
    assert toy_cloud.ask("HEAD", "/v1/toys/none").status_code == 404


def test_options_says_what_may_be_done(toy_cloud: Any) -> None:
    answer = toy_cloud.ask("OPTIONS", "/v1/toys", token=None)
    assert (answer.status_code, answer.headers["allow"]) == (200, "GET, HEAD, OPTIONS, POST")


def test_an_api_may_answer_neither_head_nor_options(make_toys: Any) -> None:
    cloud = make_toys(implied=())
    assert cloud.ask("HEAD", "/v1/toys/t1").status_code == cloud.ask("OPTIONS", "/v1/toys").status_code == 405
    assert cloud.ask("PUT", "/v1/toys").headers["allow"] == "GET, POST"


def test_parts_of_a_path_and_query_are_decoded(toy_cloud: Any) -> None:
    assert toy_cloud.ask("GET", "/v1/toys/%C3%A4lteres").json["id"] == "älteres"
    answer = toy_cloud.ask("GET", "/v1/toys", query_string="a=%C3%A4&a=b%2Cc&empty=&flag&x=1,2")
    assert answer.json == {"query": {"a": ["ä", "b,c"], "empty": [""], "flag": [""], "x": ["1,2"]}}


@pytest.mark.parametrize("query", ["&".join(["a=1"] * MOST_ASKED), "a=" + ",".join("1" * MOST_ASKED)])
def test_a_query_asks_for_so_many_values_and_no_more(toy_cloud: Any, query: str) -> None:
    assert toy_cloud.ask("GET", "/v1/toys", query_string=query).status_code == 200
    refused = toy_cloud.ask("GET", "/v1/toys", query_string=f"{query}&b=1")
    assert (refused.status_code, str(MOST_ASKED) in refused.text) == (400, True)


# actions ----------------------------------------------------------------------------------------------------------


def test_an_action_is_chosen_by_the_key_of_the_body(toy_cloud: Any) -> None:
    assert toy_cloud.ask("POST", "/v1/toys/t1/action", b'{"play": null}').status_code == 202
    newer = {"X-Toy-API-Version": "1.5"}
    answer = toy_cloud.ask("POST", "/v1/toys/t1/action", b'{"paint": "red"}', headers=newer)
    assert (answer.status_code, answer.json) == (200, {"colour": "red"})


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"jump": null}', "There is no such action: jump"),
        (b'{"paint": "red"}', "There is no such action: paint"),
        (b'{"play": null, "paint": 1}', "There is no such action: paint, play"),
        (b"{}", "There is no such action: None"),
        (b"[]", "There is no such action: None"),
        (b'"play"', "There is no such action: None"),
    ],
)
def test_an_action_that_is_not_there_is_refused_by_name(toy_cloud: Any, body: bytes, said: str) -> None:
    answer = toy_cloud.ask("POST", "/v1/toys/t1/action", body)
    assert (answer.status_code, answer.json["error"]["message"]) == (400, said)


# microversions ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "agreed"),
    [
        ({}, [1, 1]),
        ({"OpenStack-API-Version": "toy 1.5"}, [1, 5]),
        ({"OpenStack-API-Version": "toy latest"}, [1, 9]),
        ({"OpenStack-API-Version": "train 3.3, toy  1.5"}, [1, 5]),
        ({"OpenStack-API-Version": "toy 1.3, toy 1.4"}, [1, 4]),
        ({"OpenStack-API-Version": "train 3.3"}, [1, 1]),
        ({"OpenStack-API-Version": "toy"}, [1, 1]),
        ({"OpenStack-API-Version": ""}, [1, 1]),
        ({"X-Toy-API-Version": "1.6"}, [1, 6]),
        ({"X-Toy-API-Version": "latest"}, [1, 9]),
        ({"X-Toy-API-Version": "1.6", "OpenStack-API-Version": "toy 1.7"}, [1, 7]),
    ],
)
def test_a_version_is_agreed_and_said(toy_cloud: Any, asked: dict[str, str], agreed: list[int]) -> None:
    answer = toy_cloud.ask("GET", "/v1/toys/t1", headers=asked)
    assert answer.json["version"] == agreed
    assert answer.headers["openstack-api-version"] == f"toy {agreed[0]}.{agreed[1]}"
    assert answer.headers["x-toy-api-version"] == f"{agreed[0]}.{agreed[1]}"
    assert answer.headers["vary"] == "OpenStack-API-Version, X-Toy-API-Version"


@pytest.mark.parametrize("asked", ["1", "1.", "1.01", "01.1", "1.1.1", "-1.1", "one", "LATEST", "1.1x", "9" * 99])
def test_a_malformed_version_is_bad_input(toy_cloud: Any, asked: str) -> None:
    answer = toy_cloud.ask("GET", "/v1/toys/t1", headers={"OpenStack-API-Version": f"toy {asked}"})
    assert answer.status_code == 400
    assert "Must be of format MajorNum.MinorNum" in answer.json["error"]["message"]


@pytest.mark.parametrize("asked", ["1.0", "1.10", "2.1", "1.999999999"])
def test_an_unsupported_version_is_not_acceptable_and_the_range_is_named(toy_cloud: Any, asked: str) -> None:
    answer = toy_cloud.ask("GET", "/v1/toys/t1", headers={"OpenStack-API-Version": f"toy {asked}"})
    assert answer.status_code == 406
    assert "Minimum is 1.1 and maximum is 1.9" in answer.json["error"]["message"]
    assert answer.headers["openstack-api-version"] == f"toy {asked}"


@pytest.mark.parametrize(("at", "status"), [("1.1", 404), ("1.2", 200), ("1.4", 200), ("1.5", 404)])
def test_a_route_is_there_in_its_versions_only(toy_cloud: Any, at: str, status: int) -> None:
    assert toy_cloud.ask("GET", "/v1/newer", headers={"X-Toy-API-Version": at}).status_code == status


def test_a_handler_knows_what_was_agreed(toy_cloud: Any) -> None:
    for at, newer in [("1.2", False), ("1.3", True), ("1.4", True)]:
        assert toy_cloud.ask("GET", "/v1/newer", headers={"X-Toy-API-Version": at}).json == {"newer": newer}


# ids --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/v1/toys/t1"), ("GET", "/v1/broken"), ("GET", "/v1/nothing"), ("PATCH", "/v1/toys")]
)
def test_every_answer_has_a_request_id_of_its_own(toy_cloud: Any, method: str, path: str) -> None:
    first = toy_cloud.ask(method, path).headers["x-openstack-request-id"]
    second = toy_cloud.ask(method, path).headers["x-openstack-request-id"]
    assert first.startswith("req-")
    assert len({first, second}) == 2
    assert toy_cloud.client.simulate_get("/elsewhere").headers["x-openstack-request-id"].startswith("req-")


def test_compute_says_the_request_id_twice(make_toys: Any) -> None:
    answer = make_toys(service="compute").ask("GET", "/v1/toys/t1")
    assert answer.headers["x-compute-request-id"] == answer.headers["x-openstack-request-id"]


@pytest.mark.parametrize(
    ("given", "kept"), [(REQUEST_ID, REQUEST_ID), ("req-1", None), ("x\ty", None), ("'; DROP TABLE requests", None)]
)
def test_a_clients_request_id_is_noted_as_the_global_one_if_it_is_one(
    toy_cloud: Any, given: str, kept: str | None
) -> None:
    answer = toy_cloud.ask("POST", "/v1/toys", b'{"name": "a"}', headers={"X-OpenStack-Request-ID": given})
    assert answer.headers["x-openstack-request-id"] != given
    (row,) = toy_cloud.noted()
    assert (row["id"], row["global_id"]) == (answer.headers["x-openstack-request-id"], kept)


# what is noted ----------------------------------------------------------------------------------------------------


def test_a_change_is_noted_with_its_route_and_caller(toy_cloud: Any) -> None:
    toy_cloud.ask("POST", "/v1/toys", b'{"name": "a"}', query_string="x=%C3%A4")
    (row,) = toy_cloud.noted()
    assert (row["method"], row["route"], row["status"]) == ("POST", "/toy/v1/toys", 201)
    assert (row["user_id"], row["user_name"], row["project_id"]) == ("u-member", "member", "p1")
    assert row["path"] == "/toy/v1/toys?x=%C3%A4"


def test_reading_is_not_noted(toy_cloud: Any) -> None:
    toy_cloud.ask("GET", "/v1/toys")
    toy_cloud.ask("GET", "/v1/toys/none")
    assert toy_cloud.noted() == []


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/toys", b'{"name": 5}', 400),
        ("/v1/toys", b"{", 400),
        ("/v1/toys", b"x" * 3000, 413),
        ("/v1/toys/t1/action", b'{"jump": 1}', 400),
    ],
)
def test_a_change_that_was_refused_is_noted_with_the_reason(
    toy_cloud: Any, path: str, body: bytes, status: int
) -> None:
    toy_cloud.ask("POST", path, body)
    (row,) = toy_cloud.noted()
    assert (row["status"], row["route"]) == (status, f"/toy{path.replace('t1', '{toy_id}')}")
    assert row["error"]


def test_an_action_is_noted_by_its_name(toy_cloud: Any) -> None:
    toy_cloud.ask("POST", "/v1/toys/t1/action", b'{"play": 5, "x": 1}')
    toy_cloud.ask("DELETE", "/v1/toys/t1")
    assert [row["route"] for row in toy_cloud.noted()] == ["/toy/v1/toys/{toy_id}/action", "/toy/v1/toys/{toy_id}"]


def test_secrets_that_were_refused_are_neither_told_nor_noted(toy_cloud: Any) -> None:
    answer = toy_cloud.ask("POST", "/v1/toys", b'{"name": "a", "secret": "hush"}')
    assert "secret" in answer.json["error"]["message"]
    assert "hush" not in answer.json["error"]["message"]
    assert [row["error"] for row in toy_cloud.noted()] == ["Invalid input for secret."]


# what should not be -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/v1/broken", "/v1/unspeakable", "/v1/careless"])
def test_an_unknown_error_is_a_500_with_the_request_id_and_nothing_more(
    toy_cloud: Any, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = toy_cloud.ask("GET", path)
    request_id = answer.headers["x-openstack-request-id"]
    assert answer.status_code == 500
    assert request_id in answer.json["error"]["message"]
    assert SECRET not in answer.text + str(answer.headers)
    (logged,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert (logged.exc_info is not None, logged.request_id) == (True, request_id)
    assert [(row["status"], SECRET in row["error"]) for row in toy_cloud.noted()] == [(500, False)]


def test_a_request_that_fails_after_a_change_is_noted_as_failed(toy_cloud: Any) -> None:
    assert toy_cloud.ask("POST", "/v1/half").status_code == 500
    assert [row["status"] for row in toy_cloud.noted()] == [500]


def test_the_access_log_has_every_request(toy_cloud: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "cupola.access")
    ids = [
        toy_cloud.ask(method, path).headers["x-openstack-request-id"]
        for method, path in [("GET", "/v1/toys/t1"), ("GET", "/v1/nothing"), ("PUT", "/v1/toys"), ("GET", "/v1/broken")]
    ]
    lines = [record for record in caplog.records if record.name == "cupola.access"]
    assert [line.request_id for line in lines] == ids
    assert [line.getMessage().split()[-1] for line in lines] == ["200", "404", "405", "500"]
    assert (lines[0].user_id, lines[0].service) == ("u-member", "toy")


def test_a_value_neither_ends_a_header_nor_breaks_the_answer(toy_cloud: Any) -> None:
    answer = toy_cloud.ask("GET", "/v1/header", query_string="value=a%0D%0ASet-Cookie:%20x%E2%82%AC")
    assert answer.status_code == 200
    assert answer.headers["x-toy"] == "aSet-Cookie: x?"
