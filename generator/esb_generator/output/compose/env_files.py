"""The files of credentials: secrets.env, made once, and .env, from which Compose takes each service's variables.

Both are readable for the owner alone. A file that another user could have read or written is refused: one that belongs
to another user, that other users can read, or that git tracks.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import Final

from esb_generator.errors import BuildError
from esb_generator.model import Application, Function, ResourceEntry
from esb_generator.output.compose.certificate import certificate
from esb_generator.output.files.rooted_files import Root
from esb_generator.output.images.containers import secret_variable, token_variable
from esb_schemas.agreements.storage_events import TOKEN_VARIABLE
from esb_schemas.backends import BACKENDS
from esb_schemas.engines.engine import S3_IDENTITIES
from esb_schemas.settings_files.env_file import UnquotableError, dump, load, value_variable
from esb_schemas.settings_files.private_files import problem
from esb_wire.function_credentials import access_key_id, secret_access_key

SECRETS: Final = "secrets.env"
ENVIRONMENT: Final = ".env"
ENV_FILES: Final = (ENVIRONMENT, SECRETS)
CERTIFICATE: Final = "ESB_ENGINE_CERTIFICATE"

# Bytes, with the name: Linux's limit for a string in the environment of a process (MAX_ARG_STRLEN, execve(2)).
_LONGEST_VARIABLE = 130_000


def check_private(root: Root) -> None:
    """Raise BuildError for a file of credentials that another user could have read or written."""
    for name in ENV_FILES:
        status = root.find(name)
        if status is None:
            continue
        if (reason := problem(root.path / name, status)) is not None:
            raise BuildError(reason)


def random_hex(count: int) -> str:
    """`count` random bytes, hexadecimal; `secrets.token_hex` without the import of `random`."""
    return os.urandom(count).hex()


def ensure_secrets(root: Root, token: Callable[[int], str] = random_hex) -> bool:
    """Make secrets.env if it does not exist; returns whether it was made. `token(n)` is n random bytes, hexadecimal."""
    if root.find(SECRETS) is not None:
        return False
    values = {
        "AWS_ACCESS_KEY_ID": token(10).upper(),
        "AWS_SECRET_ACCESS_KEY": token(20),
        "ESB_RUNTIME_SECRET": token(32),
    }
    _write_private(root, SECRETS, values)
    return True


def write_environment(root: Root, application: Application) -> None:
    """Write .env: credentials of secrets.env, tokens derived from it, and the secrets of the application.

    The names are ESB's own, so that AWS credentials in the user's shell never replace them.
    Raises BuildError if secrets.env is not as esb wrote it, and for a value that cannot be written.
    """
    known = sorted(application.functions, key=lambda function: function.name)
    values = _read(root)
    try:
        secret = values["ESB_RUNTIME_SECRET"]
        lines = {
            "ESB_ACCESS_KEY_ID": values["AWS_ACCESS_KEY_ID"],
            "ESB_SECRET_ACCESS_KEY": values["AWS_SECRET_ACCESS_KEY"],
            CERTIFICATE: _certificate(root, secret),
            **dict(_basic_auth(secret)),
            **({TOKEN_VARIABLE: _token(secret, "webhook of s3")} if application.notifies else {}),
            **{token_variable(each.name): _token(secret, each.name) for each in known},
            **dict(_values(known)),
            **dict(_secrets_of(chain.from_iterable(application.resources.values()))),
            **(_function_credentials(values, known) if application.function_credentials else {}),
        }
    except KeyError as error:
        path = root.path / SECRETS
        raise BuildError(f"{path} has no {error.args[0]}; add it, or delete the file and build again") from error
    if root.read(ENVIRONMENT) != _lines(lines):
        _write_private(root, ENVIRONMENT, lines)


def _values(functions: Iterable[Function]) -> Iterator[tuple[str, str]]:
    """The secret values of the functions' variables; the gateway of embedded mode reads them, too."""
    for function in functions:
        for name, value in sorted(function.secrets.items()):
            try:
                dump({name: value})
            except UnquotableError as error:
                what = f"{function.logical_id}: the value of {name} is secret and cannot be written to {ENVIRONMENT}"
                raise BuildError(f"{what}: {error}; use another value") from error
            yield value_variable(function.name, name), value


def _function_credentials(stack: Mapping[str, str], functions: Iterable[Function]) -> dict[str, str]:
    """The secret of each function, and all credentials for a storage that checks signatures."""
    secrets = {each.name: secret_access_key(stack["AWS_SECRET_ACCESS_KEY"], each.name) for each in functions}
    pairs = [("stack", stack["AWS_ACCESS_KEY_ID"], stack["AWS_SECRET_ACCESS_KEY"])]
    pairs += [(f"function {name}", access_key_id(name), secret) for name, secret in secrets.items()]
    identities = [
        {"name": name, "credentials": [{"accessKey": key, "secretKey": secret}], "actions": ["Admin"]}
        for name, key, secret in pairs
    ]
    encoded = base64.b64encode(json.dumps({"identities": identities}).encode()).decode()
    if len(encoded) > _LONGEST_VARIABLE:
        text = f"the storage cannot know the credentials of {len(secrets)} functions, which do not fit into a variable"
        raise BuildError(f"{text}; build with --credentials stack")
    return {secret_variable(name): secret for name, secret in secrets.items()} | {S3_IDENTITIES: encoded}


def _secrets_of(resources: Iterable[ResourceEntry]) -> Iterator[tuple[str, str]]:
    """The secrets of resources.yml; the provisioner reads them."""
    for entry in resources:
        for name, value in entry.secrets.items():
            try:
                dump({name: value})
            except UnquotableError as error:
                what = f"{entry.logical_id}: a secret of this {entry.kind} cannot be written to {ENVIRONMENT}"
                raise BuildError(f"{what}: {error}; use another value") from error
            yield name, value


def _certificate(root: Root, secret: str) -> str:
    """The certificate of the engines' processes. One in .env for this secret is kept, as making one takes 10 ms."""
    known = _read(root, ENVIRONMENT)
    if CERTIFICATE in known and dict(_basic_auth(secret)).items() <= known.items():
        return known[CERTIFICATE]
    return base64.b64encode(certificate(secret).encode()).decode()


def _read(root: Root, name: str = SECRETS) -> dict[str, str]:
    try:
        text = (root.read(name) or b"").decode()
    except UnicodeDecodeError as error:
        raise BuildError(f"{root.path / name} is not text; fix it, or delete it and build again") from error
    return load(text)


def _token(secret: str, name: str) -> str:
    """The token by which a function's containers identify themselves; the gateway derives it from the same secret."""
    return hmac.new(secret.encode(), name.encode(), hashlib.sha256).hexdigest()[:32]


def _basic_auth(secret: str) -> Iterator[tuple[str, str]]:
    """The passwords of servers with Basic authentication. No function can have the name that they are derived from."""
    for row in BACKENDS:
        if row.basic_auth:
            yield row.basic_auth.set_password_variable, _token(secret, f"password of {row.service}")


def _lines(values: Mapping[str, str]) -> bytes:
    return dump(values).encode()


def _write_private(root: Root, name: str, values: Mapping[str, str]) -> None:
    with root.writing() as writer:
        writer.replace(name, _lines(values), 0o600)
