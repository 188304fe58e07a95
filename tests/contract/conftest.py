"""Documents that the schema of resources.yml accepts, for hypothesis to choose from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import cycle
from typing import Any, Final

import pytest
from hypothesis import strategies as st

from esb_schemas.json_schema import catalogue

Draw = Callable[[st.DataObject], dict[str, Any]]

DEFINED: Final[Mapping[str, Any]] = catalogue.schema("resources")["$defs"]

# Parts of which most values of the right form mean nothing.
MEANT: Final[Mapping[str, Any]] = {
    "date": {"enum": ["2026-01-01", "2030-12-31"]},
    "notification_events": {"enum": [["s3:ObjectCreated:*"], ["s3:ObjectRemoved:Delete", "s3:ObjectCreated:Put"]]},
}
ANNOTATIONS: Final = frozenset({"default", "description", "examples"})


@pytest.fixture(scope="session")
def any_table() -> Draw:
    """Draws an entry of `DynamoDB`."""
    strategy = any_of("table").map(meant)
    return lambda data: data.draw(strategy)


@pytest.fixture(scope="session")
def any_bucket() -> Draw:
    """Draws an entry of `S3`; some have a right shape and no meaning."""
    strategy = any_of("bucket")
    return lambda data: data.draw(strategy)


def any_of(name: str) -> st.SearchStrategy[Any]:
    """Values that the schema accepts for one of its definitions."""
    from hypothesis_jsonschema import from_schema  # noqa: PLC0415 - hypothesis forbids its import in a conftest

    return from_schema(generated(DEFINED[name]))


def generated(schema: Any) -> Any:
    """A schema as hypothesis-jsonschema reads it: in the words of draft 7, without references.

    Texts are of printable characters, without spaces, which moto takes away at both ends of a tag; ARNs are the
    examples (their region must be the bucket's), lists are short, and numbers are numbers, as the provisioner makes
    them of their text.
    """
    match schema:
        case {"$ref": str(reference)}:
            name = reference.removeprefix("#/$defs/")
            return MEANT.get(name) or generated(DEFINED[name])
        case {"type": ["integer", "string"]}:
            return {"type": "integer", "minimum": schema["minimum"], "maximum": schema.get("maximum", 4000)}
        case {"type": "string", "pattern": str(pattern)} if pattern.startswith("^arn:"):
            return {"enum": schema["examples"]}
        case {"type": "string"} if "enum" not in schema and "pattern" not in schema:
            least, most = schema.get("minLength", 0), min(schema.get("maxLength", 20), 20)
            return {"type": "string", "pattern": rf"^[A-Za-z0-9_/=.:+@-]{{{least},{most}}}\Z"}
        case {"type": "array"}:
            least = schema.get("minItems", 0)
            short = {**schema, "maxItems": min(schema.get("maxItems", least + 2), least + 2)}
            return {key: generated(value) for key, value in short.items() if key not in ANNOTATIONS}
        case Mapping():
            kept = {key: value for key, value in schema.items() if key not in ANNOTATIONS}
            if "properties" in schema:
                kept["properties"] = {key: generated(value) for key, value in schema["properties"].items()}
            if "dependentSchemas" in schema:
                kept["dependencies"] = kept.pop("dependentSchemas")
            return kept
        case _:
            return schema


def meant(table: dict[str, Any]) -> dict[str, Any]:
    """The table with keys, definitions and throughput that fit together, all else as it was."""
    table = with_own_keys(table)
    billed = [table, *table.get("GlobalSecondaryIndexes", ())]
    for entry in billed:
        if table.get("BillingMode") == "PAY_PER_REQUEST":
            entry.pop("ProvisionedThroughput", None)
        else:
            entry.pop("OnDemandThroughput", None)
            entry.setdefault("ProvisionedThroughput", {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1})
    types = [definition["AttributeType"] for definition in table["AttributeDefinitions"]]
    keyed = [*billed, *table.get("LocalSecondaryIndexes", ())]
    names = dict.fromkeys(each["AttributeName"] for entry in keyed for each in entry["KeySchema"])
    definitions = [
        {"AttributeName": name, "AttributeType": each} for name, each in zip(names, cycle(types), strict=False)
    ]
    return {**table, "AttributeDefinitions": definitions}


def with_own_keys(table: dict[str, Any]) -> dict[str, Any]:
    """The table with keys of HASH and perhaps RANGE, whose attributes have names of their own."""
    table = {**table, "KeySchema": key(table, "")}
    partition_key, *sort_key = table["KeySchema"]
    for index, entry in enumerate(table.get("GlobalSecondaryIndexes", ())):
        entry.update(IndexName=f"global{index}-{entry['IndexName']}"[:255], KeySchema=key(entry, f"global{index}"))
    for index, entry in enumerate(table.get("LocalSecondaryIndexes", ())):
        own = {"AttributeName": f"local{index}", "KeyType": "RANGE"}
        entry.update(IndexName=f"local{index}-{entry['IndexName']}"[:255], KeySchema=[partition_key, own])
    if not sort_key:
        table.pop("LocalSecondaryIndexes", None)
    return table


def key(entry: Mapping[str, Any], prefix: str) -> list[dict[str, str]]:
    """A key of as many attributes as an entry has, with names of its own."""
    names = [f"{prefix}{index}{each['AttributeName']}"[:255] for index, each in enumerate(entry["KeySchema"])]
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"), strict=False)]
