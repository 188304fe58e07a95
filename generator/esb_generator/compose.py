"""The model becomes the texts that Docker reads: the Compose stack and a Dockerfile for each function."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import jinja2

import esb_compose_templates
from esb_generator.model import Application, Function

IMAGES = {
    "database": "scylladb/scylla:2025.1.4",
    "storage": "rustfs/rustfs:1.0.0-beta.12",
    "logs": "victoriametrics/victoria-logs:v1.52.0",
}


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


def stack(application: Application, tags: Mapping[str, str]) -> str:
    """docker-compose.yml; `tags` are the content hashes of the services' build contexts."""
    return _render(
        "docker-compose.yml.j2",
        name=project_name(application.stack_name),
        region=application.region,
        images=IMAGES,
        tags=tags,
    )


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
    return environment


def _render(template: str, **values: object) -> str:
    return _environment().get_template(template).render(**values)
