"""The templates of one build: those that the command line names, else samconfig's, else those of the folder."""

import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from esb_generator.cdk import assembly
from esb_generator.errors import BuildError
from esb_generator.settings import built_templates
from esb_generator.settings.found_templates import found_templates
from esb_generator.settings.request import Request
from esb_generator.settings.samconfig import Samconfig

TEMPLATES = ("template.yaml", "template.yml", "template.json")


class Templates(NamedTuple):
    """The paths of templates, and their names in errors; or the manifest of a CDK application of several `stacks`."""

    paths: tuple[Path, ...]
    shown: tuple[str, ...]
    stacks: tuple[assembly.CdkStack, ...] = ()


def templates_of(request: Request, config: Samconfig) -> Templates:
    """The templates; a path in samconfig is relative to that file."""
    if request.templates:
        return _named_templates(request.here, request.templates)
    if config.template_file and config.file:
        return _named_templates(config.file.parent, (config.template_file,))
    names = [name for name in TEMPLATES if (request.here / name).is_file()]
    if names:
        return Templates((request.here / names[0],), (names[0],))
    if (found := assembly.find_assembly(request.here)) is not None:
        return _of_assembly(found, os.path.relpath(found, request.here))
    raise BuildError(
        f"there is no {', '.join(TEMPLATES[:-1])} or {TEMPLATES[-1]} here, and no cdk.json; {_named(request.here)}"
    )


def _named(folder: Path) -> str:
    """The hint to name the template, if none was found, with the templates in the folder."""
    match found_templates(folder):
        case []:
            return "name the template with -t"
        case [name]:
            return f"name the template: {template_options([name])}"
        case names:
            return f"name the template, or several for one stack: {template_options(names)}"


def template_options(names: Sequence[str]) -> str:
    """The options with these templates, quoted for a shell; a name that begins with a dash is not read as an option."""
    return " ".join(f"-t {shlex.quote(f'./{name}' if name.startswith('-') else name)}" for name in names)


def _named_templates(folder: Path, names: tuple[str, ...]) -> Templates:
    """Templates by their paths; one may be the folder that `cdk synth` wrote, or its manifest."""
    assemblies = [name for name in names if built_templates.names_assembly(folder / name)]
    if not assemblies:
        return Templates(tuple(folder / name for name in names), names)
    if len(names) > 1:
        raise BuildError(f"-t {assemblies[0]} is a CDK application; name it alone, or name templates of its stacks")
    name = names[0].removesuffix(assembly.MANIFEST).rstrip("/") or "."
    return _of_assembly(folder / name, name)


def _of_assembly(path: Path, shown: str) -> Templates:
    found = assembly.stacks(path)
    if len(found) == 1:
        return Templates((path / found[0].file,), (f"{shown}/{found[0].file}",))
    return Templates((path / assembly.MANIFEST,), (f"{shown}/{assembly.MANIFEST}",), tuple(found))
