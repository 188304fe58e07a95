"""One change to a valid document, one sentence that says where, what is wrong, and how to fix it."""

from __future__ import annotations

import copy
import functools
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from esb_schemas.documents.kinds import KINDS, Kind
from esb_schemas.errors import ContractError, dotted
from esb_schemas.json_schema import schema_errors
from esb_schemas.json_schema.messages import MESSAGES
from esb_schemas.validation.loading import entry_problems, load, problems, validate
from esb_schemas.validation.rules import entries, rules
from tests.steps import steps_of

HERE: Final = Path(__file__).parent

WITHOUT: Final = object()


@dataclass(frozen=True)
class Change:
    """Put a value at a place, or take away what is there; `said` is the sentence after the file's name."""

    kind: Kind
    at: Sequence[str | int]
    to: object
    said: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.said}"


@functools.cache
def changes(kind: Kind) -> list[Change]:
    """The table of a kind."""
    entries = yaml.load((HERE / "refusals" / f"{kind}.yml").read_text("utf-8"), yaml.CSafeLoader)
    return [Change(kind, entry["at"], entry.get("to", WITHOUT), entry["said"]) for entry in entries]


@functools.cache
def loaded(kind: Kind) -> Any:
    return load(kind, HERE.parent / "valid" / f"{kind}.yml")


def document(kind: Kind) -> Any:
    """The valid document of a kind; the caller may change it."""
    return copy.deepcopy(loaded(kind))


def changed(change: Change) -> Any:
    """The document with one change; a list grows by the index after its last."""
    whole = here = document(change.kind)
    if not change.at:
        return change.to
    *outer, last = change.at
    for step in outer:
        here = here[step]
    if change.to is WITHOUT:
        del here[last]
    elif isinstance(here, list) and last == len(here):
        here.append(change.to)
    else:
        here[last] = change.to
    return whole


@pytest.mark.parametrize("change", [change for kind in KINDS for change in changes(kind)], ids=str)
def test_is_refused_in_one_sentence(change: Change) -> None:
    with pytest.raises(ContractError) as caught:
        validate(change.kind, changed(change), file="FILE")
    assert str(caught.value) == f"FILE: {change.said}"


@pytest.mark.parametrize("kind", KINDS)
def test_validating_changes_nothing(kind: Kind) -> None:
    valid = document(kind)
    before = copy.deepcopy(valid)
    validate(kind, valid)
    assert valid == before


def test_of_several_problems_the_first_of_the_document_is_said() -> None:
    resources = document("resources")
    resources["S3"][0]["BucketName"] = "No"
    resources["DynamoDB"][1]["TableName"] = "no good"
    resources["DynamoDB"][0]["Tags"][1]["Value"] = 5
    with pytest.raises(ContractError, match=r"DynamoDB\[0\]\.Tags\[1\]\.Value: must be text"):
        validate("resources", resources)


def test_a_misspelt_key_explains_the_missing_one() -> None:
    resources = document("resources")
    resources["DynamoDB"][0]["Keyschema"] = resources["DynamoDB"][0].pop("KeySchema")
    with pytest.raises(ContractError, match=r"DynamoDB\[0\]\.Keyschema: unknown key; did you mean 'KeySchema'\?"):
        validate("resources", resources)


@pytest.mark.parametrize("kind", KINDS)
def test_every_rule_has_a_change_that_breaks_it(kind: Kind) -> None:
    well_shaped = [each for each in map(changed, changes(kind)) if schema_errors.first_problem(kind, each) is None]
    for place, checks in rules(kind).items():
        for check in checks:
            found = [each for each in well_shaped for _, entry in entries(each, place) if list(check(entry))]
            assert found, check.__doc__


def test_every_keyword_has_a_change_that_breaks_it() -> None:
    broken = {
        str(error.validator)
        for kind in KINDS
        for change in changes(kind)
        for error in schema_errors.validator(kind).iter_errors(changed(change))
    }
    assert MESSAGES.keys() <= broken


def test_all_problems_of_a_valid_shape_are_found() -> None:
    resources = {"S3": [{"BucketName": "xn--a"}, {"BucketName": "a..b"}]}
    assert [problem.path for problem in problems("resources", resources)] == [
        ("S3", 0, "BucketName"),
        ("S3", 1, "BucketName"),
    ]


def test_the_rules_of_an_entry_hold_as_far_as_it_can_be_read() -> None:
    key = {"AttributeName": "id", "KeyType": "RANGE"}
    entry = {"KeySchema": [key], "ProvisionedThroughput": {}, "BillingMode": "PAY_PER_REQUEST"}
    assert [dotted(problem.path) for problem in entry_problems("DynamoDB", entry)] == [
        "KeySchema[0].KeyType",
        "ProvisionedThroughput",
    ]


def test_import_is_cheap() -> None:
    """Almost every command imports this module, and jsonschema takes a tenth of a second."""
    program = "import sys, esb_schemas.validation.loading; print({'jsonschema'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout == "set()\n"


def test_without_a_file_the_kind_names_it() -> None:
    with pytest.raises(ContractError, match=r"^routing\.yml: the key 'routes' is missing$"):
        validate("routing", {})


def test_the_work_follows_the_number_of_functions() -> None:
    function = {
        "handler": "app.handler",
        "runtime": "python3.12",
        "code": "functions/it/code",
        "timeout": 10,
        "environment": {"TABLE": "orders", "BUCKET": "receipts"},
        "scaling": {"min_capacity": 0, "max_capacity": 4},
    }

    def steps(count: int) -> int:
        functions = {f"function-{number}": function for number in range(count)}
        return steps_of(lambda: validate("functions", {"functions": functions}))

    steps(1)  # loads the schema
    assert steps(800) < 6 * steps(200)
