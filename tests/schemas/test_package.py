"""The package as others see it."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

import esb_schemas
from esb_schemas import ContractError
from esb_schemas.errors import dotted


def test_import_is_cheap() -> None:
    """Every command imports this package, and jsonschema takes a tenth of a second."""
    program = "import sys, esb_schemas; print({'jsonschema'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout == "set()\n"


def test_kinds() -> None:
    assert esb_schemas.KINDS == ("resources", "functions", "routing")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("DynamoDB", 0, "KeySchema", 1, "KeyType"), "DynamoDB[0].KeySchema[1].KeyType"),
        (("functions", "create-order", "timeout"), "functions.create-order.timeout"),
        (("functions", "a.b", "timeout"), "functions['a.b'].timeout"),
        (("functions", "2nd"), "functions['2nd']"),
    ],
)
def test_dotted(path: tuple[str | int, ...], text: str) -> None:
    assert dotted(path) == text


def test_an_error_has_its_parts() -> None:
    with pytest.raises(ContractError) as caught:
        esb_schemas.validate("resources", {"S3": [{"BucketName": 5}]}, file="config/resources.yml")
    error = caught.value
    assert (error.file, error.path) == ("config/resources.yml", "S3[0].BucketName")
    assert str(error) == f"{error.file}: {error.path}: {error.problem}"


def test_without_a_file_the_kind_names_it() -> None:
    with pytest.raises(ContractError, match=r"^routing\.yml: the key 'routes' is missing$"):
        esb_schemas.validate("routing", {})


def test_many_functions_are_quick() -> None:
    function = {
        "handler": "app.handler",
        "runtime": "python3.12",
        "code": "functions/it/code",
        "timeout": 10,
        "environment": {"TABLE": "orders", "BUCKET": "receipts"},
        "scaling": {"min_capacity": 0, "max_capacity": 4},
    }
    begin = time.process_time()
    esb_schemas.validate("functions", {"functions": {f"function-{number}": function for number in range(2000)}})
    assert time.process_time() - begin < 3
