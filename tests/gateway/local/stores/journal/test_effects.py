"""What a request does to what earlier requests did."""

from __future__ import annotations

import json
from typing import Any

import pytest

from esb_gateway.local.stores.journal.effects import ChangeEffect, Kind, effect_of

SIGNED = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-west-1/{}/aws4_request, SignedHeaders=host, "
BUCKET = ("s3", "files")
OBJECT = ("s3", "files", "object", "a/b")
UPLOAD = ("s3", "files", "upload", "U1")
TABLE = ("dynamodb", "eu-west-1", "orders")
ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders"
ALL_TABLES = ChangeEffect(Kind.KEEP_ALL, (("dynamodb",),))
ALL_OBJECTS = ChangeEffect(Kind.KEEP_ALL, (("s3",),))


def dynamodb(
    operation: str, content: Any, authorization: str = SIGNED.format("dynamodb"), **headers: str
) -> ChangeEffect:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    target = f"DynamoDB_20120810.{operation}"
    variables = {"HTTP_X_AMZ_TARGET": target, "HTTP_AUTHORIZATION": authorization, **headers}
    return effect_of("dynamodb", variables, body, None)


@pytest.mark.parametrize(
    ("operation", "content", "effect"),
    [
        ("PutItem", {"TableName": "orders", "Item": {}}, ChangeEffect(Kind.ITEMS, (("dynamodb",),))),
        ("TransactWriteItems", {}, ChangeEffect(Kind.ITEMS, (("dynamodb",),))),
        ("ExecuteStatement", {"Statement": "DELETE FROM orders"}, ChangeEffect(Kind.ITEMS, (("dynamodb",),))),
        ("CreateTable", {"TableName": "orders"}, ChangeEffect(Kind.ADD, (TABLE,))),
        ("UpdateTable", {"TableName": ARN}, ChangeEffect(Kind.ADD, (TABLE,))),
        ("TagResource", {"ResourceArn": f"{ARN}/index/i"}, ChangeEffect(Kind.ADD, (TABLE,))),
        ("DeleteTable", {"TableName": "orders"}, ChangeEffect(Kind.END_TABLE, (TABLE,))),
        (
            "CreateTable",
            {"TableName": "orders", "StreamSpecification": {"StreamEnabled": False}},
            ChangeEffect(Kind.ADD, (TABLE,)),
        ),
        ("CreateTable", {"TableName": "orders", "StreamSpecification": {"StreamEnabled": True}}, ALL_TABLES),
        ("CreateBackup", {"TableName": "orders"}, ALL_TABLES),
        ("RestoreTableFromBackup", {"TargetTableName": "orders"}, ALL_TABLES),
        ("UpdateTable", b"\x1f\x8b", ALL_TABLES),
        ("UpdateTable", [], ALL_TABLES),
        ("UpdateTable", {}, ALL_TABLES),
    ],
)
def test_the_effect_of_a_request_to_dynamodb(operation: str, content: Any, effect: ChangeEffect) -> None:
    assert dynamodb(operation, content) == effect


def test_without_a_region_or_with_another_account_nothing_is_known() -> None:
    assert dynamodb("PutItem", {}, authorization="") == ALL_TABLES
    assert dynamodb("PutItem", {}, HTTP_X_MOTO_ACCOUNT_ID="1") == ALL_TABLES


DELETE = b'<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Object><Key>a/b</Key></Object>%s</Delete>'


@pytest.mark.parametrize(
    ("request_line", "headers", "effect"),
    [
        ("PUT /files/a/b", {}, ChangeEffect(Kind.REPLACE, (OBJECT,))),
        ("PUT /files/a/b?x-id=PutObject&X-Amz-Signature=0", {}, ChangeEffect(Kind.REPLACE, (OBJECT,))),
        ("PUT /files/a/b", {"IF_NONE_MATCH": "*"}, ChangeEffect(Kind.ADD, (OBJECT,))),
        ("PUT /files/a/b", {"IF_MATCH": "tag"}, ChangeEffect(Kind.ADD, (OBJECT,))),
        (
            "PUT /files/a/b",
            {"X_AMZ_COPY_SOURCE": "/other/x%20y?versionId=1"},
            ChangeEffect(Kind.ADD, (OBJECT,), ("s3", "other", "object", "x y")),
        ),
        ("PUT /files/a/b?tagging", {}, ChangeEffect(Kind.ADD, (OBJECT,))),
        ("PUT /files/a/b?acl=", {}, ChangeEffect(Kind.ADD, (OBJECT,))),
        ("DELETE /files/a/b?tagging", {}, ChangeEffect(Kind.ADD, (OBJECT,))),
        ("DELETE /files/a/b", {}, ChangeEffect(Kind.END, (OBJECT,))),
        ("DELETE /files/a/b", {"IF_MATCH": "tag"}, ChangeEffect(Kind.ADD, (OBJECT,))),
        ("DELETE /files/a/b?versionId=1", {}, ChangeEffect(Kind.ADD, (OBJECT,))),
        ("POST /files/a/b?uploads", {}, ChangeEffect(Kind.ADD, (UPLOAD,))),
        ("PUT /files/a/b?partNumber=1&uploadId=U1", {}, ChangeEffect(Kind.ADD, (UPLOAD,))),
        (
            "PUT /files/a/b?partNumber=1&uploadId=U1",
            {"X_AMZ_COPY_SOURCE": "files/a/b"},
            ChangeEffect(Kind.ADD, (UPLOAD,), OBJECT),
        ),
        ("POST /files/a/b?uploadId=U1", {}, ChangeEffect(Kind.REPLACE, (OBJECT,), absorbed=UPLOAD)),
        ("DELETE /files/a/b?uploadId=U1", {}, ChangeEffect(Kind.END, (UPLOAD,))),
        ("POST /files/a/b?restore", {}, ChangeEffect(Kind.KEEP_ALL, (BUCKET,))),
        ("PUT /files", {}, ChangeEffect(Kind.ADD, (BUCKET,))),
        ("PUT /files/", {"X_AMZ_BUCKET_OBJECT_LOCK_ENABLED": "True"}, ChangeEffect(Kind.KEEP_ALL, (BUCKET,))),
        ("PUT /files?lifecycle", {}, ChangeEffect(Kind.ADD, (BUCKET,))),
        ("PUT /files?versioning", {}, ChangeEffect(Kind.KEEP_ALL, (BUCKET,))),
        ("DELETE /files", {}, ChangeEffect(Kind.END_ALL, (BUCKET,))),
        ("DELETE /files?policy", {}, ChangeEffect(Kind.ADD, (BUCKET,))),
        ("POST /files", {}, ChangeEffect(Kind.KEEP_ALL, (BUCKET,))),
        ("PUT /files//a/b", {}, ALL_OBJECTS),
        ("PUT /", {}, ALL_OBJECTS),
        ("PUT /a/b", {"HOST": "files.s3.localhost:1"}, ALL_OBJECTS),
        ("PUT /files/a/b", {"HOST": "localhost"}, ChangeEffect(Kind.REPLACE, (OBJECT,))),
    ],
)
def test_the_effect_of_a_request_to_s3(request_line: str, headers: dict[str, str], effect: ChangeEffect) -> None:
    method, _, target = request_line.partition(" ")
    path, _, query = target.partition("?")
    variables = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "HTTP_HOST": "127.0.0.1:1"}
    variables |= {f"HTTP_{name}": value for name, value in headers.items()}
    assert effect_of("s3", variables, b"", "U1" if query == "uploads" else None) == effect


@pytest.mark.parametrize(
    ("more", "effect"),
    [
        (b"", ChangeEffect(Kind.END, (OBJECT,))),
        (b"<Object><Key>c</Key></Object>", ChangeEffect(Kind.END, (OBJECT, ("s3", "files", "object", "c")))),
        (b"<Object><Key>c</Key><VersionId>1</VersionId></Object>", ChangeEffect(Kind.KEEP_ALL, (BUCKET,))),
        (b"<Object>", ChangeEffect(Kind.KEEP_ALL, (BUCKET,))),
    ],
)
def test_objects_that_are_deleted_together(more: bytes, effect: ChangeEffect) -> None:
    variables = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/files",
        "QUERY_STRING": "delete",
        "HTTP_HOST": "127.0.0.1",
    }
    assert effect_of("s3", variables, DELETE % more, None) == effect


def test_another_service_is_not_known() -> None:
    assert effect_of("kms", {}, b"", None) == ChangeEffect(Kind.KEEP_ALL, (("kms",),))
