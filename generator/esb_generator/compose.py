"""The model becomes the texts that Docker reads: the Compose stack and a Dockerfile for each function."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import jinja2

import esb_compose_templates
from esb_generator.model import Application, Function, ImageCode, ImageConfig
from esb_generator.servers import Servers

# Where things are for a process inside: for our sitecustomize.py, and for the SDKs of other languages.
STACK_ADDRESSES = {
    "AWS_ENDPOINT_URL_DYNAMODB": "http://database:8000",
    "AWS_ENDPOINT_URL_LAMBDA": "http://gateway:8080",
    "AWS_ENDPOINT_URL_S3": "http://s3-storage:9000",
    "DYNAMODB_ENDPOINT": "http://database:8000",
    "LAMBDA_ENDPOINT": "http://gateway:8080",
    "S3_ENDPOINT": "http://s3-storage:9000",
    "VICTORIALOGS_URL": "http://victorialogs:9428",
}
# Where the storage is for a browser outside, which a presigned URL is for.
S3_OUTSIDE = "${ESB_S3_PUBLIC_URL:-http://127.0.0.1:${ESB_S3_PORT:-9000}}"
KEPT_BACK = ("ESB_LOG_PIPE",)  # which processes of the runtime folder tell each other
SERVICES = ("database", "gateway", "provisioner", "s3-storage", "victorialogs")
DEFAULT_MEMORY_SIZE = 128  # MB
DEFAULT_EPHEMERAL_STORAGE = 512  # MB
DEFAULT_TIMEOUT = 3  # seconds
MOST_STOP_GRACE = 30  # seconds that `docker compose up` or `down` waits at most for invocations to end
DEFAULT_MAX_CAPACITY = 4  # functions.schema.json, scaling.max_capacity


@dataclass(frozen=True)
class Install:
    """How a function's dependencies come into its image: what pip, npm or bundler reads, and the command."""

    manifests: tuple[str, ...]
    command: str


# By the language of the runtime, the first whose manifest lies in the code folder.
INSTALLS = {
    "python": (
        Install(("requirements.txt",), "python -m pip install --no-cache-dir -r requirements.txt -t /var/task"),
    ),
    "nodejs": (
        Install(("package.json", "package-lock.json"), "npm ci --omit=dev"),
        Install(("package.json",), "npm install --omit=dev"),
    ),
    "ruby": (
        Install(("Gemfile", "Gemfile.lock"), "bundle config set --local path vendor/bundle && bundle install"),
        Install(("Gemfile",), "bundle config set --local path vendor/bundle && bundle install"),
    ),
}
# Runtime identifier to image, where it is not the language and the version as they stand.
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
_RUNTIME = re.compile(r"(?P<language>[a-z]+)(?P<version>[0-9.]*?)(\.x)?(?P<suffix>\.al2|\.al2023)?$")


def base_image(runtime: str) -> str:
    """The image of AWS in which a runtime identifier runs: python3.12 in public.ecr.aws/lambda/python:3.12."""
    match = _RUNTIME.fullmatch(runtime)
    language, version, suffix = match.group("language", "version", "suffix") if match else (runtime, "", None)
    tag = f"{version}{suffix or ''}".lstrip(".")
    return f"public.ecr.aws/lambda/{language}:{tag or 'latest'}"


def function_dockerfile(function: Function, files: Collection[str], layers: Sequence[str] = ()) -> str:
    """The Dockerfile of a zip function whose code folder holds `files`; `layers` are folders of the context in order.

    What functions share comes first: the builder finds it in its cache, by content, from one function to the next.
    """
    runtime = function.runtime or ""
    language = re.match(r"[a-z]+", runtime)
    candidates = INSTALLS.get(language[0] if language else "", ())
    return _render(
        "function.Dockerfile.j2",
        base_image=base_image(runtime),
        handler=function.handler,
        is_python=is_python(function),
        layers=layers,
        install=next((install for install in candidates if set(install.manifests) <= set(files)), None),
    )


def supervised(function: Function) -> bool:
    """Whether our supervisor starts and stops the function's runtimes; in an image of its own they start themselves."""
    return not isinstance(function.code, ImageCode)


def is_python(function: Function) -> bool:
    """Whether the function's image is made here and starts with our sitecustomize.py."""
    return supervised(function) and (function.runtime or "").startswith("python")


def stack(
    application: Application,
    tags: Mapping[str, str],
    function_tags: Mapping[str, str],
    servers: Servers = Servers(),  # noqa: B008  (frozen)
) -> str:
    """docker-compose.yml; the tags are content hashes: of the build contexts, by service and by function name."""
    return _render(
        "docker-compose.yml.j2",
        name=project_name(application.stack_name),
        region=application.region,
        servers=servers,
        buckets=[bucket.name for bucket in application.buckets],
        tags=tags,
        functions=[_function_service(f, application, function_tags[f.name]) for f in application.functions],
    )


def _function_service(function: Function, application: Application, tag: str) -> dict[str, object]:
    """What the stack's template needs to know of a function."""
    repository = f"{_repository(application.stack_name)}-{_repository(function.name)}"
    taken = function.name.lower() in SERVICES
    host = f"{function.name[:30].lower()}-${{{token_variable(function.name)}:?run esb build again}}.esb"
    image = function.image or ImageConfig()
    memory_size = function.memory_size or DEFAULT_MEMORY_SIZE
    ephemeral_storage = function.ephemeral_storage or DEFAULT_EPHEMERAL_STORAGE
    uri = function.code.uri if isinstance(function.code, ImageCode) and function.code.context is None else None
    return {
        "service": f"{function.name}-function" if taken else function.name,
        "image": _text(uri) if uri else f'"${{IMAGE_PREFIX:-esb}}/{repository}:${{IMAGE_TAG:-{tag}}}"',
        "build": None if uri else _build(function),
        "platform": _platform(function),
        "runtime_host": host,
        "environment": _environment_of(function, application, host),
        "command": list(image.command),
        "entrypoint": list(image.entry_point),
        "working_dir": image.working_directory,
        "memory_limit": memory_size * _slots(function) + ephemeral_storage + _supervisor_memory(function),
        "stop_grace": _stop_grace(function),
        "ephemeral_storage": ephemeral_storage,
    }


def _slots(function: Function) -> int:
    """How many invocations one container runs at a time; a function whose concurrency is 0 runs none, but starts."""
    if function.reserved_concurrency is not None:
        return max(function.reserved_concurrency, 1)
    return max(function.provisioned_concurrency or 0, DEFAULT_MAX_CAPACITY)


def _stop_grace(function: Function) -> int:
    """Seconds that running invocations get when the container is to stop."""
    return min(function.timeout or DEFAULT_TIMEOUT, MOST_STOP_GRACE)


def _supervisor_memory(function: Function) -> int:
    """MB for the supervisor and for its part of each slot; docs/supervisor.md has what was measured."""
    return 5 + 2 * _slots(function) if supervised(function) else 0


def _platform(function: Function) -> str | None:
    """The platform, where code can run on no other: a program of its own for ARM. A script runs on what there is."""
    is_program = isinstance(function.code, ImageCode) or (function.runtime or "").startswith("provided")
    return "linux/arm64" if function.architecture == "arm64" and is_program else None


def _build(function: Function) -> object:
    folder = f"functions/{function.name}"
    code = function.code
    if not isinstance(code, ImageCode):
        return folder
    build: dict[str, object] = {"context": f"{folder}/context", "dockerfile": code.dockerfile}
    if code.target:
        build["target"] = code.target
    if code.build_args:
        build["args"] = dict(code.build_args)
    return build


def _environment_of(function: Function, application: Application, host: str) -> dict[str, str]:
    """The function's variables as YAML: those of the stack, which its own may replace, then those that nobody may.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
    """
    own = {name: value for name, value in function.environment.items() if name not in KEPT_BACK}
    replaceable = {**STACK_ADDRESSES, "TZ": ":UTC", **own, **_module_path(function)}
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
    filled_in_by_compose = {
        "AWS_ACCESS_KEY_ID": "${ESB_ACCESS_KEY_ID:?run esb build again}",
        "AWS_LAMBDA_RUNTIME_API": f"{host}:9001",
        "AWS_SECRET_ACCESS_KEY": "${ESB_SECRET_ACCESS_KEY:?run esb build again}",
    }
    # The supervisor gives each runtime a log stream of its own; an image without it has one a container.
    stream = {"AWS_LAMBDA_LOG_STREAM_NAME": f"{function.name}/[$LATEST]"} if not supervised(function) else {}
    presigned = {} if "S3_PRESIGN_ENDPOINT" in own else {"S3_PRESIGN_ENDPOINT": S3_OUTSIDE}
    texts = {name: _text(value) for name, value in {**replaceable, **reserved, **stream}.items()}
    return {**texts, **filled_in_by_compose, **presigned}


def _module_path(function: Function) -> dict[str, str]:
    """Where Python looks before its own folders: our sitecustomize.py, then layers, as Lambda has it.

    https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html
    """
    if not is_python(function):
        return {}
    lambdas = f"/opt/python/lib/{function.runtime}/site-packages:/opt/python:/var/runtime"
    return {"PYTHONPATH": f"/opt/esb/python:{function.environment.get('PYTHONPATH', lambdas)}"}


def token_variable(function: str) -> str:
    """The variable that holds a function's token; different functions have different ones."""
    return f"ESB_TOKEN_{function.replace('_', '__').replace('-', '_1')}"


def _repository(name: str) -> str:
    """A function's name as a part of an image's name, which is in lower case and has no two separators in a row."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "function"


def include(stack_name: str, folder: str) -> str:
    """The compose.yaml of the project's root, which includes the stack below `folder`."""
    return _render("compose.yaml.j2", name=project_name(stack_name), folder=folder)


def project_name(stack_name: str) -> str:
    """A stack's name as Compose takes it: lower case letters, digits, dashes and underscores."""
    return re.sub(r"[^a-z0-9_-]", "-", stack_name.lower()).lstrip("-_") or "esb"


def _text(value: object) -> str:
    """A YAML value (JSON is YAML) in which Compose finds nothing to interpolate.

    Outside of ASCII only what YAML reads otherwise is escaped: controls, its further line ends, the byte order mark.
    """
    return _quoted(value) if isinstance(value, str) else _escaped(json.dumps(value, ensure_ascii=False))


@functools.lru_cache(maxsize=10_000)  # most of a function's variables are those of all
def _quoted(value: str) -> str:
    return _escaped(json.dumps(value, ensure_ascii=False))


def _escaped(text: str) -> str:
    return re.sub("[\x7f-\x9f\u2028\u2029\ufeff]", lambda found: f"\\u{ord(found[0]):04x}", text.replace("$", "$$"))


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(  # noqa: S701  (no HTML)
        loader=jinja2.FileSystemLoader(esb_compose_templates.FOLDER),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["text"] = _text
    return environment


def _render(template: str, **values: object) -> str:
    return _environment().get_template(template).render(**values)
