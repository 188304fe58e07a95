"""The command, environment and folder that start a function as a process of this machine. Pure."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from esb_gateway.execution.processes import Command
from esb_gateway.invocation import Function

_START = Path(__file__).resolve().with_name("start_function.py")

# The variables of the gateway that a function inherits. It must not see the others: they may be secret.
INHERITED = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL")


@dataclass(frozen=True, slots=True)
class LaunchSettings:
    """Settings that the functions of a gateway share.

    `root` is the folder that holds config/. Of the parent's `environment` only `INHERITED` is used. `endpoints` are
    variables with the addresses of the embedded services (`AWS_ENDPOINT_URL_DYNAMODB`, ...), `dependencies` the folders
    of each function's installed requirements. In
    the values of a function's environment, the first URL of `moved_url` is replaced by the second.
    """

    root: Path
    python: str
    parent_pid: int
    region: str
    access_key_id: str
    secret_access_key: str
    environment: Mapping[str, str]
    endpoints: Mapping[str, str] = field(default_factory=dict)
    dependencies: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)
    moved_url: tuple[str, str] | None = None


def launch_command(function: Function, settings: LaunchSettings, *, port: int, log_stream: str) -> Command:
    """The command that runs one slot of the function with the Runtime API on the local `port`."""
    code = code_folder(function, settings.root)
    return Command(
        arguments=(settings.python, str(_START), str(settings.parent_pid), function.handler),
        environment=_environment(function, settings, code, port, log_stream),
        folder=code,
    )


def code_folder(function: Function, root: Path) -> Path:
    """The folder that is /var/task on AWS."""
    return (root / (function.code or f"functions/{function.name}")).resolve()


def layer_folders(function: Function, root: Path) -> list[Path]:
    """The folders that are merged into /opt on AWS, in this order."""
    return [(root / layer).resolve() for layer in function.layers]


def _environment(
    function: Function, settings: LaunchSettings, code: Path, port: int, log_stream: str
) -> dict[str, str]:
    """The variables have the names that AWS gives them ("Using Lambda environment variables").

    AWS_EXECUTION_ENV is left out: with the value of Python 3.12 and later, the runtime client starts a thread for each
    invocation and takes four times as long. The function's own variables replace all but the reserved ones.
    """
    layers = layer_folders(function, settings.root)
    inherited = {name: settings.environment[name] for name in INHERITED if name in settings.environment}
    own = {
        **inherited,
        "PATH": os.pathsep.join([*(str(layer / "bin") for layer in layers), inherited.get("PATH", os.defpath)]),
        "LD_LIBRARY_PATH": os.pathsep.join(map(str, [code, code / "lib", *(layer / "lib" for layer in layers)])),
        "TZ": ":UTC",
        **_isolation(),
        **settings.endpoints,
        **_with_moved_url(function.environment, settings.moved_url),
    }
    python_path = [code, *settings.dependencies.get(function.name, ()), *(layer / "python" for layer in layers)]
    extra = own.get("PYTHONPATH")
    own["PYTHONPATH"] = os.pathsep.join([*map(str, python_path), *([extra] if extra else [])])
    return own | _reserved(function, settings, code, port, log_stream)


def _with_moved_url(environment: Mapping[str, str], moved_url: tuple[str, str] | None) -> dict[str, str]:
    return {name: value if moved_url is None else value.replace(*moved_url) for name, value in environment.items()}


def _isolation() -> dict[str, str]:
    """Keep the user's AWS configuration and the instance's credentials away."""
    return {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _reserved(function: Function, settings: LaunchSettings, code: Path, port: int, log_stream: str) -> dict[str, str]:
    return {
        "_HANDLER": function.handler,
        "AWS_ACCESS_KEY_ID": settings.access_key_id,
        "AWS_DEFAULT_REGION": settings.region,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "provisioned-concurrency" if function.min_capacity else "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": function.log_format,
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}",
        "AWS_REGION": settings.region,
        "AWS_SECRET_ACCESS_KEY": settings.secret_access_key,
        "LAMBDA_RUNTIME_DIR": str(_START.parent),
        "LAMBDA_TASK_ROOT": str(code),
    }
