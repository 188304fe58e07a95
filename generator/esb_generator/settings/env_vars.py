"""The file of `--env-vars`, and an application with its values."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from esb_generator.cloudformation.reading.template import read_document
from esb_generator.errors import Problem, TemplateError
from esb_generator.model import Application, Function
from esb_generator.values import Mark, Value, mark_at
from esb_schemas.settings_files.env_vars import (
    Configurable,
    EnvVars,
    InvalidEnvVars,
    env_vars_of,
    overridden,
    without_effect,
)


class EnvVarsFile(NamedTuple):
    """The values, and the document with their positions; `shown` is its name in messages."""

    values: EnvVars = EnvVars()
    document: Value = None
    shown: str = ""

    def mark(self, path: tuple[str, ...]) -> Mark:
        return mark_at(self.document, path, Mark(self.shown, 1, 1))


NO_ENV_VARS: Final = EnvVarsFile()


def read_env_vars_file(path: Path, shown: str) -> EnvVarsFile:
    """Raises TemplateError for a file that cannot be read, or has another shape."""
    document = read_document(path, name=shown)
    try:
        return EnvVarsFile(env_vars_of(document), document, shown)
    except InvalidEnvVars as error:
        at = mark_at(document, error.problem.path, Mark(shown, 1, 1))
        raise TemplateError([Problem(at, str(error))]) from error


def with_env_vars(application: Application, given: EnvVarsFile) -> Application:
    if given.values == EnvVars():
        return application
    functions = tuple(
        each._replace(entry=each.entry._replace(environment=overridden(_configurable(each), given.values)))
        for each in application.functions
    )
    return application._replace(functions=functions)


def ignored_entries(application: Application, given: EnvVarsFile) -> Iterator[Problem]:
    """Entries of the file that have no effect."""
    for problem in without_effect(map(_configurable, application.functions), given.values):
        yield Problem(given.mark(problem.path), f"{': '.join(problem.path)}: {problem.text}")


def _configurable(function: Function) -> Configurable:
    return Configurable((function.logical_id, function.name), function.entry.environment)
