from __future__ import annotations

import json
import re
from pathlib import Path

import botocore
import pytest

from esb_schemas.partitions import PARTITIONS, arn_of, global_arn, partition_of, url_suffix_of

ROWS = json.loads((Path(botocore.__file__).parent / "data/partitions.json").read_text(encoding="utf-8"))["partitions"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_each_region_is_in_the_partition_that_botocore_has_it_in(row: dict[str, object]) -> None:
    regions = [name for name in row["regions"] if re.search(r"\d$", name)]  # type: ignore[attr-defined]
    assert {partition_of(name) for name in regions} <= {row["id"]}
    assert {url_suffix_of(name) for name in regions} <= {row["outputs"]["dnsSuffix"]}  # type: ignore[index]
    assert row["id"] in PARTITIONS


def test_an_arn_has_the_partition_of_its_region() -> None:
    assert arn_of("sqs", "us-gov-west-1", "1", "orders") == "arn:aws-us-gov:sqs:us-gov-west-1:1:orders"
    assert arn_of("sqs", "eu-central-1", "1", "orders") == "arn:aws:sqs:eu-central-1:1:orders"
    assert global_arn("iam", "cn-north-1", "1", "root") == "arn:aws-cn:iam::1:root"
    assert global_arn("s3", "cn-north-1", "", "files") == "arn:aws-cn:s3:::files"
