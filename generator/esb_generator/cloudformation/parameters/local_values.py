"""Values of SSM parameters and secrets, from a file beside the template.

ssm:
  /orders/db-host: db.local
secretsmanager:
  orders/db:
    username: orders
    password: example
"""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, TypeAlias

from esb_generator.cloudformation.reading.template import read_document
from esb_generator.errors import Problem, TemplateError, error_at
from esb_generator.near_miss import near_miss
from esb_generator.values import NOTHING, Map, Mark, Value, as_text
from esb_schemas.lazy_pattern import LazyPattern

FILE_NAME = "esb.secrets.yml"
_SECTIONS = ("secretsmanager", "ssm")
_REFERENCE = LazyPattern(r"\{\{resolve:(ssm-secure|ssm|secretsmanager):([^{}]*)\}\}")
_ENVIRONMENT = LazyPattern(r"\{\{resolve:env:[^{}]*\}\}")
_SECRET_ARN = LazyPattern(r"arn:[^:]*:secretsmanager:[^:]*:[^:]*:secret:(?P<name>[^:]+?)(?:-[A-Za-z0-9]{6})?(?=:|$)")

Secret: TypeAlias = str | Mapping[str, str]


class LocalValues(NamedTuple):
    """SSM parameters by name, secrets by name (a text, or texts by JSON key); `file` is named in errors."""

    ssm: Mapping[str, str] = NOTHING
    secrets: Mapping[str, Secret] = NOTHING
    file: str = FILE_NAME


def read_local_values(path: Path, *, name: str | None = None) -> LocalValues:
    """The values in the file, none if it does not exist; raises TemplateError for a file of another shape."""
    file = name or path.as_posix()
    if not path.exists():
        return LocalValues(file=file)
    document = read_document(path, name=file)
    if not isinstance(document, Map):
        raise error_at(Mark(file, 1, 1), "must be a mapping with the sections ssm and secretsmanager")
    problems = [
        Problem(document.key_mark(key), f"{key} is not a section of this file{near_miss(key, _SECTIONS)}")
        for key in document
        if key not in _SECTIONS
    ]
    ssm = {key: _text(section, key, problems) for section, key in _entries(document, "ssm", problems)}
    secrets = {key: _secret(section, key, problems) for section, key in _entries(document, "secretsmanager", problems)}
    if problems:
        raise TemplateError(problems)
    return LocalValues(ssm, secrets, file)


def not_stored(_: str) -> str | None:
    """No template has an SSM parameter of this name."""
    return None


def fill_in(text: str, values: LocalValues, at: Mark, stored: Callable[[str], str | None] = not_stored) -> str:
    """The text with its `{{resolve:…}}` references replaced; raises TemplateError for one without a value.

    `stored` gives the value of an SSM parameter that a template of this build has; local values come first. A reference
    to the environment is an error, too.
    """
    if (found := environment_reference(text)) is not None:
        raise error_at(at, found)

    def value(match: re.Match[str]) -> str:
        service, reference = match[1], match[2]
        found = _secret_value(reference, values) if service == "secretsmanager" else _ssm_value(reference, values)
        if found is None and service != "secretsmanager":
            found = stored(reference.partition(":")[0])
        if found is None:
            raise error_at(at, f"{match[0]} has no local value; {_fix(service, reference, values)}")
        return found

    return _REFERENCE.sub(value, text)


def environment_reference(text: str) -> str | None:
    """The error in a text that refers to a variable of the environment, as files of ESB do; None if it does not.

    CloudFormation has no such reference, and the environment of the stack's servers has their credentials.
    """
    if (match := _ENVIRONMENT.search(text)) is None:
        return None
    return (
        f"{match[0]} is no dynamic reference of CloudFormation; use {{{{resolve:ssm:…}}}} or "
        f"{{{{resolve:secretsmanager:…}}}} with a value in {FILE_NAME}, or a parameter"
    )


def _ssm_value(reference: str, values: LocalValues) -> str | None:
    name, _, version = reference.partition(":")
    return values.ssm.get(reference, values.ssm.get(name) if version.isdigit() or not version else None)


def _secret_value(reference: str, values: LocalValues) -> str | None:
    """`secret-id[:SecretString[:json-key[:stage[:version]]]]`, where the id may be an ARN."""
    name, key = _secret_and_key(reference)
    secret = values.secrets.get(name)
    if isinstance(secret, str):
        return _json_member(secret, key) if key else secret
    if secret is None:
        return None
    return secret.get(key) if key else json.dumps(dict(secret))


def _secret_and_key(reference: str) -> tuple[str, str]:
    if match := _SECRET_ARN.match(reference):
        name, rest = match["name"], reference[match.end() :].split(":")[1:]
    else:
        name, *rest = reference.split(":")
    return name, rest[1] if len(rest) > 1 else ""


def _json_member(secret: str, key: str) -> str | None:
    try:
        member = json.loads(secret)[key]
    except (ValueError, KeyError, TypeError):
        return None
    return member if isinstance(member, str) else json.dumps(member)


def _fix(service: str, reference: str, values: LocalValues) -> str:
    if service == "secretsmanager":
        name, key = _secret_and_key(reference)
        entry = f"secretsmanager: {{{name}: {{{key}: …}}}}" if key else f"secretsmanager: {{{name}: …}}"
    else:
        entry = f"ssm: {{{reference.partition(':')[0]}: …}}"
    return f"add {entry} to {values.file}"


def _entries(document: Map, section: str, problems: list[Problem]) -> list[tuple[Map, str]]:
    entries = document.get(section)
    if entries is None:
        return []
    if not isinstance(entries, Map):
        problems.append(Problem(document.value_mark(section), f"{section} must be a mapping of names to values"))
        return []
    return [(entries, key) for key in entries]


def _secret(section: Map, key: str, problems: list[Problem]) -> Secret:
    value: Value = section[key]
    if isinstance(value, Map):
        return {member: _text(value, member, problems) for member in value}
    return _text(section, key, problems)


def _text(section: Map, key: str, problems: list[Problem]) -> str:
    value = section[key]
    if isinstance(value, str | int | float):
        return as_text(value)
    problems.append(Problem(section.value_mark(key), f"the value of {key} must be text"))
    return ""
