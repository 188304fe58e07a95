"""Which variables of functions hold secrets, which no file but .env has. Pure.

A value is secret if a text of esb.secrets.yml, or of a parameter with NoEcho, is part of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from esb_generator.cloudformation.local_values import LocalValues
from esb_generator.errors import Problem
from esb_generator.model import Application, Function
from esb_generator.output.plan import Artifact
from esb_generator.output.sources import INLINE_FILES
from esb_generator.values import Mark

_FIX = "only variables of functions keep their secrets out of files"
_CERTAIN = 8  # characters of a text that is in a file because it is a secret, not because it is a word
_WRITTEN = (".yml", *(f"/code/{name}" for name in INLINE_FILES.values()))  # files that have texts of the template
_SHORTEST = 4  # characters of a text that is looked for within others; a shorter one would be found everywhere


def secret_texts(local_values: LocalValues, hidden: Iterable[str]) -> frozenset[str]:
    """The texts that are secret; `hidden` are the values of parameters with NoEcho."""
    found = {*local_values.ssm.values(), *hidden}
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
    """The application, whose functions have their secret variables in `secrets` and no longer in their entries."""
    functions = (_with_secret_values(function, secrets) for function in application.functions)
    return application._replace(functions=tuple(functions)) if secrets else application


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


def exposed_secrets(files: Iterable[Artifact], secrets: Iterable[str], template: str) -> Iterator[Problem]:
    """A warning for each configuration, and for inline code, that has a secret elsewhere than in a function's variable.

    They are mounted or copied into containers whose user is not their owner, so they cannot be for the owner alone.
    """
    looked_for = [secret.encode() for secret in secrets if len(secret) >= _CERTAIN]
    for file in files:
        content = file.content if isinstance(file.content, bytes) and file.path.endswith(_WRITTEN) else b""
        if any(secret in content for secret in looked_for):
            text = f"{file.path} has a secret, and every user of this machine can read it; {_FIX}"
            yield Problem(Mark(template, 1, 1), text)
