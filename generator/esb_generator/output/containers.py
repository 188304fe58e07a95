"""What a function's container is: its image, its variables, its limits, whatever starts it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from esb_generator.model import Application, Function, ImageCode, ImageConfig
from esb_generator.output.compose_values import text
from esb_generator.output.dockerfile import Start

KEPT_BACK = ("ESB_LOG_PIPE",)  # which processes of the runtime folder tell each other
SERVICES = ("database", "gateway", "provisioner", "s3-storage", "victorialogs")
NOWHERE = "not-in-this-stack"  # a host where nobody listens, for services of AWS that the stack lacks
SUPERVISOR = "/opt/esb/supervisor"
DEFAULT_MEMORY_SIZE = 128  # MB
DEFAULT_EPHEMERAL_STORAGE = 512  # MB
DEFAULT_TIMEOUT = 3  # seconds
MOST_STOP_GRACE = 30  # seconds that `docker compose up` or `down` waits at most for invocations to end
DEFAULT_MAX_CAPACITY = 4  # functions.schema.json, scaling.max_capacity


class Surroundings(NamedTuple):
    """Where the servers are, for a process inside and, `storage_outside`, for a browser that has a presigned URL.

    They are written as they stand, so they may be variables that are filled in when the stack starts.
    """

    database: str = "http://database:8000"
    storage: str = "http://s3-storage:9000"
    logs: str = "http://victorialogs:9428"
    gateway: str = "http://gateway:8080"
    storage_outside: str = "${ESB_S3_PUBLIC_URL:-http://127.0.0.1:${ESB_S3_PORT:-9000}}"


class Container(NamedTuple):
    """A function's container. `image`, `runtime_host` and the values of `environment` stand as Compose reads them."""

    function: Function
    service: str
    image: str
    build: object  # None for an image that exists
    platform: str | None
    runtime_host: str  # the name of the gateway that proves which function asks
    environment: Mapping[str, str]
    entrypoint: tuple[str, ...]
    command: tuple[str, ...]
    working_dir: str | None
    extra_hosts: tuple[str, ...]
    mounts_supervisor: bool
    memory_limit: int  # MB
    ephemeral_storage: int  # MB
    stop_grace: int  # seconds


def container_of(
    function: Function, application: Application, tag: str, start: Start | None, surroundings: Surroundings
) -> Container:
    """A function's container; `tag` is the hash of its build context, `start` what its own image starts, if known."""
    host = f"{function.name[:30].lower()}-${{{token_variable(function.name)}:?run esb build again}}.esb"
    image = function.image or ImageConfig()
    own_start = _supervised_start(image, start)
    ephemeral_storage = function.ephemeral_storage or DEFAULT_EPHEMERAL_STORAGE
    return Container(
        function=function,
        service=service_name(function),
        image=_image(function, application, tag),
        build=_build(function),
        platform=_platform(function),
        runtime_host=host,
        environment=_environment_of(function, application, host, start, surroundings),
        entrypoint=own_start.entrypoint if own_start else image.entry_point,
        command=own_start.command if own_start else image.command,
        working_dir=image.working_directory,
        extra_hosts=() if is_python(function) else (f"{NOWHERE}:127.0.0.1",),
        mounts_supervisor=own_start is not None,
        memory_limit=(function.memory_size or DEFAULT_MEMORY_SIZE) * _slots(function)
        + ephemeral_storage
        + _supervisor_memory(function, start),
        ephemeral_storage=ephemeral_storage,
        stop_grace=_stop_grace(function),
    )


def service_name(function: Function) -> str:
    """The function's name, which may not be that of another service."""
    return f"{function.name}-function" if function.name.lower() in SERVICES else function.name


def supervised(function: Function, start: Start | None) -> bool:
    """Whether our supervisor starts the runtimes; in an image of the function's own, if what it starts is known."""
    return not isinstance(function.code, ImageCode) or start is not None


def is_python(function: Function) -> bool:
    """Whether the function's image is made here and starts with our sitecustomize.py."""
    return not isinstance(function.code, ImageCode) and (function.runtime or "").startswith("python")


def is_provided(function: Function) -> bool:
    """Whether the function brings a runtime of its own, a program named bootstrap."""
    return not isinstance(function.code, ImageCode) and (function.runtime or "").startswith("provided")


def token_variable(function: str) -> str:
    """The variable that holds a function's token; different functions have different ones."""
    return f"ESB_TOKEN_{function.replace('_', '__').replace('-', '_1')}"


def _supervised_start(image: ImageConfig, start: Start | None) -> Start | None:
    """The supervisor before what an image of the function's own starts; an EntryPoint takes away the image's CMD."""
    if start is None:
        return None
    command = image.command or (() if image.entry_point else start.command)
    return Start((SUPERVISOR, *(image.entry_point or start.entrypoint)), command)


def _image(function: Function, application: Application, tag: str) -> str:
    if isinstance(function.code, ImageCode) and function.code.context is None:
        return text(function.code.uri)
    repository = f"{_repository(application.stack_name)}-{_repository(function.name)}"
    return f'"${{IMAGE_PREFIX:-esb}}/{repository}:${{IMAGE_TAG:-{tag}}}"'


def _slots(function: Function) -> int:
    """How many invocations one container runs at a time; a function whose concurrency is 0 runs none, but starts."""
    if function.reserved_concurrency is not None:
        return max(function.reserved_concurrency, 1)
    return max(function.provisioned_concurrency or 0, DEFAULT_MAX_CAPACITY)


def _stop_grace(function: Function) -> int:
    """Seconds that running invocations get when the container is to stop."""
    return min(function.timeout or DEFAULT_TIMEOUT, MOST_STOP_GRACE)


def _supervisor_memory(function: Function, start: Start | None) -> int:
    """MB for the supervisor and for its part of each slot; docs/supervisor.md has what was measured."""
    own = 5 if is_python(function) else 8  # with a process that ships lines
    return own + 2 * _slots(function) if supervised(function, start) else 0


def _platform(function: Function) -> str | None:
    """The platform, where code can run on no other: a program of its own for ARM. A script runs on what there is."""
    is_program = isinstance(function.code, ImageCode) or (function.runtime or "").startswith("provided")
    return "linux/arm64" if function.architecture == "arm64" and is_program else None


def _build(function: Function) -> object:
    code = function.code
    if not isinstance(code, ImageCode):
        # What all functions get lies there once, and the builder makes one layer of it for all.
        return {"context": f"functions/{function.name}", "additional_contexts": {"esb-runtime": "./runtime"}}
    if code.context is None:
        return None
    build: dict[str, object] = {"context": f"functions/{function.name}/context", "dockerfile": code.dockerfile}
    if code.target:
        build["target"] = code.target
    if code.build_args:
        build["args"] = dict(code.build_args)
    return build


def _environment_of(
    function: Function, application: Application, host: str, start: Start | None, surroundings: Surroundings
) -> dict[str, str]:
    """The function's variables as YAML: those of the stack, which its own may replace, then those that nobody may.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
    """
    own = {name: value for name, value in function.environment.items() if name not in KEPT_BACK}
    reserved = {
        "AWS_DEFAULT_REGION": application.region,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size or DEFAULT_MEMORY_SIZE),
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_LOG_FORMAT": function.log_format or "Text",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
        "AWS_REGION": application.region,
        "ESB_STOP_GRACE": str(_stop_grace(function)),
    }
    if supervised(function, start) and not is_python(function):
        reserved["ESB_SHIP_LOGS"] = "1"  # sitecustomize.py does it where there is Python
    if is_provided(function):
        reserved["_HANDLER"] = function.handler or ""  # the image's entrypoint would set it
    if not supervised(function, start):
        # The supervisor gives each runtime a log stream of its own; an image without it has one a container.
        reserved["AWS_LAMBDA_LOG_STREAM_NAME"] = f"{function.name}/[$LATEST]"
    filled_in_by_compose = {
        "AWS_ACCESS_KEY_ID": "${ESB_ACCESS_KEY_ID:?run esb build again}",
        "AWS_LAMBDA_RUNTIME_API": f"{host}:9001",
        "AWS_SECRET_ACCESS_KEY": "${ESB_SECRET_ACCESS_KEY:?run esb build again}",
    }
    # SDKs of other languages find no way to AWS; sitecustomize.py says it better.
    nowhere = {} if is_python(function) else {"AWS_ENDPOINT_URL": f"http://{NOWHERE}:9"}
    written = {"TZ": ":UTC", **nowhere, **own, **_module_path(function), **reserved}
    addresses = {name: f'"{value}"' for name, value in _addresses(surroundings).items() if name not in own}
    return {**addresses, **{name: text(value) for name, value in written.items()}, **filled_in_by_compose}


def _addresses(surroundings: Surroundings) -> dict[str, str]:
    """Where things are: for our sitecustomize.py, and for the SDKs of other languages."""
    return {
        "AWS_ENDPOINT_URL_DYNAMODB": surroundings.database,
        "AWS_ENDPOINT_URL_LAMBDA": surroundings.gateway,
        "AWS_ENDPOINT_URL_S3": surroundings.storage,
        "DYNAMODB_ENDPOINT": surroundings.database,
        "LAMBDA_ENDPOINT": surroundings.gateway,
        "S3_ENDPOINT": surroundings.storage,
        "S3_PRESIGN_ENDPOINT": surroundings.storage_outside,
        "VICTORIALOGS_URL": surroundings.logs,
    }


def _module_path(function: Function) -> dict[str, str]:
    """Where Python looks before its own folders: our sitecustomize.py, then layers, as Lambda has it.

    https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html
    """
    if not is_python(function):
        return {}
    lambdas = f"/opt/python/lib/{function.runtime}/site-packages:/opt/python:/var/runtime"
    return {"PYTHONPATH": f"/opt/esb/python:{function.environment.get('PYTHONPATH', lambdas)}"}


def _repository(name: str) -> str:
    """A function's name as a part of an image's name, which is in lower case and has no two separators in a row."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "function"
