"""What a request does to what earlier requests did."""

from __future__ import annotations

import json
from typing import Any

import pytest

from esb_gateway.local.effects import Effect, Kind, effect_of

SIGNED = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-west-1/{}/aws4_request, SignedHeaders=host, "
BUCKET = ("s3", "files")
OBJECT = ("s3", "files", "object", "a/b")
UPLOAD = ("s3", "files", "upload", "U1")
TABLE = ("dynamodb", "eu-west-1", "orders")
ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders"
ALL_TABLES = Effect(Kind.KEEP_ALL, (("dynamodb",),))
ALL_OBJECTS = Effect(Kind.KEEP_ALL, (("s3",),))


def dynamodb(operation: str, content: Any, authorization: str = SIGNED.format("dynamodb"), **headers: str) -> Effect:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    target = f"DynamoDB_20120810.{operation}"
    variables = {"HTTP_X_AMZ_TARGET": target, "HTTP_AUTHORIZATION": authorization, **headers}
    return effect_of("dynamodb", variables, body, None)


@pytest.mark.parametrize(
    ("operation", "content", "effect"),
    [
        ("PutItem", {"TableName": "orders", "Item": {}}, Effect(Kind.ITEMS, (("dynamodb",),))),
        ("TransactWriteItems", {}, Effect(Kind.ITEMS, (("dynamodb",),))),
        ("ExecuteStatement", {"Statement": "DELETE FROM orders"}, Effect(Kind.ITEMS, (("dynamodb",),))),
        ("CreateTable", {"TableName": "orders"}, Effect(Kind.ADD, (TABLE,))),
        ("UpdateTable", {"TableName": ARN}, Effect(Kind.ADD, (TABLE,))),
        ("TagResource", {"ResourceArn": f"{ARN}/index/i"}, Effect(Kind.ADD, (TABLE,))),
        ("DeleteTable", {"TableName": "orders"}, Effect(Kind.END_TABLE, (TABLE,))),
        (
            "CreateTable",
            {"TableName": "orders", "StreamSpecification": {"StreamEnabled": False}},
            Effect(Kind.ADD, (TABLE,)),
        ),
        ("CreateTable", {"TableName": "orders", "StreamSpecification": {"StreamEnabled": True}}, ALL_TABLES),
        ("CreateBackup", {"TableName": "orders"}, ALL_TABLES),
        ("RestoreTableFromBackup", {"TargetTableName": "orders"}, ALL_TABLES),
        ("UpdateTable", b"\x1f\x8b", ALL_TABLES),
        ("UpdateTable", [], ALL_TABLES),
        ("UpdateTable", {}, ALL_TABLES),
    ],
)
def test_dynamodb(operation: str, content: Any, effect: Effect) -> None:
    assert dynamodb(operation, content) == effect


def test_without_a_region_or_with_another_account_nothing_is_known() -> None:
    assert dynamodb("PutItem", {}, authorization="") == ALL_TABLES
    assert dynamodb("PutItem", {}, HTTP_X_MOTO_ACCOUNT_ID="1") == ALL_TABLES


DELETE = b'<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Object><Key>a/b</Key></Object>%s</Delete>'


@pytest.mark.parametrize(
    ("request_line", "headers", "effect"),
    [
        ("PUT /files/a/b", {}, Effect(Kind.REPLACE, (OBJECT,))),
        ("PUT /files/a/b?x-id=PutObject&X-Amz-Signature=0", {}, Effect(Kind.REPLACE, (OBJECT,))),
        ("PUT /files/a/b", {"IF_NONE_MATCH": "*"}, Effect(Kind.ADD, (OBJECT,))),
        ("PUT /files/a/b", {"IF_MATCH": "tag"}, Effect(Kind.ADD, (OBJECT,))),
        (
            "PUT /files/a/b",
            {"X_AMZ_COPY_SOURCE": "/other/x%20y?versionId=1"},
            Effect(Kind.ADD, (OBJECT,), ("s3", "other", "object", "x y")),
        ),
        ("PUT /files/a/b?tagging", {}, Effect(Kind.ADD, (OBJECT,))),
        ("PUT /files/a/b?acl=", {}, Effect(Kind.ADD, (OBJECT,))),
        ("DELETE /files/a/b?tagging", {}, Effect(Kind.ADD, (OBJECT,))),
        ("DELETE /files/a/b", {}, Effect(Kind.END, (OBJECT,))),
        ("DELETE /files/a/b", {"IF_MATCH": "tag"}, Effect(Kind.ADD, (OBJECT,))),
        ("DELETE /files/a/b?versionId=1", {}, Effect(Kind.ADD, (OBJECT,))),
        ("POST /files/a/b?uploads", {}, Effect(Kind.ADD, (UPLOAD,))),
        ("PUT /files/a/b?partNumber=1&uploadId=U1", {}, Effect(Kind.ADD, (UPLOAD,))),
        (
            "PUT /files/a/b?partNumber=1&uploadId=U1",
            {"X_AMZ_COPY_SOURCE": "files/a/b"},
            Effect(Kind.ADD, (UPLOAD,), OBJECT),
        ),
        ("POST /files/a/b?uploadId=U1", {}, Effect(Kind.REPLACE, (OBJECT,), absorbed=UPLOAD)),
        ("DELETE /files/a/b?uploadId=U1", {}, Effect(Kind.END, (UPLOAD,))),
        ("POST /files/a/b?restore", {}, Effect(Kind.KEEP_ALL, (BUCKET,))),
        ("PUT /files", {}, Effect(Kind.ADD, (BUCKET,))),
        ("PUT /files/", {"X_AMZ_BUCKET_OBJECT_LOCK_ENABLED": "True"}, Effect(Kind.KEEP_ALL, (BUCKET,))),
        ("PUT /files?lifecycle", {}, Effect(Kind.ADD, (BUCKET,))),
        ("PUT /files?versioning", {}, Effect(Kind.KEEP_ALL, (BUCKET,))),
        ("DELETE /files", {}, Effect(Kind.END_ALL, (BUCKET,))),
        ("DELETE /files?policy", {}, Effect(Kind.ADD, (BUCKET,))),
        ("POST /files", {}, Effect(Kind.KEEP_ALL, (BUCKET,))),
        ("PUT /files//a/b", {}, ALL_OBJECTS),
        ("PUT /", {}, ALL_OBJECTS),
        ("PUT /a/b", {"HOST": "files.s3.localhost:1"}, ALL_OBJECTS),
        ("PUT /files/a/b", {"HOST": "localhost"}, Effect(Kind.REPLACE, (OBJECT,))),
    ],
)
def test_s3(request_line: str, headers: dict[str, str], effect: Effect) -> None:
    method, _, target = request_line.partition(" ")
    path, _, query = target.partition("?")
    variables = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "HTTP_HOST": "127.0.0.1:1"}
    variables |= {f"HTTP_{name}": value for name, value in headers.items()}
    assert effect_of("s3", variables, b"", "U1" if query == "uploads" else None) == effect


@pytest.mark.parametrize(
    ("more", "effect"),
    [
        (b"", Effect(Kind.END, (OBJECT,))),
        (b"<Object><Key>c</Key></Object>", Effect(Kind.END, (OBJECT, ("s3", "files", "object", "c")))),
        (b"<Object><Key>c</Key><VersionId>1</VersionId></Object>", Effect(Kind.KEEP_ALL, (BUCKET,))),
        (b"<Object>", Effect(Kind.KEEP_ALL, (BUCKET,))),
    ],
)
def test_objects_that_are_deleted_together(more: bytes, effect: Effect) -> None:
    variables = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/files",
        "QUERY_STRING": "delete",
        "HTTP_HOST": "127.0.0.1",
    }
    assert effect_of("s3", variables, DELETE % more, None) == effect


def test_another_service_is_not_known() -> None:
    assert effect_of("kms", {}, b"", None) == Effect(Kind.KEEP_ALL, (("kms",),))
