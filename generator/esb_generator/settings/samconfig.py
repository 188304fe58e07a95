"""samconfig.toml (or .yaml, .yml), the configuration file of SAM CLI.

The layout is that of "AWS SAM CLI configuration file": `[<environment>.<command>.parameters]`, where `global` applies
to every command. Only the settings of a build are read, and ESB's own keys `egress` and
`credentials`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from esb_generator.cloudformation.parameters.overrides import Read, values_from
from esb_generator.cloudformation.reading.scalars import core_scalar
from esb_generator.cloudformation.reading.template import OnRead, ignore, read_document
from esb_generator.errors import BuildError, TemplateError
from esb_generator.near_miss import near_miss
from esb_generator.settings.choices import CREDENTIALS, EGRESS, CredentialsChoice, Egress
from esb_generator.toml_text import parse_toml
from esb_generator.values import NOTHING, Mark

C = TypeVar("C", bound=str)

FILE_NAMES = ("samconfig.toml", "samconfig.yaml", "samconfig.yml")
_COMMANDS = ("build", "global", "deploy")  # the first one with a value wins


class Samconfig(NamedTuple):
    """The settings of a samconfig file, None for one that is not set. Paths are as written."""

    file: Path | None = None
    template_file: str | None = None
    base_dir: str | None = None
    stack_name: str | None = None
    region: str | None = None
    egress: Egress | None = None
    credentials: CredentialsChoice | None = None
    parameter_overrides: Mapping[str, str] = NOTHING


def find(folders: Iterable[Path]) -> Path | None:
    """The first samconfig file in these folders."""
    candidates = (folder / name for folder in folders for name in FILE_NAMES)
    return next((path for path in candidates if path.is_file()), None)


def read(path: Path, *, environment: str = "default", on_read: OnRead = ignore) -> Samconfig:
    """One environment of the file; raises BuildError for a file that cannot be read or has another shape."""
    document = _document(path)
    environments = [name for name, value in document.items() if isinstance(value, Mapping)]
    if environment not in environments:
        if environment == "default":
            return Samconfig(file=path)
        raise BuildError(f"{path}: there is no environment {environment}{near_miss(environment, environments)}")
    sections = {command: _parameters(path, document, environment, command) for command in _COMMANDS}
    overrides: dict[str, str] = {}
    for command in reversed(_COMMANDS):
        overrides |= _overrides(path, f"{environment}.{command}", sections[command], on_read)
    return Samconfig(
        file=path,
        template_file=_first(path, sections, "template_file", ("build", "global")),
        base_dir=_first(path, sections, "base_dir", ("build", "global")),
        stack_name=_first(path, sections, "stack_name", _COMMANDS),
        region=_first(path, sections, "region", _COMMANDS),
        egress=_choice(path, sections, "egress", EGRESS),
        credentials=_choice(path, sections, "credentials", CREDENTIALS),
        parameter_overrides=overrides,
    )


def place_of(config: Samconfig, parameter: str) -> Mark:
    """The place of a parameter's value in the file, or its beginning if the value comes from another file."""
    shown = config.file.as_posix() if config.file is not None else FILE_NAMES[0]
    try:
        text = config.file.read_text("utf-8-sig") if config.file is not None else ""
    except (OSError, UnicodeDecodeError):
        text = ""
    given = re.compile(rf"(?<![A-Za-z0-9]){re.escape(parameter)}(?:[\"']?\s*[=:]|,ParameterValue)")
    for number, line in enumerate(text.splitlines(), 1):
        if match := given.search(line):
            return Mark(shown, number, match.start() + 1)
    return Mark(shown, 1, 1)


def reader(folder: Path, on_read: OnRead = ignore) -> Read:
    """A function that reads a YAML, JSON or TOML file by its path from a folder."""

    def read_file(location: str) -> object:
        path = folder / location
        on_read(path)
        return _toml(path) if path.suffix == ".toml" else read_document(path)

    return read_file


def _document(path: Path) -> Mapping[str, object]:
    # SAM CLI reads it as YAML 1.2, and templates as 1.1.
    document = read_document(path, scalar=core_scalar) if path.suffix in {".yaml", ".yml"} else _toml(path)
    if not isinstance(document, Mapping):
        raise BuildError(f"{path}: must be a table of environments, such as [default.build.parameters]")
    return document


def _toml(path: Path) -> dict[str, object]:
    try:
        return parse_toml(path.read_bytes().decode("utf-8-sig"), parse_float=str)
    except OSError as error:
        raise BuildError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}") from None
    except (ValueError, RecursionError) as error:
        raise BuildError(f"{path}: this is not TOML: {error}") from None


def _parameters(path: Path, document: Mapping[str, object], environment: str, command: str) -> Mapping[str, object]:
    """The parameters of a command, empty if the file does not have it."""
    where = environment
    section: object = document[environment]
    for name in (command, "parameters"):
        if not isinstance(section, Mapping):
            raise BuildError(f"{path}: {where} must be a table")
        section = section.get(name) or {}
        where = f"{where}.{name}"
    if not isinstance(section, Mapping):
        raise BuildError(f"{path}: {where} must be a table")
    return section


def _overrides(path: Path, where: str, parameters: Mapping[str, object], on_read: OnRead) -> dict[str, str]:
    given = parameters.get("parameter_overrides")
    if given is None:
        return {}
    try:
        return values_from(given, read=reader(path.parent, on_read))
    except TemplateError:
        raise
    except BuildError as error:
        raise BuildError(f"{path}: {where}: {error}") from None


def _choice(path: Path, sections: Mapping[str, Mapping[str, object]], key: str, choices: Sequence[C]) -> C | None:
    """A key of ESB's own, in build or global."""
    given = _first(path, sections, key, ("build", "global"))
    found = next((each for each in choices if each == given), None)
    if given is not None and found is None:
        raise BuildError(f"{path}: {key} must be {' or '.join(choices)}, not {given}")
    return found


def _first(path: Path, sections: Mapping[str, Mapping[str, object]], key: str, commands: tuple[str, ...]) -> str | None:
    for command in commands:
        value = sections[command].get(key)
        if value is not None:
            if not isinstance(value, str) or not value:
                raise BuildError(f"{path}: {key} of {command} must be text")
            return value
    return None
