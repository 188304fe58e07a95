"""The page of operations is that of the code and of botocore's models."""

from __future__ import annotations

from pathlib import Path

from botocore.loaders import Loader

from esb_cloud.reference import page
from esb_cloud.services import SERVICES
from esb_cloud.sqs import SERVICE as SQS

PAGE = Path(__file__).parents[2] / "docs/cloud-operations.md"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run nox -s docs"


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
