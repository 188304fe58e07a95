"""What calls what: from the files of the contract to Mermaid and SVG."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from esb_generator.graph.contents import FUNCTION, ROUTE, SCHEDULE, Edge, Graph, NodeId, graph_of
from esb_generator.graph.mermaid import mermaid
from esb_generator.graph.svg import columns, svg
from tests.generator.conftest import Esb, esb_at

ARN = "arn:aws:{}:us-east-1:123456789012:{}"
ROOT = Path(__file__).parents[3]


def edges(functions: Any, resources: Any = None, routing: Any = None) -> set[tuple[str, str, str]]:
    found = graph_of({"functions": functions}, routing or {}, resources or {})
    return {(found.nodes[edge.source], found.nodes[edge.target], edge.label) for edge in found.edges}


@pytest.mark.parametrize(
    ("value", "used"),
    [
        ("orders", {"orders"}),
        ("http://cloud:4566/123456789012/jobs", {"jobs"}),
        (ARN.format("dynamodb", "table/orders"), {"orders"}),
        (ARN.format("dynamodb", "table/orders/index/by-day"), {"orders"}),
        (ARN.format("sns", "told"), {"told"}),
        (ARN.format("events", "event-bus/shop"), {"shop"}),
        (ARN.format("lambda", "function:other:live"), {"other"}),
        ("arn:aws:s3:::files", {"files"}),
        ("arn:aws:s3:::files/in/*", {"files"}),
        ("other", {"other"}),
        ("unknown", set()),
        (ARN.format("sqs", "elsewhere"), set()),
    ],
)
def test_a_function_uses_what_its_environment_names(value: str, used: set[str]) -> None:
    resources = {
        "DynamoDB": [{"TableName": "orders"}],
        "S3": [{"BucketName": "files"}],
        "SQS": [{"QueueName": "jobs"}],
        "SNS": [{"Name": "told"}],
        "EventBridge": [{"Name": "shop"}],
    }
    found = edges({"work": {"environment": {"A": value}}, "other": {}}, resources)
    assert found == {("work", name, "") for name in used}


def test_an_api_destination_is_its_endpoint() -> None:
    destination = {"Name": "customers", "InvocationEndpoint": "https://crm.example.com/"}
    target = {"Arn": ARN.format("events", "api-destination/customers/1")}
    resources = {
        "EventBridge": [{"Name": "shop", "Rules": [{"Targets": [target]}]}],
        "EventBridgeConnections": [{"Name": "crm", "ApiDestinations": [destination]}],
    }
    assert edges({}, resources) == {("shop", "https://crm.example.com/", "")}


SHARED = {"TABLE": "orders", "BUCKET": "files"}
USED: dict[str, Any] = {"DynamoDB": [{"TableName": "orders"}], "S3": [{"BucketName": "files"}]}


def test_what_every_function_names_is_drawn_once() -> None:
    """As variables of Globals, which do not tell who uses what they name."""
    functions = {name: {"environment": SHARED} for name in ("read", "write", "clean")}
    functions["clean"] = {"environment": {**SHARED, "CLEANED": "files"}}
    assert edges(functions, USED) == {
        ("every function", "orders", ""),
        ("every function", "files", ""),
        ("clean", "files", ""),
    }


def test_what_some_functions_name_is_drawn_for_each() -> None:
    functions = {name: {"environment": SHARED} for name in ("read", "write")}
    own = {(name, used, "") for name in functions for used in SHARED.values()}
    assert edges(functions, USED) == own, "two functions"
    assert edges({**functions, "other": {}}, USED) == own
    other = {"other": {"environment": {"TABLE": "files", "BUCKET": "orders"}}}
    assert edges({**functions, **other}, USED) == {*own, ("other", "orders", ""), ("other", "files", "")}


def test_what_invokes_a_function() -> None:
    resources = {
        "SQS": [{"QueueName": "jobs"}],
        "SNS": [{"Name": "told", "Subscriptions": [{"Endpoint": ARN.format("lambda", "function:work")}]}],
        "EventBridge": [{"Name": "shop", "Rules": [{"Targets": [{"Arn": ARN.format("lambda", "function:work")}]}]}],
    }
    events = [
        {"type": "sqs", "name": "Jobs", "queue": ARN.format("sqs", "jobs")},
        {"type": "Schedule", "name": "Tick", "schedule": "rate(1 minute)"},
    ]
    routing = {"routes": [{"method": "GET", "path": "/a", "function": "work"}]}
    assert edges({"work": {"events": events, "url": {"auth_type": "NONE"}}}, resources, routing) == {
        ("jobs", "work", ""),
        ("rate(1 minute)", "work", ""),
        ("GET /a", "work", ""),
        ("function URL", "work", ""),
        ("told", "work", ""),
        ("shop", "work", ""),
    }


def test_a_route_calls_a_queue_or_a_bus() -> None:
    resources = {
        "DynamoDB": [{"TableName": "shop"}],
        "SQS": [{"QueueName": "jobs"}],
        "EventBridge": [{"Name": "shop"}, {"Name": "default"}],
    }
    calls = [
        {"QueueUrl": "http://cloud:4566/123456789012/jobs", "MessageBody": "$request.body"},
        {"QueueUrl": "$request.header.queue", "MessageBody": "$request.body"},
        {"EventBusName": "shop", "Detail": "$request.body"},
        {"EventBusName": ARN.format("events", "event-bus/shop"), "Detail": "$request.body"},
        {"Detail": "$request.body"},
    ]
    routes = [
        {
            "method": "POST",
            "path": f"/{number}",
            "integration": {"type": "AWS_PROXY", "subtype": "", "request_parameters": parameters},
        }
        for number, parameters in enumerate(calls)
    ]
    assert edges({}, resources, {"routes": routes}) == {
        ("POST /0", "jobs", ""),
        ("POST /2", "shop", ""),
        ("POST /3", "shop", ""),
        ("POST /4", "default", ""),
    }


def test_dead_letters_and_destinations_are_edges() -> None:
    policy = '{"deadLetterTargetArn": "' + ARN.format("sqs", "dead") + '", "maxReceiveCount": 2}'
    resources = {"SQS": [{"QueueName": "jobs", "Attributes": {"RedrivePolicy": policy}}, {"QueueName": "dead"}]}
    invoke = {"on_failure": {"arn": ARN.format("sqs", "dead")}, "on_success": {"function": "other"}}
    assert edges({"work": {"event_invoke": invoke}, "other": {}}, resources) == {
        ("jobs", "dead", "dead letters"),
        ("work", "dead", "on failure"),
        ("work", "other", "on success"),
    }


def test_routes_of_two_apis_and_schedules_of_two_functions_are_nodes_of_their_own() -> None:
    events = [{"type": "Schedule", "name": "Tick", "schedule": "rate(1 minute)"}]
    routes = [{"method": "GET", "path": "/a", "function": name, "api": name} for name in ("one", "two")]
    found = graph_of({"functions": {"one": {"events": events}, "two": {"events": events}}}, {"routes": routes}, {})
    assert [id_.kind for id_ in found.nodes].count(ROUTE) == 2
    assert [id_.kind for id_ in found.nodes].count(SCHEDULE) == 2


def test_a_route_to_another_server() -> None:
    routes = [
        {"method": "ANY", "path": "/{proxy+}", "integration": {"type": "http_proxy", "uri": "http://other:80/"}},
        {"method": "GET", "path": "/mock", "integration": {"type": "mock"}},
    ]
    assert edges({}, {}, {"routes": routes}) == {("ANY /{proxy+}", "http://other:80/", "")}


def node(name: str, kind: str = FUNCTION) -> NodeId:
    return NodeId(kind, name)


def graph(*pairs: str) -> Graph:
    names = dict.fromkeys("".join(pairs))
    return Graph({node(name): name for name in names}, tuple(Edge(node(pair[0]), node(pair[1])) for pair in pairs))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (graph("ab", "bc"), {"a": 0, "b": 1, "c": 2}),
        (graph("ab", "ac", "bc"), {"a": 0, "b": 1, "c": 1}),
        (graph("ab", "ba"), {"a": 0, "b": 1}),
        (graph("aa", "ab"), {"a": 0, "b": 1}),
        (graph("ab", "bc", "cb", "cd"), {"a": 0, "b": 1, "c": 2, "d": 3}),
        (graph("bc", "ab"), {"a": 0, "b": 1, "c": 2}),
    ],
)
def test_a_node_stands_right_of_those_that_call_it(found: Graph, expected: dict[str, int]) -> None:
    assert {id_.name: column for id_, column in columns(found).items()} == expected


def test_a_chain_of_thousands_has_a_column_for_each() -> None:
    names = [f"f{number}" for number in range(2000)]
    nodes = {node(name): name for name in names}
    lines = [Edge(node(a), node(b)) for a, b in itertools.pairwise(names)]
    assert max(columns(Graph(nodes, tuple(lines))).values()) == 1999


def test_texts_are_escaped() -> None:
    strange = Graph({node('a"<b>#'): 'a"<b>#', node("c"): "c"}, (Edge(node('a"<b>#'), node("c"), "<x>"),))
    assert '    n0["a#quot;#lt;b#gt;#35;"]' in mermaid(strange)
    assert '-- "#lt;x#gt;" -->' in mermaid(strange)
    texts = [each.text for each in ElementTree.fromstring(svg(strange)).iter("{http://www.w3.org/2000/svg}text")]
    assert texts == ["<x>", 'a"<b>#', "function", "c", "function"]


def test_the_example(tmp_path: Path) -> None:
    template = ROOT / "examples/fulfilment/template.yaml"
    esb_at(tmp_path, ["build", "-t", str(template)], {})
    shown = esb_at(tmp_path, ["graph"], {})
    assert (shown.code, shown.err) == (0, "")
    lines = shown.out.splitlines()
    numbers = {line.split('"')[1]: line.split('"')[0].strip().rstrip("[](){}>/") for line in lines if '"' in line}
    assert lines[0] == "flowchart LR"
    for source, target in (
        ("POST /orders", "AcceptFunction"),
        ("every function", "fulfilment-OrdersQueue"),
        ("fulfilment-OrdersQueue", "ShipFunction"),
        ("every function", "ShipmentsTable"),
        ("fulfilment-ShippedTopic", "TellFunction"),
        ("fulfilment-shop", "CountFunction"),
    ):
        assert f"    {numbers[source]} --> {numbers[target]}" in lines
    picture = ElementTree.fromstring(esb_at(tmp_path, ["graph", ".esb", "--svg"], {}).out)
    titles = [each.text for each in picture.iter("{http://www.w3.org/2000/svg}title")]
    assert {"queue fulfilment-OrdersQueue", "function ShipFunction", "route POST /orders"} <= set(titles)


def test_without_a_build_it_says_what_to_do(esb: Esb, project: Path) -> None:
    result = esb("graph")
    assert (result.code, result.out) == (1, "")
    assert "esb build writes these files" in result.err
