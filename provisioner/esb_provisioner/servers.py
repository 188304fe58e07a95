"""The servers behind one function: a `Call` goes in, an answer or a `ServerError` comes out.

All of the AWS SDK is here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's name
    HTTPClientError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
)

from esb_provisioner.answers import Kind, ServerError, kind_of
from esb_provisioner.settings import Service, Settings
from esb_provisioner.steps import Call

THREADS: Final = 16
"""How many calls are under way at a time, and so how many connections are kept."""

COMMON: Final[Mapping[str, Any]] = {
    "max_pool_connections": THREADS,
    "s3": {"addressing_style": "path"},
    "user_agent_appid": "esb-provisioner",
}
# A database may take long to create a table: the answer is waited for, and a lost one is asked for again.
WORKING: Final = Config(connect_timeout=5, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 4})
# Somebody who waits for a server repeats the question anyway, and has a deadline.
PROBING: Final = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 1})

PROBES: Final[Mapping[Service, Call]] = {"dynamodb": Call("list_tables", {"Limit": 1}), "s3": Call("list_buckets", {})}

Method: TypeAlias = Callable[..., Any]


class Servers:
    """The clients of a run, one a service and shared by all threads. Calling it makes the call."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._session = boto3.Session()
        self._methods: dict[str, Method] = {}

    def connect(self, service: Service) -> Callable[[], object]:
        """Make the client of a service; nothing is sent. The result asks a first question, in a hurry."""
        self._methods |= METHODS[service](self._client(service, WORKING))
        hurried = METHODS[service](self._client(service, PROBING))
        return lambda: perform(hurried, PROBES[service])

    def __call__(self, call: Call) -> Mapping[str, Any]:
        """The answer. Raises ServerError."""
        return perform(self._methods, call)

    def _client(self, service: Service, config: Config) -> Any:
        endpoint, credentials = self._settings.endpoints.get(service), self._settings.credentials
        # A proxy of the environment is for the outside world, not for a server of the stack.
        direct = Config(proxies={}) if endpoint else Config()
        return self._session.client(
            service,
            region_name=self._settings.region,
            endpoint_url=endpoint,
            aws_access_key_id=credentials.access_key_id if credentials else None,
            aws_secret_access_key=credentials.secret_access_key if credentials else None,
            aws_session_token=credentials.session_token if credentials else None,
            config=Config(**COMMON).merge(config).merge(direct),
        )


def dynamodb_methods(client: Any) -> dict[str, Method]:
    """The DynamoDB calls that a provisioner makes."""
    return {
        "create_table": client.create_table,
        "describe_continuous_backups": client.describe_continuous_backups,
        "describe_table": client.describe_table,
        "describe_time_to_live": client.describe_time_to_live,
        "list_tables": client.list_tables,
        "list_tags_of_resource": client.list_tags_of_resource,
        "tag_resource": client.tag_resource,
        "update_continuous_backups": client.update_continuous_backups,
        "update_table": client.update_table,
        "update_time_to_live": client.update_time_to_live,
    }


def s3_methods(client: Any) -> dict[str, Method]:
    """The S3 calls that a provisioner makes. None of them deletes."""
    return {
        "create_bucket": client.create_bucket,
        "get_bucket_acl": client.get_bucket_acl,
        "get_bucket_cors": client.get_bucket_cors,
        "get_bucket_encryption": client.get_bucket_encryption,
        "get_bucket_lifecycle_configuration": client.get_bucket_lifecycle_configuration,
        "get_bucket_ownership_controls": client.get_bucket_ownership_controls,
        "get_bucket_tagging": client.get_bucket_tagging,
        "get_bucket_versioning": client.get_bucket_versioning,
        "get_public_access_block": client.get_public_access_block,
        "list_buckets": client.list_buckets,
        "put_bucket_acl": client.put_bucket_acl,
        "put_bucket_cors": client.put_bucket_cors,
        "put_bucket_encryption": client.put_bucket_encryption,
        "put_bucket_lifecycle_configuration": client.put_bucket_lifecycle_configuration,
        "put_bucket_ownership_controls": client.put_bucket_ownership_controls,
        "put_bucket_tagging": client.put_bucket_tagging,
        "put_bucket_versioning": client.put_bucket_versioning,
        "put_public_access_block": client.put_public_access_block,
    }


METHODS: Final[Mapping[Service, Callable[[Any], dict[str, Method]]]] = {"dynamodb": dynamodb_methods, "s3": s3_methods}


def perform(methods: Mapping[str, Method], call: Call) -> Mapping[str, Any]:
    """Make a call; every error becomes a ServerError."""
    try:
        answer: Mapping[str, Any] = methods[call.operation](**call.params)
    except ClientError as error:
        raise answered(call, error.response) from None
    except ParamValidationError as error:
        raise ServerError(Kind.FAILED, "ParamValidationError", str(error)) from None
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise ServerError(Kind.UNAUTHORIZED, type(error).__name__, str(error)) from None
    except (ConnectionError, HTTPClientError) as error:
        raise ServerError(Kind.UNREACHABLE, type(error).__name__, str(error)) from None
    except BotoCoreError as error:
        raise ServerError(Kind.FAILED, type(error).__name__, str(error)) from None
    return answer


def answered(call: Call, response: Mapping[str, Any]) -> ServerError:
    """An error that the server answered with."""
    details = response.get("Error", {})
    code, message = str(details.get("Code") or "no error code"), str(details.get("Message") or "")
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode") or 0)
    return ServerError(kind_of(call.operation, code, status, message), code, message)
