"""Keeps secret variables of functions and parameters of connections out of all files but .env. Pure.

A value is secret if it contains a value of esb.secrets.yml or of a parameter with NoEcho. Passwords and keys of
connections always are.
"""

from __future__ import annotations

import copy
import json
import operator
from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from typing import Any

from esb_generator.cloudformation.parameters.local_values import LocalValues, environment_reference
from esb_generator.errors import Problem, TemplateError
from esb_generator.model import Application, Function, ResourceEntry
from esb_schemas.documents.variables import reference_to, variables_in
from esb_schemas.sections.eventbridge_connections import NAME as CONNECTIONS
from esb_schemas.sections.eventbridge_connections import http_parameters, secret_paths
from esb_schemas.settings_files.env_file import connection_variable

_SHORTEST = 4  # characters; a shorter text would be found within many others


def secret_texts(local_values: LocalValues, no_echo: Iterable[str]) -> frozenset[str]:
    """The texts that are secret; `no_echo` are the values of parameters with NoEcho."""
    found = {*local_values.ssm.values(), *no_echo}
    for secret in local_values.secrets.values():
        members = _members(secret) if isinstance(secret, str) else secret.values()
        found |= {secret} if isinstance(secret, str) else {json.dumps(dict(secret))}
        found |= set(members)
    return frozenset(found - {""})


def _members(secret: str) -> Iterable[str]:
    """The values of a secret that is a JSON object."""
    try:
        document = json.loads(secret)
    except ValueError:
        return ()
    values = document.values() if isinstance(document, dict) else ()
    return (value if isinstance(value, str) else json.dumps(value) for value in values)


def with_secret_values(application: Application, secrets: frozenset[str]) -> Application:
    """The application with the secrets of functions and connections moved from their entries to `secrets`.

    Raises TemplateError for a connection with a text that looks like a reference to a secret.
    """
    resources = dict(application.resources)
    if connections := resources.get(CONNECTIONS):
        resources[CONNECTIONS] = tuple(_without_secrets(entry, secrets) for entry in connections)
        if problems := [problem for entry in resources[CONNECTIONS] for problem in _foreign_references(entry)]:
            raise TemplateError(problems)
    functions = application.functions
    if secrets:
        functions = tuple(_with_secret_values(function, secrets) for function in functions)
    return application._replace(functions=functions, resources=resources)


def _without_secrets(entry: ResourceEntry, secrets: frozenset[str]) -> ResourceEntry:
    """A connection whose secrets are references to variables."""
    shown: Any = copy.deepcopy(dict(entry.definition))
    found: dict[str, str] = {}
    for number, path in enumerate(_secret_paths(shown.get("AuthParameters", {}), secrets), 1):
        *steps, key = ("AuthParameters", *path)
        owner = reduce(operator.getitem, steps, shown)
        name = connection_variable(entry.name, number)
        found[name], owner[key] = owner[key], reference_to(name)
    return entry._replace(definition=shown, secrets=found)


def _foreign_references(entry: ResourceEntry) -> Iterator[Problem]:
    """References to variables that come from the template: the provisioner would resolve them."""
    for name in sorted({*variables_in(entry.definition)} - entry.secrets.keys()):
        yield Problem(entry.mark, f"{entry.logical_id}: {environment_reference(reference_to(name))}")


def _secret_paths(parameters: Mapping[str, Any], secrets: frozenset[str]) -> Iterator[tuple[str | int, ...]]:
    of_meaning = list(secret_paths(parameters))
    yield from of_meaning
    for path, parameter in http_parameters(parameters):
        if (*path, "Value") not in of_meaning and _is_secret(parameter["Value"], secrets):
            yield (*path, "Value")


def _with_secret_values(function: Function, secrets: frozenset[str]) -> Function:
    environment = function.entry.environment
    hidden = {name: value for name, value in environment.items() if _is_secret(value, secrets)}
    if not hidden:
        return function
    shown = {name: value for name, value in environment.items() if name not in hidden}
    entry = function.entry._replace(environment=shown, secret_environment=tuple(sorted(hidden)))
    return function._replace(entry=entry, secrets=hidden)


def _is_secret(text: str, secrets: frozenset[str]) -> bool:
    """Whether a text is a secret, or has one as a part."""
    return text in secrets or any(secret in text for secret in secrets if len(secret) >= _SHORTEST)
