"""What the environment may say."""

from __future__ import annotations

import pytest

from esb_provisioner.servers.settings import Credentials, UsageError, read
from esb_schemas.backends import backend

DYNAMODB, S3 = backend("dynamodb"), backend("s3")
KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "not-to-be-seen"}


def test_endpoints_region_and_keys_are_read_from_the_environment() -> None:
    settings = read({"S3_ENDPOINT": "http://s3-storage:9000/", **KEYS}, [S3], allow_aws=False)
    assert settings.endpoints == {"s3": "http://s3-storage:9000"}
    assert settings.region == "us-east-1"
    assert settings.credentials == Credentials("key", "not-to-be-seen")


def test_our_own_variable_counts_more_than_those_of_aws() -> None:
    environ = {"DYNAMODB_ENDPOINT": "http://a", "AWS_ENDPOINT_URL": "http://b", **KEYS}
    assert read(environ, [DYNAMODB, S3], allow_aws=False).endpoints == {"dynamodb": "http://a", "s3": "http://b"}


def test_a_secret_is_never_shown() -> None:
    settings = read({"S3_ENDPOINT": "http://s3-storage:9000", **KEYS}, [S3], allow_aws=False)
    assert "not-to-be-seen" not in repr(settings)


def test_nothing_is_needed_when_nothing_is_asked_for() -> None:
    assert read({}, [], allow_aws=False).endpoints == {}


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({}, "S3_ENDPOINT is not set, and ESB does not touch real AWS unless --allow-aws is given"),
        ({"S3_ENDPOINT": "https://s3.eu-west-1.amazonaws.com"}, "S3_ENDPOINT is real AWS"),
        ({"S3_ENDPOINT": "https://s3.eu-west-1.amazonaws.com.:443/"}, "S3_ENDPOINT is real AWS"),
        ({"S3_ENDPOINT": "https://s3.eu-west-1.api.aws"}, "S3_ENDPOINT is real AWS"),
        ({"S3_ENDPOINT": "https://s3.eusc-de-east-1.amazonaws.eu"}, "S3_ENDPOINT is real AWS"),
        ({"S3_ENDPOINT": "s3-storage:9000"}, "S3_ENDPOINT is not a URL such as http://database:8000"),
        ({"S3_ENDPOINT": "http://s3-storage:99999"}, "S3_ENDPOINT is not a URL"),
        ({"S3_ENDPOINT": "http://me:pa55word@s3-storage:9000"}, "S3_ENDPOINT has credentials in it"),
    ],
)
def test_environments_that_are_refused(environ: dict[str, str], sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(environ | KEYS, [S3], allow_aws=False)
    assert str(caught.value).startswith(sentence)
    assert "pa55word" not in str(caught.value)


def test_a_server_of_the_stack_needs_credentials() -> None:
    with pytest.raises(UsageError, match="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"):
        read({"S3_ENDPOINT": "http://s3-storage:9000"}, [S3], allow_aws=False)


def test_real_aws_when_it_is_allowed() -> None:
    settings = read({}, [DYNAMODB], allow_aws=True)
    assert settings.endpoints == {}
    assert settings.credentials is None
    assert settings.address(DYNAMODB) == "DynamoDB at AWS (us-east-1)"
