"""How a function of the embedded default is started: command, environment and folder. Pure."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from esb_gateway.execution.processes import Command
from esb_gateway.invocation import Function

_START = Path(__file__).resolve().with_name("start_function.py")

# What a function may know of the machine it runs on. Nothing else is inherited, secrets least of all.
INHERITED = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL")


@dataclass(frozen=True, slots=True)
class Embedding:
    """What the functions of one gateway have in common.

    `root` is the folder that holds config/; `environment` the parent's, of which only `INHERITED` is used; `endpoints`
    the variables that lead to the embedded services (`AWS_ENDPOINT_URL_DYNAMODB`, ...); `dependencies` the folders of
    each function's installed requirements; `interpreters` the Python of each function that has one of its own. A value
    of a function's environment that contains the first of `moved_url` gets the second in its place.
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
    interpreters: Mapping[str, str] = field(default_factory=dict)
    moved_url: tuple[str, str] | None = None


def command(function: Function, embedding: Embedding, *, port: int, log_stream: str) -> Command:
    """The command that runs one slot of the function against the Runtime API on the local `port`."""
    python = embedding.interpreters.get(function.name, embedding.python)
    code = code_folder(function, embedding.root)
    return Command(
        arguments=(python, str(_START), str(embedding.parent_pid), function.handler),
        environment=_environment(function, embedding, code, port, log_stream),
        folder=code,
    )


def code_folder(function: Function, root: Path) -> Path:
    """What becomes /var/task."""
    return (root / (function.code or f"functions/{function.name}")).resolve()


def layer_folders(function: Function, root: Path) -> list[Path]:
    """What is laid over /opt, in this order."""
    return [(root / layer).resolve() for layer in function.layers]


def _environment(function: Function, embedding: Embedding, code: Path, port: int, log_stream: str) -> dict[str, str]:
    """Of the same names as on AWS ("Using Lambda environment variables", defined runtime environment variables).

    AWS_EXECUTION_ENV is left out: with the value of Python 3.12 and later, the runtime client starts a thread for each
    invocation and takes four times as long. The function's own variables may replace all but the reserved ones.
    """
    layers = layer_folders(function, embedding.root)
    inherited = {name: embedding.environment[name] for name in INHERITED if name in embedding.environment}
    own = {
        **inherited,
        "PATH": os.pathsep.join([*(str(layer / "bin") for layer in layers), inherited.get("PATH", os.defpath)]),
        "LD_LIBRARY_PATH": os.pathsep.join(map(str, [code, code / "lib", *(layer / "lib" for layer in layers)])),
        "TZ": ":UTC",
        **_isolation(),
        **embedding.endpoints,
        **_with_moved_url(function.environment, embedding.moved_url),
    }
    python_path = [code, *embedding.dependencies.get(function.name, ()), *(layer / "python" for layer in layers)]
    extra = own.get("PYTHONPATH")
    own["PYTHONPATH"] = os.pathsep.join([*map(str, python_path), *([extra] if extra else [])])
    return own | _reserved(function, embedding, code, port, log_stream)


def _with_moved_url(environment: Mapping[str, str], moved_url: tuple[str, str] | None) -> dict[str, str]:
    return {name: value if moved_url is None else value.replace(*moved_url) for name, value in environment.items()}


def _isolation() -> dict[str, str]:
    """The person's own AWS configuration and the instance's credentials play no part."""
    return {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _reserved(function: Function, embedding: Embedding, code: Path, port: int, log_stream: str) -> dict[str, str]:
    return {
        "_HANDLER": function.handler,
        "AWS_ACCESS_KEY_ID": embedding.access_key_id,
        "AWS_DEFAULT_REGION": embedding.region,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "provisioned-concurrency" if function.min_capacity else "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": function.log_format,
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}",
        "AWS_REGION": embedding.region,
        "AWS_SECRET_ACCESS_KEY": embedding.secret_access_key,
        "LAMBDA_RUNTIME_DIR": str(_START.parent),
        "LAMBDA_TASK_ROOT": str(code),
    }
