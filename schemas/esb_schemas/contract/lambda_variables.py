"""The environment variables that Lambda sets for a function, as far as functions.yml decides them.

Names and values: "Defined runtime environment variables" in the AWS Lambda Developer Guide; AWS_LAMBDA_LOG_FORMAT and
the two variables with an underscore are not in it, but AWS sets them. AWS_SESSION_TOKEN is missing: a server that
checks signatures, such as SeaweedFS or MinIO, refuses a token that it did not issue.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Protocol

_XRAY_HOST: Final = "127.0.0.1"  # nobody listens there, so the SDK's datagrams go nowhere, without an error
_XRAY_PORT: Final = "2000"

# A function's own variables may replace these.
DEFAULT_VARIABLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": f"{_XRAY_HOST}:{_XRAY_PORT}",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
    }
)


class Size(Protocol):
    """What the variables say of a function's slots; both `FunctionSettings` and the gateway's functions are one."""

    @property
    def memory_size(self) -> int:
        """MB of each."""

    @property
    def min_capacity(self) -> int:
        """How many are started before they are needed."""


def reserved_variables(name: str, runtime: str | None, region: str, log_format: str, size: Size) -> dict[str, str]:
    """The variables that a function cannot replace. An image has no `runtime`."""
    # AWS leaves it undefined for runtimes that bring their own client.
    execution = {} if not runtime or runtime.startswith("provided") else {"AWS_EXECUTION_ENV": f"AWS_Lambda_{runtime}"}
    return {
        **execution,
        "AWS_DEFAULT_REGION": region,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(size.memory_size),
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "provisioned-concurrency" if size.min_capacity else "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": log_format,
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
        "AWS_REGION": region,
        "_AWS_XRAY_DAEMON_ADDRESS": _XRAY_HOST,
        "_AWS_XRAY_DAEMON_PORT": _XRAY_PORT,
    }
