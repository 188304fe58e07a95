"""Finds the stacks of a cloud assembly, the folder that `cdk synth` writes.

`manifest.json` lists the stacks, and the folders of stages (`cdk.Stage`), which are assemblies themselves.
https://github.com/aws/aws-cdk-cli/tree/main/packages/%40aws-cdk/cloud-assembly-schema
"""

import posixpath
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from esb_generator.cloudformation.reading.template import read_document
from esb_generator.errors import BuildError
from esb_generator.values import Map, Value

MANIFEST = "manifest.json"
APP = "cdk.json"
SUFFIX = ".template.json"
_NESTED_SUFFIX = ".nested.template.json"
DEFAULT_OUTPUT = "cdk.out"
_MAX_DEPTH = 10
_SYNTH = "run `cdk synth`, then build again"


class CdkStack(NamedTuple):
    """A stack of an assembly; `file` is its template, relative to the assembly's folder."""

    name: str
    file: str


def is_assembly(path: Path) -> bool:
    """Whether a path is a folder that `cdk synth` wrote."""
    return path.is_dir() and (_is_marked(path) or any(path.glob(f"*{SUFFIX}")))


def find_assembly(folder: Path) -> Path | None:
    """The assembly of the CDK application in a folder; None if there is no such application.

    Raises BuildError for an application that has not been synthesized.
    """
    if not (folder / APP).is_file():
        return folder / DEFAULT_OUTPUT if is_assembly(folder / DEFAULT_OUTPUT) else None
    settings = _read(folder / APP)
    output = settings.get("output")
    name = output if isinstance(output, str) and output else DEFAULT_OUTPUT
    if not is_assembly(folder / name):
        raise BuildError(f"this is a CDK application ({APP}), and {name} has no templates; {_SYNTH}")
    return folder / name


def stacks(assembly: Path) -> list[CdkStack]:
    """The stacks, those of stages among them, in the order of the manifest. Raises BuildError if there is none."""
    found = list(_stacks(assembly, "", 0))
    if not found:
        raise BuildError(f"{assembly} has no stacks; {_SYNTH}")
    return found


def stack_name(template: Path) -> str:
    """The name of the stack whose template lies in an assembly."""
    listed = _listed(template.parent, "") if (template.parent / MANIFEST).is_file() else iter(())
    names = (each.name for each in listed if each.file == template.name)
    return next(names, template.name.removesuffix(SUFFIX))


def folder_around(assembly: Path) -> Path | None:
    """The parent folder of an assembly, also for that of a stage; None if it is not an assembly."""
    found = None
    for _ in range(_MAX_DEPTH):
        if not _is_marked(assembly):
            break
        # The parent of `.` is `.` itself, and that of `..` is `.`.
        found = assembly = assembly / ".." if assembly.name in ("", "..") else assembly.parent
    return found


def _is_marked(folder: Path) -> bool:
    """Whether the folder has the file with the version, as every assembly does."""
    return folder.name == DEFAULT_OUTPUT or (folder / DEFAULT_OUTPUT).is_file()


def _stacks(assembly: Path, prefix: str, depth: int) -> Iterator[CdkStack]:
    folder = assembly / prefix
    if depth > _MAX_DEPTH:
        raise BuildError(f"{folder} is more than {_MAX_DEPTH} stages deep")
    if not (folder / MANIFEST).is_file():
        files = sorted(path.name for path in folder.glob(f"*{SUFFIX}") if not path.name.endswith(_NESTED_SUFFIX))
        yield from (CdkStack(name.removesuffix(SUFFIX), f"{prefix}{name}") for name in files)
        return
    yield from _listed(folder, prefix)
    for stage in _artifacts(folder, "cdk:cloud-assembly"):
        yield from _stacks(assembly, f"{prefix}{_path(stage, 'directoryName')}/", depth + 1)


def _listed(folder: Path, prefix: str) -> Iterator[CdkStack]:
    """The stacks that the manifest of a folder names itself."""
    for stack in _artifacts(folder, "aws:cloudformation:stack"):
        file, name = _path(stack, "templateFile"), stack.get("stackName")
        yield CdkStack(name if isinstance(name, str) else file.removesuffix(SUFFIX), f"{prefix}{file}")


def _artifacts(folder: Path, type_: str) -> Iterator[Map]:
    """The properties of the manifest's artifacts of a type."""
    artifacts = _read(folder / MANIFEST).get("artifacts")
    for artifact in artifacts.values() if isinstance(artifacts, Map) else ():
        properties = artifact.get("properties") if isinstance(artifact, Map) else None
        if isinstance(artifact, Map) and isinstance(properties, Map) and artifact.get("type") == type_:
            yield properties


def _path(properties: Map, key: str) -> str:
    """A path below the folder of the manifest. Raises BuildError for another one."""
    value = properties.get(key)
    path = posixpath.normpath(value) if isinstance(value, str) else "/"
    if path == ".." or path.startswith(("/", "../")):
        raise BuildError(f"{properties.value_mark(key)}: {key} must be a path below the folder; {_SYNTH}")
    return path


def _read(path: Path) -> Map:
    document: Value = read_document(path)
    if not isinstance(document, Map):
        raise BuildError(f"{path}: must be a JSON object")
    return document
