"""functions.yml and routing.yml, compiled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from esb_gateway.apis.api_types import HTTP, REST
from esb_gateway.configuration.compiling import load_configuration, read_configuration
from esb_gateway.errors import ConfigurationError
from esb_schemas.contract import Destination, EventInvoke

MINIMAL = {"functions": {"f": {"handler": "app.f", "runtime": "python3.12"}}}


def test_every_default_of_a_function() -> None:
    function = read_configuration(MINIMAL, {"routes": []}).functions["f"]
    assert function.arn == "arn:aws:lambda:us-east-1:123456789012:function:f"
    assert (function.timeout, function.memory_size) == (3, 128)
    assert (function.min_capacity, function.max_capacity, function.idle_timeout, function.queue_depth) == (
        0,
        10,
        300,
        1000,
    )
    assert (function.reserved_concurrency, function.environment, function.aliases) == (None, {}, ())


def test_files_of_another_esb_are_refused_with_what_to_run(tmp_path: Path) -> None:
    (tmp_path / "functions.yml").write_text("Version: 2\nfunctions: {}\n")
    with pytest.raises(ConfigurationError, match=r"functions\.yml: Version: .* newer ESB, .* run `esb build` again"):
        load_configuration(tmp_path)


def test_what_becomes_of_asynchronous_invocations() -> None:
    assert read_configuration(MINIMAL, {"routes": []}).functions["f"].event_invoke == EventInvoke(2, 21600)
    said = {
        "maximum_retry_attempts": 0,
        "maximum_event_age": 60,
        "on_success": {"function": "f"},
        "on_failure": {"arn": "arn:aws:sqs:x"},
    }
    functions = {"functions": {"f": {**MINIMAL["functions"]["f"], "event_invoke": said}}}
    assert read_configuration(functions, {"routes": []}).functions["f"].event_invoke == EventInvoke(
        0, 60, on_success=Destination("f"), on_failure=Destination(arn="arn:aws:sqs:x")
    )


def test_a_destination_that_is_not_there() -> None:
    said = {"dead_letter": {"function": "nope"}}
    functions = {"functions": {"f": {**MINIMAL["functions"]["f"], "event_invoke": said}}}
    with pytest.raises(ConfigurationError, match=r"f\.event_invoke\.dead_letter: there is no function nope;"):
        read_configuration(functions, {"routes": []})


def test_a_functions_own_values_come_before_the_defaults() -> None:
    functions = {
        "stack": {"name": "orders", "region": "eu-central-1", "account_id": "210987654321"},
        "defaults": {
            "timeout": 30,
            "memory_size": 512,
            "environment": {"A": "1", "B": "1"},
            "scaling": {"max_capacity": 2},
        },
        "functions": {
            "f": {
                "handler": "h",
                "runtime": "python3.12",
                "memory_size": 1024,
                "environment": {"B": "2"},
                "scaling": {"min_capacity": 3, "queue_depth": 0},
                "reserved_concurrency": 0,
            }
        },
    }
    function = read_configuration(functions, {"routes": []}).functions["f"]
    assert function.arn == "arn:aws:lambda:eu-central-1:210987654321:function:f"
    assert (function.timeout, function.memory_size, function.environment) == (30, 1024, {"A": "1", "B": "2"})
    assert (function.min_capacity, function.max_capacity, function.queue_depth) == (3, 3, 0)
    assert function.reserved_concurrency == 0


def test_a_route_names_an_api_or_gets_the_default_one() -> None:
    routing: dict[str, Any] = {
        "apis": {"Legacy": {"type": "REST", "stage": "Prod"}},
        "routes": [
            {"path": "/a", "method": "GET", "function": "f"},
            {"path": "/a", "method": "GET", "function": "f", "api": "Legacy"},
            {"path": "/a", "method": "GET", "function": "f", "api": "Other", "timeout_in_millis": 1500},
        ],
    }
    configuration = read_configuration(MINIMAL, routing)
    assert [(api.id, api.type) for api in configuration.apis] == [
        ("Legacy", REST), ("ServerlessHttpApi", HTTP), ("Other", HTTP),
    ]  # fmt: skip
    assert [(route.api.id, route.payload, route.timeout) for route in configuration.routes] == [
        ("ServerlessHttpApi", "2.0", 30), ("Legacy", "1.0", 29), ("Other", "2.0", 1.5),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("route", "message"),
    [
        ({"function": "g"}, "routing.yml: routes[0].function: there is no function g in functions.yml; name one"),
        ({"path": "/a/{p+}/b"}, "routing.yml: routes[0].path: /a/{p+}/b is not a valid path; a segment is plain"),
        ({"path": "/a-{b}"}, "routing.yml: routes[0].path: /a-{b} is not a valid path"),
        ({"path": "/{}"}, "routing.yml: routes[0].path: /{} is not a valid path"),
        ({"api": "Legacy", "payload": "2.0"}, "routing.yml: routes[0].payload: a REST API sends payload 1.0 only"),
    ],
)
def test_what_does_not_fit_together(route: dict[str, str], message: str) -> None:
    routing = {
        "apis": {"Legacy": {"type": "REST"}},
        "routes": [{"path": "/", "method": "GET", "function": "f", **route}],
    }
    with pytest.raises(ConfigurationError) as refused:
        read_configuration(MINIMAL, routing)
    assert str(refused.value).startswith(message)


def test_a_file_that_breaks_its_contract_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "functions.yml").write_text("functions: {f: {handlr: x}}\n")
    (tmp_path / "routing.yml").write_text("routes: []\n")
    with pytest.raises(ConfigurationError, match=r"functions\.yml: functions\.f") as refused:
        load_configuration(tmp_path)
    assert "\n" not in str(refused.value)


def test_a_folder_without_files_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"functions\.yml") as refused:
        load_configuration(tmp_path)
    assert "\n" not in str(refused.value)
