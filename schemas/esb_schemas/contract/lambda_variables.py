"""The environment variables that Lambda sets for a function, as far as functions.yml decides them.

Names and values: "Defined runtime environment variables" in the AWS Lambda Developer Guide; AWS_LAMBDA_LOG_FORMAT and
the two variables with an underscore are not in it, but AWS sets them. AWS_SESSION_TOKEN is missing: a server that
checks signatures, such as SeaweedFS or MinIO, refuses a token that it did not issue.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

_XRAY_HOST: Final = "127.0.0.1"  # nothing listens there, so the SDK's datagrams are lost without an error
_XRAY_PORT: Final = "2000"

# A function's own variables may replace these.
DEFAULT_VARIABLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "AWS_EC2_METADATA_DISABLED": "true",  # SDKs do not ask the machine for credentials
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": f"{_XRAY_HOST}:{_XRAY_PORT}",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
    }
)


class FunctionDescription(NamedTuple):
    """The part of a function that the reserved variables show: `memory_size` in MB; an image has no `runtime`.

    `provisioned`: it has provisioned concurrency. `published`: it runs as version 1.
    """

    name: str
    region: str
    runtime: str | None
    memory_size: int
    log_format: str
    provisioned: bool
    published: bool


def version_of(*, published: bool) -> str:
    """The version that a function runs as: `1` if it is published, the only version that a stack can have."""
    return "1" if published else "$LATEST"


def reserved_variables(function: FunctionDescription) -> dict[str, str]:
    """The variables that a function cannot replace."""
    name, region, runtime = function.name, function.region, function.runtime
    # AWS leaves it undefined for runtimes that bring their own client.
    execution = {} if not runtime or runtime.startswith("provided") else {"AWS_EXECUTION_ENV": f"AWS_Lambda_{runtime}"}
    return {
        **execution,
        "AWS_DEFAULT_REGION": region,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": version_of(published=function.published),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "provisioned-concurrency" if function.provisioned else "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": function.log_format,
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
        "AWS_REGION": region,
        "_AWS_XRAY_DAEMON_ADDRESS": _XRAY_HOST,
        "_AWS_XRAY_DAEMON_PORT": _XRAY_PORT,
    }
