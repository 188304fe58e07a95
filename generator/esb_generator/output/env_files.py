"""The files of credentials: secrets.env, made once, and .env, from which Compose fills in what each service needs.

Both are for the owner alone. A file that somebody else may know, or may have written, is refused: one that belongs to
another user, that other users can read, or that git tracks.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from esb_generator.errors import BuildError
from esb_generator.output.containers import token_variable
from esb_generator.output.rooted_files import Root
from esb_schemas.backends import BACKENDS

SECRETS: Final = "secrets.env"
ENVIRONMENT: Final = ".env"
ENV_FILES: Final = (ENVIRONMENT, SECRETS)
_NEW_ONES: Final = "delete it and build again, which makes new credentials"
# The repository is not trusted: none of its settings may run a program.
_GIT: Final = ("git", "--no-pager", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")
_GIT_SECONDS: Final = 10


def check_private(root: Root) -> None:
    """Raise BuildError for a file of credentials that somebody else may know or may have written."""
    for name in ENV_FILES:
        status = root.find(name)
        if status is None:
            continue
        path = root.path / name
        if not stat.S_ISREG(status.st_mode):
            raise BuildError(f"{path} is not a regular file; delete it and build again")
        if status.st_uid != os.geteuid():
            raise BuildError(f"{path} belongs to another user, who knows its credentials; {_NEW_ONES}")
        if status.st_mode & 0o077:
            raise BuildError(f"{path} is open to other users; {_NEW_ONES}, or close it with chmod 600 {path}")
        if _is_tracked(path):
            raise BuildError(
                f"{path} is tracked by git, so whoever has the repository knows its credentials;"
                f" take it out with git rm --cached {path}, then {_NEW_ONES}"
            )


def random_hex(count: int) -> str:
    """`count` random bytes, hexadecimal; `secrets.token_hex` without the import of `random`."""
    return os.urandom(count).hex()


def ensure_secrets(root: Root, token: Callable[[int], str] = random_hex) -> bool:
    """Make secrets.env if it does not exist; whether it was made. `token(n)` is n random bytes, hexadecimal."""
    if root.find(SECRETS) is not None:
        return False
    values = {
        "AWS_ACCESS_KEY_ID": token(10).upper(),
        "AWS_SECRET_ACCESS_KEY": token(20),
        "ESB_RUNTIME_SECRET": token(32),
    }
    _write_private(root, SECRETS, values)
    return True


def write_environment(root: Root, functions: Iterable[str]) -> None:
    """Write .env, which has no more of secrets.env than each service may know.

    The names are ESB's own, so that credentials in a person's shell never replace them.
    Raises BuildError if secrets.env is not as esb wrote it.
    """
    values = _read(root)
    try:
        secret = values["ESB_RUNTIME_SECRET"]
        lines = {
            "ESB_ACCESS_KEY_ID": values["AWS_ACCESS_KEY_ID"],
            "ESB_SECRET_ACCESS_KEY": values["AWS_SECRET_ACCESS_KEY"],
            **dict(_basic_auth(secret)),
            **{token_variable(name): _token(secret, name) for name in sorted(functions)},
        }
    except KeyError as error:
        path = root.path / SECRETS
        raise BuildError(f"{path} has no {error.args[0]}; add it, or delete the file and build again") from error
    if root.read(ENVIRONMENT) != _lines(lines):
        _write_private(root, ENVIRONMENT, lines)


def _read(root: Root) -> dict[str, str]:
    try:
        text = (root.read(SECRETS) or b"").decode()
    except UnicodeDecodeError as error:
        raise BuildError(f"{root.path / SECRETS} is not text; fix it, or delete it and build again") from error
    pairs = (line.partition("=") for line in text.splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs}


def _token(secret: str, name: str) -> str:
    """The proof of a function's containers that they are its own; the gateway derives it from the same secret."""
    return hmac.new(secret.encode(), name.encode(), hashlib.sha256).hexdigest()[:32]


def _basic_auth(secret: str) -> Iterator[tuple[str, str]]:
    """The passwords of servers that ask for one; no function can have the name that they are derived from."""
    for row in BACKENDS:
        if row.basic_auth:
            yield row.basic_auth.set_password_variable, _token(secret, f"password of {row.service}")


def _lines(values: Mapping[str, str]) -> bytes:
    return "".join(f"{name}={value}\n" for name, value in values.items()).encode()


def _write_private(root: Root, name: str, values: Mapping[str, str]) -> None:
    with root.writing() as writer:
        writer.replace(name, _lines(values), 0o600)


def _is_tracked(path: Path) -> bool:
    """Whether git has the file in its index; False if there is no repository or no git that can tell."""
    folder = path.parent.resolve()
    if not any(os.path.lexists(above / ".git") for above in (folder, *folder.parents)):
        return False
    import subprocess  # noqa: PLC0415 - 4 % of a small build in a folder without a repository

    command = [*_GIT, "-C", str(folder), "ls-files", "--error-unmatch", "--", path.name]
    # An index may make git fetch objects, from where the repository says.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_ALLOW_PROTOCOL": "none", "GIT_NO_LAZY_FETCH": "1", "GIT_OPTIONAL_LOCKS": "0"}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=_GIT_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
