"""The embedded tables and buckets are emptied, whatever is in them, and stay; the request for it is signed."""

from __future__ import annotations

import io
import json
from typing import Any

import boto3
import moto
import pytest

from esb_gateway.local.stores.application import RESET, Stores
from esb_gateway.local.stores.contents import delete_contents
from esb_gateway.local.stores.request_check import Refusal

KEYS = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "eu-central-1"}


def test_items_objects_versions_and_uploads_go() -> None:
    with moto.mock_aws():
        tables, storage = boto3.client("dynamodb", **KEYS), boto3.client("s3", **KEYS)
        keys = [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}]
        attributes = [{"AttributeName": name, "AttributeType": "S"} for name in ("id", "at")]
        tables.create_table(
            TableName="t", KeySchema=keys, AttributeDefinitions=attributes, BillingMode="PAY_PER_REQUEST"
        )
        for at in "12":
            tables.put_item(TableName="t", Item={"id": {"S": "a"}, "at": {"S": at}})
        storage.create_bucket(Bucket="files", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        storage.put_bucket_versioning(Bucket="files", VersioningConfiguration={"Status": "Enabled"})
        for body in (b"1", b"2"):
            storage.put_object(Bucket="files", Key="kept", Body=body)
        storage.put_object(Bucket="files", Key="deleted", Body=b"")
        storage.delete_object(Bucket="files", Key="deleted")
        storage.create_multipart_upload(Bucket="files", Key="large")

        assert delete_contents() == {"items": 2, "objects": 2}

        assert tables.scan(TableName="t")["Count"] == 0
        listed = storage.list_object_versions(Bucket="files")
        assert "Versions" not in listed
        assert "DeleteMarkers" not in listed
        assert "Uploads" not in storage.list_multipart_uploads(Bucket="files")
        assert storage.get_bucket_versioning(Bucket="files")["Status"] == "Enabled"
        assert delete_contents() == {"items": 0, "objects": 0}
        tables.put_item(TableName="t", Item={"id": {"S": "a"}, "at": {"S": "3"}})
        assert tables.scan(TableName="t")["Count"] == 1


def ask(stores: Stores) -> tuple[str, bytes]:
    statuses: list[str] = []
    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": RESET, "wsgi.input": io.BytesIO()}
    body = b"".join(stores(environ, lambda status, _: statuses.append(status)))
    return statuses[0], body


def test_only_a_signed_request_to_a_tested_stack() -> None:
    def refuse(_environ: dict[str, Any], service: str, _body: bytes) -> Refusal:
        return "403 Forbidden", [], f"not signed for {service}".encode()

    assert ask(Stores(None, print, refuse, testing=True)) == ("403 Forbidden", b"not signed for dynamodb")
    status, body = ask(Stores(None, print, testing=True))
    assert (status, json.loads(body)) == ("200 OK", {"items": 0, "objects": 0})
    with pytest.raises(KeyError):  # moto gets it, and misses what a server adds
        ask(Stores(None, print))
