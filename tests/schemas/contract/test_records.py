"""The records of the three files: true to the schemas, and written as the generator writes them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
import yaml

from esb_schemas import contract
from esb_schemas.documents.kinds import KINDS, Kind
from esb_schemas.event_sources.dynamodb import StreamMapping
from esb_schemas.event_sources.schedule import Schedule
from esb_schemas.json_schema.catalogue import schema
from esb_schemas.validation.loading import load, validate

TESTS: Final = Path(__file__).parents[2]
EVERYTHING: Final = TESTS / "schemas" / "valid"
GENERATED: Final = sorted(TESTS.glob("generator/cases/**/expected/**/config/*.yml"))

LOAD: Final[Mapping[Kind, Callable[[Mapping[str, Any]], Any]]] = {
    "functions": contract.load_functions,
    "routing": contract.load_routing,
    "resources": lambda document: {name: entries for name, entries in document.items() if name != "Version"},
}
DUMP: Final[Mapping[Kind, Callable[[Any], dict[str, Any]]]] = {
    "functions": contract.dump_functions,
    "routing": contract.dump_routing,
    "resources": contract.dump_resources,
}


class Described(NamedTuple):
    """A record and the part of a schema that describes it; `missing` keys of the part are not fields of the record."""

    record: type[Any]
    kind: Kind
    place: tuple[str, ...]
    missing: tuple[str, ...] = ()

    def part(self) -> dict[str, Any]:
        """The part of the schema."""
        found = schema(self.kind)
        for step in self.place:
            found = found[step]
        return resolved(self.kind, found)


def resolved(kind: Kind, part: dict[str, Any]) -> dict[str, Any]:
    """A part with what it refers to."""
    if "$ref" not in part:
        return part
    return {**resolved(kind, schema(kind)["$defs"][part["$ref"].removeprefix("#/$defs/")]), **part}


def defined(record: type[Any], kind: Kind, name: str, missing: tuple[str, ...] = ()) -> Described:
    """A record that a definition describes."""
    return Described(record, kind, ("$defs", name), missing)


OF_CALL = ("subtype", "request_parameters", "response_parameters")
OF_ROUTE: Final = contract.RouteAuth._fields
RECORDS: Final = [
    Described(contract.Stack, "functions", ("properties", "stack")),
    Described(contract.FunctionDefaults, "functions", ("properties", "defaults")),
    Described(contract.Functions, "functions", (), ("Version",)),
    Described(contract.FunctionUrl, "functions", ("$defs", "function", "properties", "url")),
    Described(contract.ImageConfig, "functions", ("$defs", "function", "properties", "image")),
    Described(contract.EventInvoke, "functions", ("$defs", "function", "properties", "event_invoke")),
    defined(contract.Function, "functions", "function"),
    defined(contract.Scaling, "functions", "scaling"),
    defined(contract.Destination, "functions", "destination"),
    defined(contract.Cors, "functions", "cors"),
    defined(contract.Cors, "routing", "cors"),
    defined(Schedule, "functions", "schedule"),
    defined(StreamMapping, "functions", "dynamodb"),
    defined(contract.TargetSchedule, "functions", "target_schedule"),
    Described(contract.ScheduleTarget, "functions", ("$defs", "target_schedule", "properties", "target")),
    Described(contract.Routing, "routing", (), ("Version",)),
    defined(contract.Api, "routing", "api"),
    defined(contract.Authorizer, "routing", "authorizer"),
    defined(contract.ApiKey, "routing", "api_key"),
    defined(contract.UsagePlan, "routing", "usage_plan"),
    defined(contract.PlannedApi, "routing", "planned_api"),
    defined(contract.Throttle, "routing", "throttle"),
    defined(contract.Quota, "routing", "quota"),
    defined(contract.Route, "routing", "route", OF_ROUTE),
    defined(contract.Mock, "routing", "integration", ("uri", "method", *OF_CALL)),
    defined(contract.HttpProxy, "routing", "integration", ("status", "body", *OF_CALL)),
    defined(contract.ServiceCall, "routing", "integration", ("status", "headers", "body", "uri", "method")),
]


@pytest.mark.parametrize("described", RECORDS, ids=lambda each: f"{each.record.__name__}-{each.kind}")
def test_a_record_has_the_keys_of_the_schema(described: Described) -> None:
    fields = {*described.record._fields, *described.missing} - {"auth"}
    assert fields == described.part()["properties"].keys()


@pytest.mark.parametrize("described", RECORDS, ids=lambda each: f"{each.record.__name__}-{each.kind}")
def test_a_record_has_the_defaults_that_the_schema_shows(described: Described) -> None:
    defaults = {**described.record._field_defaults, **contract.FunctionSettings()._asdict()}
    for key, part in described.part()["properties"].items():
        value = resolved(described.kind, part)
        if "default" in value and key not in described.missing:
            assert defaults[key] == value["default"], key


def test_a_route_has_the_keys_of_its_auth_in_the_file() -> None:
    route = schema("routing")["$defs"]["route"]["properties"]
    assert {*contract.RouteAuth._fields, *contract.Route._fields} - {"auth"} == route.keys()
    assert route["authorization"]["default"] == contract.OPEN.authorization


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_says_what_was_read(kind: Kind) -> None:
    value = LOAD[kind](load(kind, EVERYTHING / f"{kind}.yml"))
    written = DUMP[kind](value)
    validate(kind, written)
    assert LOAD[kind](written) == value


@pytest.mark.parametrize("path", GENERATED, ids=lambda path: f"{path.parents[2].name}-{path.stem}")
def test_what_the_generator_wrote_is_written_again_as_it_is(path: Path) -> None:
    kind: Kind = next(each for each in KINDS if each == path.stem)
    document = yaml.safe_load(path.read_text("utf-8"))
    assert json.dumps(DUMP[kind](LOAD[kind](document))) == json.dumps(document)


def test_there_are_generated_documents() -> None:
    assert GENERATED
