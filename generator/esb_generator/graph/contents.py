"""Nodes and edges of an application: routes and sources -> functions -> tables, buckets, queues, topics, buses.

They come from the three files of the contract. A function uses the resources that its environment names: by name, by
ARN or by the URL of a queue. A variable that every function has, as from `Globals`, does not show which function uses
it: it is one edge, from the node EVERY_FUNCTION.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from esb_schemas.sections import SECTIONS
from esb_schemas.sections import eventbridge_connections as connections
from esb_schemas.sections.eventbridge import DEFAULT_BUS, api_destination_of

Document: TypeAlias = Mapping[str, Any]

# Kinds of nodes without a section of resources.yml.
ROUTE, SCHEDULE, FUNCTION, ENDPOINT = "route", "schedule", "function", "endpoint"
EVERY_FUNCTION: Final = "every function"
_FEW: Final = 2  # the maximum number of functions with their own edges
_OF_ARN: Final = {
    "dynamodb": "DynamoDB",
    "events": "EventBridge",
    "lambda": FUNCTION,
    "s3": "S3",
    "sns": "SNS",
    "sqs": "SQS",
}
_LABELS: Final = {"deadLetterTargetArn": "dead letters", "DeadLetterConfig": "dead letters"}


class NodeId(NamedTuple):
    kind: str
    name: str


class Edge(NamedTuple):
    source: NodeId
    target: NodeId
    label: str = ""


class Graph(NamedTuple):
    """Nodes in the order of the files, each with its text; edges without repetition."""

    nodes: Mapping[NodeId, str]
    edges: tuple[Edge, ...]


def graph_of(functions: Document, routing: Document, resources: Document) -> Graph:
    """The graph of valid documents."""
    found = _Finder(functions, resources)
    edges = dict.fromkeys((*found.of_routes(routing), *found.of_functions(), *found.of_resources()))
    return Graph(found.nodes, tuple(edges))


class _Finder:
    def __init__(self, functions: Document, resources: Document) -> None:
        self._functions: Mapping[str, Document] = functions.get("functions") or {}
        self._schedules = functions.get("schedules") or ()
        self._entries = {
            NodeId(row.name, entry[row.identity]): entry
            for row in SECTIONS.values()
            if row.name != connections.NAME
            for entry in resources.get(row.name) or ()
        }
        ids = [NodeId(FUNCTION, name) for name in self._functions] + list(self._entries)
        self.nodes = {id_: id_.name for id_ in ids}
        for connection in resources.get(connections.NAME) or ():
            for each in connection.get(connections.DESTINATIONS, ()):
                self.nodes[NodeId(ENDPOINT, each["Name"])] = each["InvocationEndpoint"]

    def of_routes(self, routing: Document) -> Iterator[Edge]:
        for route in routing.get("routes") or ():
            id_ = self._node(ROUTE, f"{route['method']} {route['path']}", route.get("api", ""))
            if "function" in route:
                yield Edge(id_, NodeId(FUNCTION, route["function"]))
            elif uri := (route.get("integration") or {}).get("uri"):
                yield Edge(id_, self._node(ENDPOINT, str(uri)))
            elif "subtype" in (route.get("integration") or {}):
                yield from (Edge(id_, called) for called in self._called(route["integration"]["request_parameters"]))

    def of_functions(self) -> Iterator[Edge]:
        shared = self._shared_variables()
        for value in shared.values():
            for used in self._references(value):
                yield Edge(self._node(EVERY_FUNCTION, EVERY_FUNCTION), used)
        for name, function in self._functions.items():
            id_ = NodeId(FUNCTION, name)
            if "url" in function:
                yield Edge(self._node(ROUTE, "function URL", name), id_)
            for event in function.get("events") or ():
                yield from self._of_event(event, id_)
            for variable, value in _variables(function).items():
                if variable not in shared:
                    yield from (Edge(id_, used) for used in self._references(value))
            for condition, destination in (function.get("event_invoke") or {}).items():
                for target, _ in self._mentioned(destination, condition.replace("_", " ")):
                    yield Edge(id_, target, condition.replace("_", " "))
        for entry in self._schedules:
            schedule = self._node(SCHEDULE, entry["schedule"]["schedule"], entry["schedule"]["name"])
            for target, _ in self._mentioned(entry["target"], ""):
                yield Edge(schedule, target)

    def _called(self, parameters: Document) -> Iterator[NodeId]:
        """The queue or the bus of a route's service integration; none if it depends on the request."""
        name = parameters.get("QueueUrl") or parameters.get("EventBusName", DEFAULT_BUS)
        bus = NodeId("EventBridge", name)
        yield from [bus] if bus in self.nodes else self._references(name)

    def _shared_variables(self) -> dict[str, str]:
        """The variables that every function has with the same value."""
        first, *others = map(_variables, self._functions.values()) if len(self._functions) > _FEW else ({},)
        return {name: value for name, value in first.items() if all(each.get(name) == value for each in others)}

    def of_resources(self) -> Iterator[Edge]:
        for id_, entry in self._entries.items():
            for target, label in self._mentioned(entry, ""):
                if target != id_:
                    yield Edge(id_, target, label)

    def _of_event(self, event: Document, function: NodeId) -> Iterator[Edge]:
        if "schedule" in event:
            yield Edge(self._node(SCHEDULE, event["schedule"], f"{function.name} {event['name']}"), function)
        else:
            yield from (Edge(source, function) for source, _ in self._mentioned(event, ""))

    def _node(self, kind: str, text: str, of: str = "") -> NodeId:
        id_ = NodeId(kind, f"{text} {of}".strip())
        self.nodes.setdefault(id_, text)
        return id_

    def _mentioned(self, value: Any, label: str) -> Iterator[tuple[NodeId, str]]:
        """The nodes that ARNs in a value or in JSON text name, each with the label of its key."""
        if isinstance(value, Mapping):
            for key, each in value.items():
                function = NodeId(FUNCTION, str(each))
                if key == "function" and function in self.nodes:
                    yield function, label
                else:
                    yield from self._mentioned(each, _LABELS.get(key, label))
        elif isinstance(value, list | tuple):
            for each in value:
                yield from self._mentioned(each, label)
        elif isinstance(value, str):
            yield from ((id_, label) for id_ in self._references(value, names=False))
            if value.startswith("{"):
                try:
                    yield from self._mentioned(json.loads(value), label)
                except (ValueError, RecursionError):
                    return

    def _references(self, text: str, *, names: bool = True) -> Iterator[NodeId]:
        """The node that a text names: an ARN, the URL of a queue, or a name."""
        parts = text.split(":")
        if parts[0] == "arn" and len(parts) > 5:
            name = parts[6] if parts[2] == "lambda" and len(parts) > 6 else parts[5].rpartition("/")[2]
            if parts[2] == "dynamodb":
                name = parts[5].split("/")[1] if "/" in parts[5] else name
            elif parts[2] == "s3":
                name = parts[5].partition("/")[0]
            if (destination := api_destination_of(text)) is not None:
                wanted = [NodeId(ENDPOINT, destination)]
            else:
                wanted = [NodeId(_OF_ARN.get(parts[2], ""), name)]
        elif not names:
            wanted = []
        elif "://" in text:
            wanted = [NodeId("SQS", text.rpartition("/")[2])]
        else:
            wanted = [NodeId(kind, text) for kind in (*SECTIONS, FUNCTION)]
        yield from (id_ for id_ in wanted if id_ in self.nodes)


def _variables(function: Document) -> dict[str, str]:
    return {name: str(value) for name, value in (function.get("environment") or {}).items()}
