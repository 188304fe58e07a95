"""The page of operations is that of the code and of botocore's models."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from botocore.loaders import Loader

from esb_cloud.aws.shapes import ListOf, MapOf, Shape, Structure
from esb_cloud.pages.cloud_operations import reference
from esb_cloud.services import SERVICES
from esb_cloud.sqs import SERVICE as SQS

PAGE = Path(__file__).parents[3] / "docs/cloud-operations.md"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference(), "run nox -s docs"


def test_all_operations_of_sqs_are_served_with_all_their_parameters() -> None:
    model = Loader().load_service_model("sqs", "service-2")
    assert SQS.operations.keys() == model["operations"].keys()
    for name, operation in model["operations"].items():
        members = model["shapes"][operation["input"]["shape"]]["members"]
        assert SQS.operations[name].input.members.keys() == members.keys()
        output = operation.get("output")
        shown = {} if output is None else model["shapes"][output["shape"]]["members"]
        assert SQS.operations[name].output.members.keys() == shown.keys()


def test_no_service_has_an_operation_that_aws_has_not() -> None:
    for service in SERVICES:
        model = Loader().load_service_model(service.name, "service-2")
        assert service.operations.keys() <= model["operations"].keys()


def test_no_parameter_of_an_operation_is_passed_over() -> None:
    """A member that is not in a shape is ignored: each of AWS's has to be in it, to be served or refused."""
    missing = []
    for service in SERVICES:
        model = Loader().load_service_model(service.name, "service-2")
        for name, operation in service.operations.items():
            shape = model["operations"][name].get("input", {}).get("shape")
            if shape is not None:
                missing += [f"{name}.{path}" for path in _missing(model["shapes"], shape, operation.input)]
    assert missing == []


def _missing(shapes: Any, name: str, ours: Shape) -> Iterator[str]:
    shape = shapes[name]
    match ours:
        case Structure() if ours.members:
            for member, of in shape["members"].items():
                if member not in ours.members:
                    yield member
                else:
                    yield from (f"{member}.{path}" for path in _missing(shapes, of["shape"], ours.members[member]))
        case ListOf():
            yield from _missing(shapes, shape["member"]["shape"], ours.member)
        case MapOf():
            yield from _missing(shapes, shape["value"]["shape"], ours.value)
