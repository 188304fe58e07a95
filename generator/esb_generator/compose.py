"""The model becomes the texts that Docker reads: the Compose stack and a Dockerfile for each function."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import jinja2

import esb_compose_templates
from esb_generator.model import Application, Function, ImageCode, ImageConfig

IMAGES = {
    "database": "scylladb/scylla:2025.1.4",
    "storage": "rustfs/rustfs:1.0.0-beta.12",
    "logs": "victoriametrics/victoria-logs:v1.52.0",
}


SERVICES = ("database", "gateway", "provisioner", "s3-storage", "victorialogs")
DEFAULT_MEMORY_SIZE = 128  # MB
DEFAULT_EPHEMERAL_STORAGE = 512  # MB


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


def function_dockerfile(function: Function, files: Collection[str], *, has_layers: bool) -> str:
    """The Dockerfile of a zip function whose code folder holds `files`."""
    runtime = function.runtime or ""
    language = re.match(r"[a-z]+", runtime)
    candidates = INSTALLS.get(language[0] if language else "", ())
    return _render(
        "function.Dockerfile.j2",
        base_image=base_image(runtime),
        handler=function.handler,
        has_layers=has_layers,
        install=next((install for install in candidates if set(install.manifests) <= set(files)), None),
    )


def stack(application: Application, tags: Mapping[str, str], function_tags: Mapping[str, str]) -> str:
    """docker-compose.yml; the tags are the content hashes of the build contexts, by service and by function name."""
    return _render(
        "docker-compose.yml.j2",
        name=project_name(application.stack_name),
        region=application.region,
        images=IMAGES,
        tags=tags,
        functions=[_function_service(f, application, function_tags[f.name]) for f in application.functions],
    )


def _function_service(function: Function, application: Application, tag: str) -> dict[str, object]:
    """What the stack's template needs to know of a function."""
    repository = f"{_repository(application.stack_name)}-{_repository(function.name)}"
    taken = function.name.lower() in SERVICES
    image = function.image or ImageConfig()
    uri = function.code.uri if isinstance(function.code, ImageCode) and function.code.context is None else None
    return {
        "service": f"{function.name}-function" if taken else function.name,
        "image": _text(uri) if uri else f'"${{IMAGE_PREFIX:-esb}}/{repository}:${{IMAGE_TAG:-{tag}}}"',
        "build": None if uri else _build(function),
        "platform": "linux/arm64" if function.architecture == "arm64" else None,
        "runtime_host": f"{function.name[:30].lower()}-${{{token_variable(function.name)}:?run esb build again}}.esb",
        "environment": _environment_of(function, application),
        "command": list(image.command),
        "entrypoint": list(image.entry_point),
        "working_dir": image.working_directory,
        "memory_size": function.memory_size or DEFAULT_MEMORY_SIZE,
        "ephemeral_storage": function.ephemeral_storage or DEFAULT_EPHEMERAL_STORAGE,
    }


def _build(function: Function) -> object:
    folder = f"functions/{function.name}"
    code = function.code
    if not isinstance(code, ImageCode):
        return folder
    build: dict[str, object] = {"context": f"{folder}/context", "dockerfile": code.dockerfile}
    if code.target:
        build["target"] = code.target
    if code.build_args:
        build["args"] = {name: value.replace("$", "$$") for name, value in code.build_args.items()}
    return build


def _environment_of(function: Function, application: Application) -> dict[str, str]:
    """The function's own variables, then those that Lambda sets and nobody may change.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
    """
    return {
        "AWS_ENDPOINT_URL_DYNAMODB": "http://database:8000",
        "AWS_ENDPOINT_URL_LAMBDA": "http://gateway:8080",
        "AWS_ENDPOINT_URL_S3": "http://s3-storage:9000",
        "TZ": ":UTC",
        **_module_path(function),
        **function.environment,
        "AWS_DEFAULT_REGION": application.region,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size or DEFAULT_MEMORY_SIZE),
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_LOG_FORMAT": function.log_format or "Text",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": f"{function.name}/[$LATEST]",
        "AWS_REGION": application.region,
    }


def _module_path(function: Function) -> dict[str, str]:
    """Where Python finds what layers bring, before what the image brings; AWS's own images differ in this.

    https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html
    """
    if not function.layers or not (function.runtime or "").startswith("python"):
        return {}
    return {"PYTHONPATH": f"/opt/python/lib/{function.runtime}/site-packages:/opt/python:/var/runtime"}


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


def _text(value: str) -> str:
    """A YAML string (JSON is YAML) in which Compose finds nothing to interpolate."""
    return json.dumps(value, ensure_ascii=False).replace("$", "$$")


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
    environment.filters["words"] = lambda words: "[" + ", ".join(map(_text, words)) + "]"
    return environment


def _render(template: str, **values: object) -> str:
    return _environment().get_template(template).render(**values)
