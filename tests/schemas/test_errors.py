"""The error of the package, and places in documents."""

from __future__ import annotations

import pytest

from esb_schemas.errors import ContractError, dotted
from esb_schemas.validation.loading import validate


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
        validate("resources", {"S3": [{"BucketName": 5}]}, file="config/resources.yml")
    error = caught.value
    assert (error.file, error.path) == ("config/resources.yml", "S3[0].BucketName")
    assert str(error) == f"{error.file}: {error.path}: {error.problem}"
