"""Credentials of functions: derived from the stack's, verified without a list, and of no use for anything else."""

from __future__ import annotations

import re
import time

import boto3
import pytest
from botocore.config import Config

from esb_wire import function_credentials
from esb_wire.http.messages import Request, lower
from esb_wire.s3_signature import S3Verifier
from esb_wire.sigv4 import Credentials, SignatureError, Verifier, sign

STACK = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
NAMES = ["f", "create-order", "a" * 64, "Create_Order-2"]


def of_function(name: str, stack: Credentials = STACK) -> Credentials:
    key_id = function_credentials.access_key_id(name)
    return Credentials(key_id, function_credentials.secret_access_key(stack.secret_key, name))


def signed(credentials: Credentials, service: str = "lambda") -> Request:
    request = Request("POST", "/", "", (), {"host": "gateway:8080"}, b"{}", "")
    headers = tuple(sign(request, credentials, 1_700_000_000.0, service).items())
    return request._replace(lowered={"host": "gateway:8080", **lower(headers)})


def verify(request: Request, service: str = "lambda") -> None:
    Verifier(STACK, lambda: 1_700_000_000.0, service)(request)


@pytest.mark.parametrize("name", NAMES)
def test_a_function_is_known_by_its_key(name: str) -> None:
    key_id = function_credentials.access_key_id(name)
    assert re.fullmatch(r"[A-Za-z0-9]{16,128}|ESBF[A-Z0-9]{2,11}", key_id)  # all that DynamoDB Local takes
    assert function_credentials.function_of(key_id) == name
    verify(signed(of_function(name)))
    assert (
        function_credentials.user_arn(key_id, "1" * 12, "aws") == f"arn:aws:sts::{'1' * 12}:assumed-role/{name}/{name}"
    )
    assert function_credentials.user_id(key_id, "1" * 12) == f"{key_id}:{name}"


def test_the_stacks_own_key_is_no_functions() -> None:
    verify(signed(STACK))
    assert function_credentials.function_of(STACK.access_key) is None
    assert function_credentials.user_arn(STACK.access_key, "1" * 12, "aws-cn") == f"arn:aws-cn:iam::{'1' * 12}:root"
    assert function_credentials.user_id(STACK.access_key, "1" * 12) == "1" * 12


@pytest.mark.parametrize(
    "credentials",
    [
        Credentials(function_credentials.access_key_id("orders"), of_function("users").secret_key),
        Credentials(function_credentials.access_key_id("orders"), ""),
        of_function("orders", Credentials("AKIDEXAMPLE", "the secret of another stack")),
        Credentials(STACK.access_key, of_function("orders").secret_key),
        Credentials("ESBF", "x"),
        Credentials("ESBF1", "x"),
        Credentials("ESBFMZ", of_function("f").secret_key),  # another spelling of the base32 of "f"
    ],
)
def test_no_other_pair_is_accepted(credentials: Credentials) -> None:
    with pytest.raises(SignatureError):
        verify(signed(credentials))


def test_without_a_secret_of_the_stack_there_are_no_functions() -> None:
    """Else a gateway without credentials would accept what anybody can derive."""
    unset = Credentials("", "")
    with pytest.raises(SignatureError):
        Verifier(unset, lambda: 1_700_000_000.0)(signed(of_function("orders", unset)))


def test_no_secret_tells_another() -> None:
    secrets = {of_function(name).secret_key for name in NAMES}
    assert len(secrets) == len(NAMES)
    assert STACK.secret_key not in secrets


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_requests_and_presigned_urls_of_s3(version: str) -> None:
    pair = of_function("create-order")
    s3 = boto3.client(
        "s3",
        endpoint_url="http://localhost:9000",
        region_name="us-east-1",
        aws_access_key_id=pair.access_key,
        aws_secret_access_key=pair.secret_key,
        config=Config(retries={"total_max_attempts": 1}, signature_version=version),
    )
    url = s3.generate_presigned_url("get_object", {"Bucket": "media", "Key": "a"})
    path, _, query = url.removeprefix("http://localhost:9000").partition("?")
    request = Request("GET", path, query, (), {"host": "localhost:9000"}, b"", "")
    S3Verifier(STACK, time.time)(request)
    with pytest.raises(SignatureError):
        S3Verifier(Credentials("AKIDEXAMPLE", "another"), time.time)(request)
