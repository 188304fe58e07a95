"""The model becomes the texts that Docker reads: the Compose stack and a Dockerfile for each function."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from esb_generator.model import Application, Function
from esb_generator.output.containers import Surroundings, container_of, is_python
from esb_generator.output.dockerfile import Start
from esb_generator.output.requirements import Requirements
from esb_generator.output.servers import Servers
from esb_generator.output.source_files import LEFT_OUT

LONGEST_SWARM_NAME = 32  # of a service, without the name of its stack


class Install(NamedTuple):
    """How a function's dependencies come into its image: what pip, npm or bundler reads, and the command.

    Where it needs the `whole` folder, it runs after each change of the code; else only after one of the manifests.
    """

    manifests: tuple[str, ...]
    command: str
    whole: bool = False


# By the language of the runtime, the first whose manifest lies in the code folder.
INSTALLS = {
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


def function_dockerfile(
    function: Function,
    files: Collection[str],
    layers: Sequence[str] = (),
    requirements: Requirements | None = None,
    bootstrap: str | None = None,
) -> str:
    """The Dockerfile of a zip function whose code folder holds `files`; `layers` are folders of the context in order.

    `bootstrap` is the program that a `provided` runtime starts; AWS's images look for it where only an image has it.
    What functions share comes first: the builder finds it in its cache, by content, from one function to the next.
    """
    runtime = function.runtime or ""
    install = _pip(requirements) if is_python(function) else _install(runtime, files)
    return _dockerfile(
        _Image(base_image(runtime), function.handler, bootstrap, is_python(function), tuple(layers), install)
    )


class _Image(NamedTuple):
    """What the Dockerfile of a zip function is rendered from."""

    base_image: str
    handler: str | None
    bootstrap: str | None
    is_python: bool
    layers: tuple[str, ...]
    install: Install | None


@functools.lru_cache
def _dockerfile(image: _Image) -> str:
    """Most functions have the same."""
    return _render("function.Dockerfile.j2", **image._asdict())


def _install(runtime: str, files: Collection[str]) -> Install | None:
    language = re.match(r"[a-z]+", runtime)
    candidates = INSTALLS.get(language[0] if language else "", ())
    return next((install for install in candidates if set(install.manifests) <= set(files)), None)


def _pip(requirements: Requirements | None) -> Install | None:
    if requirements is None:
        return None
    command = "python -m pip install --no-cache-dir -r requirements.txt -t /var/task"
    return Install(requirements.files, command, whole=requirements.local)


class WatchedFolder(NamedTuple):
    """A folder or file of the sources, relative to the output folder, and where a container has it."""

    source: str
    target: str


class Hashes(NamedTuple):
    """The content hashes that names and labels are made of.

    `functions` of their build contexts, by function name; `services` likewise; `documents` of resources.yml,
    functions.yml and routing.yml by kind; `supervisor` of that file.
    """

    functions: Mapping[str, str]
    services: Mapping[str, str]
    documents: Mapping[str, str]
    supervisor: str


# Variables inside of variables are more than `docker stack` understands.
IN_A_SWARM = Surroundings(
    database="${ESB_DATABASE_URL:-http://database:8000}",
    storage="${ESB_S3_URL:-http://s3-storage:9000}",
    logs="${ESB_LOGS_URL:-http://victorialogs:9428}",
    storage_outside="${ESB_S3_PUBLIC_URL:-http://127.0.0.1:9000}",
)


def stack(
    application: Application,
    hashes: Hashes,
    servers: Servers = Servers(),  # noqa: B008  (frozen)
    starts: Mapping[str, Start] = MappingProxyType({}),
    *,
    swarm: bool = False,
) -> str:
    """docker-compose.yml, or docker-stack.yml for a swarm; `starts` has by logical id what functions' images start."""
    surroundings = IN_A_SWARM if swarm else Surroundings()
    containers = [
        container_of(each, application, hashes.functions[each.name], starts.get(each.logical_id), surroundings)
        for each in application.functions
    ]
    return _render(
        "docker-stack.yml.j2" if swarm else "docker-compose.yml.j2",
        swarm=swarm,
        name=project_name(application.stack_name),
        region=application.region,
        servers=servers,
        surroundings=surroundings,
        buckets=[bucket.name for bucket in application.resources.get("S3", ())],
        hashes=hashes,
        functions=containers,
        names={container.service: _swarm_name(container.service) for container in containers},
        mounts_supervisor=any(container.mounts_supervisor for container in containers),
    )


def watch(watched: Mapping[str, Sequence[WatchedFolder]]) -> str:
    """docker-compose.watch.yml, which is laid over the stack: what `docker compose watch` copies into which service."""
    ignored = [*LEFT_OUT, "node_modules"]
    return _render("docker-compose.watch.yml.j2", watched=watched, ignored=ignored)


def _swarm_name(service: str) -> str:
    """A service's name for Swarm, where it has 63 characters together with the stack's."""
    if len(service) <= LONGEST_SWARM_NAME:
        return service
    return f"{service[: LONGEST_SWARM_NAME - 9]}-{hashlib.sha256(service.encode()).hexdigest()[:8]}"


def include(stack_name: str, folder: str) -> str:
    """The compose.yaml of the project's root, which includes the stack below `folder`."""
    return _render("compose.yaml.j2", name=project_name(stack_name), folder=folder)


def project_name(stack_name: str) -> str:
    """A stack's name as Compose takes it: lower case letters, digits, dashes and underscores."""
    return re.sub(r"[^a-z0-9_-]", "-", stack_name.lower()).lstrip("-_") or "esb"


def _render(template: str, **values: object) -> str:
    from esb_generator.output.rendering import render  # noqa: PLC0415 - `esb validate` renders nothing, and Jinja is slow

    return render(template, values)
