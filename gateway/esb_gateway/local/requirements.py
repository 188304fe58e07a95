"""The packages that functions and layers require in a requirements.txt, each set installed once.

`DIR/local/deps/<hash>` is named by the requirements and by the Python that will import them. It is filled under another
name and renamed when complete.
"""

from __future__ import annotations

import asyncio
import hashlib
import importlib.util
import platform
import re
import shutil
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Final, TypeAlias

from esb_gateway.errors import ConfigurationError
from esb_gateway.execution.processes import Command
from esb_gateway.invocation import Function
from esb_gateway.local.rooted_paths import below, write_new

FILE: Final = "requirements.txt"
# Lines that name other files: -r, -c, -e, a path, a file: URL. The content of these then counts, too.
_LOCAL: Final = re.compile(r"^\s*(-[rce]|--(requirement|constraint|editable)|\.|/)|file:", re.MULTILINE)
_NOT_EMPTY: Final = re.compile(r"^\s*[^#\s]", re.MULTILINE)

Run: TypeAlias = Callable[[Command, Callable[[str], object]], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Requirements:
    """A requirements.txt in `folder`, for one function; `target` is where its packages are, or will be."""

    function: str
    folder: Path
    target: Path


def required(functions: Iterable[Function], root: Path) -> tuple[Requirements, ...]:
    """The requirements of the functions, for each in the order of its path: code before layers."""
    return tuple(
        Requirements(function.name, folder, below(root, f"local/deps/{_hash(folder)}"))
        for function in functions
        for folder in _folders(function, root)
        if _has_requirements(folder / FILE)
    )


def folders_by_function(requirements: Iterable[Requirements]) -> dict[str, tuple[Path, ...]]:
    """The folders that go onto each function's path."""
    found: dict[str, tuple[Path, ...]] = {}
    for each in requirements:
        found[each.function] = (*found.get(each.function, ()), each.target.resolve())
    return found


async def install(
    requirements: Iterable[Requirements], environment: Mapping[str, str], run: Run, report: Callable[[str], object]
) -> None:
    """Install what is missing, concurrently. Raises a group of ConfigurationErrors for what fails."""
    missing: dict[Path, Requirements] = {}
    for each in requirements:
        if not each.target.is_dir():
            missing.setdefault(each.target, each)
    if missing:
        installer = find_installer(environment)
        async with asyncio.TaskGroup() as tasks:
            for each in missing.values():
                report(f"{each.function}: installing {each.folder / FILE}")
                tasks.create_task(_install(each, installer, environment, run))


def find_installer(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The command of uv, else of pip, up to the packages. Raises ConfigurationError if there is neither."""
    if importlib.util.find_spec("uv") is not None:
        return (sys.executable, "-m", "uv", "pip", "install", "--python", sys.executable)
    uv = shutil.which("uv", path=environment.get("PATH"))
    if uv is not None:
        return (uv, "pip", "install", "--python", sys.executable)
    if importlib.util.find_spec("pip") is not None:
        return (sys.executable, "-m", "pip", "install", "--disable-pip-version-check")
    raise ConfigurationError(f"{FILE}: there is neither uv nor pip to install with; install one of them.")


async def _install(wanted: Requirements, installer: tuple[str, ...], environment: Mapping[str, str], run: Run) -> None:
    log: list[str] = []
    try:
        wanted.target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(mkdtemp(prefix=f"{wanted.target.name}.", dir=wanted.target.parent.resolve()))
    except OSError as error:
        raise _cannot_be_written(wanted, error) from error
    try:
        unfinished.chmod(0o755)
        arguments = (*installer, "--target", str(unfinished), "-r", FILE)
        code = await run(Command(arguments, environment, wanted.folder.resolve()), log.append)
        if code:
            path = wanted.target.with_suffix(".log")
            write_new(path, "".join(f"{line}\n" for line in log))
            raise ConfigurationError(
                f"{wanted.function}: {wanted.folder / FILE} could not be installed; the reason is in {path}."
            )
        _keep(unfinished, wanted.target)
    except OSError as error:
        raise _cannot_be_written(wanted, error) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _cannot_be_written(wanted: Requirements, error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"{wanted.target}: cannot be written ({error.strerror or error}); packages are installed there."
    )


def _keep(unfinished: Path, target: Path) -> None:
    try:
        unfinished.rename(target)
    except OSError:
        if not target.is_dir():  # else another gateway has installed the same meanwhile
            raise


def _folders(function: Function, root: Path) -> tuple[Path, ...]:
    code = root / (function.code or f"functions/{function.name}")
    return (code, *(root / layer / "python" for layer in function.layers))


def _has_requirements(file: Path) -> bool:
    return file.is_file() and _NOT_EMPTY.search(file.read_text(encoding="utf-8", errors="replace")) is not None


def _hash(folder: Path) -> str:
    text = (folder / FILE).read_bytes()
    digest = hashlib.sha256(f"{sys.implementation.cache_tag} {platform.system()} {platform.machine()}\0".encode())
    digest.update(text)
    if _LOCAL.search(text.decode("utf-8", "replace")):
        for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"):
            digest.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]
