"""Artifacts reach the disk: compared with what is there, written through temporary files, stale ones removed.

A build that is killed leaves every file old or new, never half; the next build finishes the work. `.esb/manifest.json`
names the files that ESB wrote: only those are ever replaced or removed.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from esb_generator.errors import BuildError
from esb_generator.output.containers import token_variable
from esb_generator.output.plan import Artifact
from esb_generator.output.source_files import digest_of

MANIFEST = "manifest.json"
SECRETS = "secrets.env"
ENVIRONMENT = ".env"
_TEMPORARY = ".tmp-"
_AT_A_TIME = 256 * 1024  # bytes


class Changes(NamedTuple):
    """What a build has to do to a folder; each is sorted by path."""

    created: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: int = 0

    def __bool__(self) -> bool:
        return bool(self.created or self.updated or self.removed)


def compare(artifacts: tuple[Artifact, ...], output: Path) -> Changes:
    """Compare artifacts with the folder; nothing is written.

    Raises BuildError for a file that is in the way and was not written by ESB.
    """
    manifest = _manifest(output)
    created, updated = [], []
    folder = str(output)
    for artifact in artifacts:
        path = f"{folder}{os.sep}{artifact.path}"
        try:
            there = os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            created.append(artifact.path)
            continue
        if not _is_same(artifact, path, there):
            if not _is_ours(Path(path), output, manifest):
                raise BuildError(f"{path} was not written by esb and is in the way; move it, or name another --output")
            updated.append(artifact.path)
    wanted = {artifact.path for artifact in artifacts}
    removed = sorted(path for path in manifest - wanted if _is_file(output / path))
    return Changes(
        tuple(sorted(created)), tuple(sorted(updated)), tuple(removed), len(artifacts) - len(created) - len(updated)
    )


def write(artifacts: tuple[Artifact, ...], changes: Changes, output: Path) -> None:
    """Carry out the changes, in the order of the artifacts. Raises BuildError when the folder cannot be written."""
    if not changes:
        return
    wanted = {artifact.path for artifact in artifacts}
    touched = {*changes.created, *changes.updated}
    written: dict[tuple[str, bool], Path] = {}
    try:
        with _temporary_folder(output) as temporary:
            # First the union: whatever a kill leaves behind, the next build knows that it is ESB's.
            _replace(output / MANIFEST, temporary, _manifest_text(_manifest(output) | wanted))
            for path in changes.removed:
                _remove(output, path)
            for artifact in artifacts:
                if artifact.path in touched:
                    _put(artifact, output / artifact.path, temporary, written)
            _replace(output / MANIFEST, temporary, _manifest_text(wanted))
    except OSError as error:
        raise BuildError(f"{error.filename or output} cannot be written: {error.strerror or error}") from error


def _put(artifact: Artifact, path: Path, temporary: Path, written: dict[tuple[str, bool], Path]) -> None:
    """Write a file, or link the same one that this build has written: most functions have the same Dockerfile.

    A file system makes twenty links in the time of one file.
    """
    same = written.setdefault((artifact.digest, artifact.executable), path)
    if same is not path:
        try:
            os.link(same, temporary / "new")
        except OSError:  # a file system without links, or a file has too many
            pass
        else:
            _move(temporary / "new", path)
            return
    _replace(path, temporary, artifact.content, executable=artifact.executable)


def ensure_secrets(output: Path, token: Callable[[int], str] | None = None) -> bool:
    """Make secrets.env, readable by its owner alone, where there is none; True when it was made now.

    `token(n)` gives n random bytes as hexadecimal text; secrets.token_hex, where it is not given.
    """
    path = output / SECRETS
    if path.exists():
        return False
    if token is None:
        from secrets import token_hex  # noqa: PLC0415 - once in the life of a folder

        token = token_hex
    access_key, secret_key = token(10).upper(), token(20)
    lines = {
        "AWS_ACCESS_KEY_ID": access_key,
        "AWS_SECRET_ACCESS_KEY": secret_key,
        "ESB_RUNTIME_SECRET": token(32),
    }
    _write_private(path, lines)
    return True


def write_environment(output: Path, functions: Iterable[str]) -> None:
    """Write .env, from which Compose fills in what each service may know, and no more, of secrets.env.

    The names are ESB's own, so that credentials in a person's shell never replace them.
    Raises BuildError when secrets.env is not as ESB wrote it.
    """
    path = output / SECRETS
    try:
        pairs = [line.partition("=") for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise BuildError(f"{path} cannot be read: {reason}; mend it, or remove it and build again") from error
    values = {name.strip(): value.strip() for name, _, value in pairs}
    try:
        secret = values["ESB_RUNTIME_SECRET"]
        lines = {
            "ESB_ACCESS_KEY_ID": values["AWS_ACCESS_KEY_ID"],
            "ESB_SECRET_ACCESS_KEY": values["AWS_SECRET_ACCESS_KEY"],
            **{token_variable(name): _token(secret, name) for name in sorted(functions)},
        }
    except KeyError as error:
        raise BuildError(f"{path} has no {error.args[0]}; add it, or remove the file and build again") from error
    if not (output / ENVIRONMENT).is_file() or (output / ENVIRONMENT).read_bytes() != _lines(lines).encode():
        _write_private(output / ENVIRONMENT, lines)


def _token(secret: str, function: str) -> str:
    """What a function's containers prove themselves with; the gateway derives the same from the same secret."""
    return hmac.new(secret.encode(), function.encode(), hashlib.sha256).hexdigest()[:32]


def _lines(values: Mapping[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in values.items())


def _write_private(path: Path, values: Mapping[str, str]) -> None:
    try:
        with _temporary_folder(path.parent) as temporary:
            _replace(path, temporary, _lines(values).encode(), mode=0o600)
    except OSError as error:
        raise BuildError(f"{path} cannot be written: {error.strerror}") from error


def write_once(path: Path, text: str) -> None:
    """Write a file that is the user's from then on. Raises BuildError when it cannot be written."""
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        return
    except OSError as error:
        raise BuildError(f"{path} cannot be written: {error.strerror}") from error


def _manifest(output: Path) -> set[str]:
    """The paths that an earlier build wrote."""
    try:
        return set(map(str, json.loads((output / MANIFEST).read_text(encoding="utf-8"))["files"]))
    except FileNotFoundError:
        return set()
    except OSError as error:
        raise BuildError(f"{output / MANIFEST} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise BuildError(f"{output / MANIFEST} is damaged; remove the folder {output} and build again") from error


def _manifest_text(paths: set[str]) -> bytes:
    return (json.dumps({"files": sorted(paths)}, indent=1, ensure_ascii=False) + "\n").encode()


def _is_file(path: Path) -> bool:
    """Whether a file is there. After a kill, the manifest names both a file and those of the folder in its place."""
    try:
        return not stat.S_ISDIR(path.lstat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def _is_ours(path: Path, output: Path, manifest: set[str]) -> bool:
    """Whether ESB wrote the file, or every file of the folder, at this path; a kill may leave an empty folder."""
    files = [below for below in path.rglob("*") if not below.is_dir()] if path.is_dir() else [path]
    return all(file.relative_to(output).as_posix() in manifest for file in files)


def _is_same(artifact: Artifact, path: str, there: os.stat_result) -> bool:
    """Whether what is there is a regular file of the artifact's content and mode."""
    if not stat.S_ISREG(there.st_mode):
        return False
    is_executable = artifact.executable if os.name == "nt" else bool(there.st_mode & 0o111)
    return is_executable == artifact.executable and digest_of(Path(path)) == artifact.digest


@contextlib.contextmanager
def _temporary_folder(output: Path) -> Iterator[Path]:
    """A folder on the output's file system; what killed builds left of theirs goes too."""
    import shutil  # noqa: PLC0415 - a build that changes nothing needs neither
    import tempfile  # noqa: PLC0415

    output.mkdir(parents=True, exist_ok=True)
    for left in output.glob(f"{_TEMPORARY}*"):
        shutil.rmtree(left, ignore_errors=True)
    temporary = Path(tempfile.mkdtemp(prefix=_TEMPORARY, dir=output))
    try:
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _replace(
    path: Path, temporary: Path, content: bytes | Path, *, executable: bool = False, mode: int | None = None
) -> None:
    new = temporary / "new"
    mode = mode or (0o755 if executable else 0o644)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with open(descriptor, "wb", buffering=0) as stream:  # noqa: PTH123  (a descriptor)
        if isinstance(content, Path):
            with content.open("rb", buffering=0) as source:
                while chunk := source.read(_AT_A_TIME):
                    stream.write(chunk)
        else:
            stream.write(content)
    new.chmod(mode)
    _move(new, path)


def _move(new: Path, path: Path) -> None:
    try:
        new.replace(path)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        new.replace(path)
    except IsADirectoryError:  # an empty one: its files have gone before
        for folder, _, _ in os.walk(path, topdown=False):
            Path(folder).rmdir()
        new.replace(path)


def _remove(output: Path, path: str) -> None:
    (output / path).unlink(missing_ok=True)
    for parent in PurePosixPath(path).parents:
        if str(parent) == ".":
            return
        try:
            (output / parent).rmdir()
        except OSError:
            return  # something else lies there
