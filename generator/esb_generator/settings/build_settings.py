"""The settings of one build: those of the command line, else of samconfig, else the defaults."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from esb_generator.cdk import assembly
from esb_generator.cloudformation.parameters.local_values import FILE_NAME
from esb_generator.cloudformation.parameters.overrides import parse_overrides
from esb_generator.cloudformation.reading.template import OnRead, ignore
from esb_generator.errors import BuildError
from esb_generator.model import WebAdapter
from esb_generator.project import Project
from esb_generator.settings import built_templates, samconfig
from esb_generator.settings.choices import CredentialsChoice, Egress
from esb_generator.settings.env_vars import NO_ENV_VARS, EnvVarsFile, read_env_vars_file
from esb_generator.settings.request import Request
from esb_generator.settings.samconfig import Samconfig
from esb_generator.settings.templates import templates_of
from esb_schemas.contract import FUNCTION_MEMORY
from esb_schemas.lazy_pattern import LazyPattern

DEFAULT_REGION = "us-east-1"
_ELF = b"\x7fELF"  # the magic number of programs for Linux
_DIGEST = r"@sha256:[0-9a-f]{64}"
_IMAGE = LazyPattern(rf"[a-z0-9][a-z0-9._/-]*(:[0-9]+/[a-z0-9._/-]+)?(:[A-Za-z0-9._-]+({_DIGEST})?|{_DIGEST})")
_ADAPTER_IMAGE = "public.ecr.aws/awsguru/aws-lambda-adapter:0.9.1"


class Settings(NamedTuple):
    """A complete request. `shown` are the templates' names in errors; paths of code are relative to `base`.

    `project` has the folders whose files are used without a warning; a `base` elsewhere is not one of them. `stacks`
    are those of a CDK application with several; the only template is then the manifest. `configured` are the settings
    of samconfig; `parameter_overrides` are those of the command line.
    """

    templates: tuple[Path, ...]
    base: Path
    shown: tuple[str, ...]
    parameter_overrides: Mapping[str, str]
    stack_name: str
    region: str
    values_file: Path
    env_vars: EnvVarsFile
    project: Project
    function_memory: int = FUNCTION_MEMORY  # MB
    web_adapter: WebAdapter | None = None
    egress: Egress = "open"
    credentials: CredentialsChoice = "stack"
    stacks: tuple[assembly.CdkStack, ...] = ()
    configured: Samconfig = Samconfig()


def resolve_settings(request: Request, on_read: OnRead = ignore) -> Settings:
    """Complete a request: its own values come first, then samconfig's, then the defaults. Raises BuildError."""
    config = _samconfig(request, on_read)
    paths, shown, stacks = templates_of(request, config)
    path = paths[0]
    overrides = parse_overrides(request.parameter_overrides, read=samconfig.reader(request.here, on_read))
    return Settings(
        templates=paths,
        base=config.file.parent / config.base_dir if config.file and config.base_dir else path.parent,
        shown=shown,
        parameter_overrides=overrides,
        stack_name=_stack_name(request.stack_name or config.stack_name or _default_name(path, stacks)),
        region=request.region or config.region or request.region_of_environment or DEFAULT_REGION,
        values_file=_values_file(request) or built_templates.source_folder(path) / FILE_NAME,
        env_vars=_env_vars(request, on_read),
        project=Project(_project_folders(request, config, paths)),
        function_memory=_function_memory(request.function_memory),
        web_adapter=_web_adapter(request.here, request.web_adapter),
        egress=request.egress or config.egress or "open",
        credentials=request.credentials or config.credentials or "stack",
        stacks=stacks,
        configured=config,
    )


def _default_name(template: Path, stacks: tuple[assembly.CdkStack, ...]) -> str:
    """The name that `cdk synth` gave to a stack, or that of the folder of the application's sources."""
    if template.name.endswith(assembly.SUFFIX) and not stacks:
        return assembly.stack_name(template)
    return built_templates.source_folder(template).resolve().name


def _project_folders(request: Request, config: Samconfig, templates: tuple[Path, ...]) -> Iterator[Path]:
    """The folders of files that the user named, and the current folder. (Samconfig may name files anywhere.)"""
    if config.file:
        yield config.file.parent
    if request.templates or not (config.file and config.template_file):
        yield from map(built_templates.source_folder, templates)


def _samconfig(request: Request, on_read: OnRead) -> Samconfig:
    if request.config_file:
        path = request.here / request.config_file
        if not path.is_file():
            raise BuildError(f"{request.config_file} does not exist; --config-file names a samconfig file")
        return samconfig.read(path, environment=request.config_env, on_read=on_read)
    named = [request.here / name for name in request.templates[:1]]
    beside = [folder for path in named for folder in (path.parent, built_templates.source_folder(path))]
    found = samconfig.find([*beside, request.here])
    if found is None:
        if request.config_env != "default":
            raise BuildError(f"--config-env {request.config_env} needs a samconfig.toml, and there is none here")
        return Samconfig()
    return samconfig.read(found, environment=request.config_env, on_read=on_read)


def _values_file(request: Request) -> Path | None:
    if request.values_file is None:
        return None
    path = request.here / request.values_file
    if not path.is_file():
        raise BuildError(f"{request.values_file} does not exist; --resolve-from names a file of local values")
    return path


def _env_vars(request: Request, on_read: OnRead) -> EnvVarsFile:
    if request.env_vars is None:
        return NO_ENV_VARS
    path = request.here / request.env_vars
    if not path.is_file():
        raise BuildError(f"{request.env_vars} does not exist; --env-vars names a file with variables of functions")
    on_read(path)
    return read_env_vars_file(path, request.env_vars)


def _web_adapter(here: Path, text: str) -> WebAdapter | None:
    """The program, or an image with it. A tag or a digest distinguishes the name of an image from the path of a
    file.
    """
    if not text:
        return None
    program = here / text
    if program.is_file():
        with program.open("rb") as opened:
            if opened.read(len(_ELF)) != _ELF:
                raise BuildError(f"ESB_WEB_ADAPTER is {text!r}, which is not a program for Linux")
        return WebAdapter(program=os.path.abspath(program))  # noqa: PTH100 - of a link, its own name
    if _IMAGE.fullmatch(text):
        return WebAdapter(image=text)
    raise BuildError(f"ESB_WEB_ADAPTER is {text!r}, which is neither a file nor an image such as {_ADAPTER_IMAGE}")


def _function_memory(text: str) -> int:
    if not text:
        return FUNCTION_MEMORY
    if not re.fullmatch(r"[1-9][0-9]{0,6}", text):
        raise BuildError(f"ESB_FUNCTION_MEMORY is {text!r}; it must be a number of MB, such as {FUNCTION_MEMORY}")
    return int(text)


def _stack_name(name: str) -> str:
    """A folder's name as a stack name of CloudFormation: letters, digits and dashes, a letter first."""
    cleaned = re.sub(r"[^A-Za-z0-9-]+", "-", name).strip("-")
    return cleaned[:128] if cleaned[:1].isalpha() else f"esb-{cleaned}"[:128].rstrip("-")
