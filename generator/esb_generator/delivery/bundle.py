"""`esb bundle`: a built stack in one file, for a machine without a network and without ESB.

The file is a tar of one folder: `esb/` (the output of a build with its credentials), `images.tar` (`docker save`),
`compose.yaml`, `SHA256SUMS` of all of them, and `load.sh`, which needs Docker alone.
"""

import hashlib
import io
import os
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from esb_generator.delivery.images import Docker, OnStep, Run, save_images, without_digest
from esb_generator.errors import BuildError
from esb_generator.output.compose.compose_files import include
from esb_generator.output.compose.env_files import ENVIRONMENT, SECRETS
from esb_generator.output.compose.file_names import PROJECT_FILE, STACK_FILE
from esb_generator.output.files.source_files import check_not_special
from esb_schemas.lazy_pattern import LazyPattern
from esb_schemas.settings_files.private_files import problem

_IMAGE: Final = LazyPattern(rb"""(?m)^(?P<key>\s+image: ["']?)(?P<name>[^\s"']+@sha256:[0-9a-f]{64})""")
_SCRIPT: Final = Path(__file__).with_name("load.sh")
_LEFT_OUT: Final = ("local",)  # what embedded mode keeps in the folder


def bundle(  # noqa: PLR0913 - what is bundled, for whom, and who runs docker and hears of it
    root: Path,
    file: Path,
    platform: str | None,
    environment: Mapping[str, str],
    run: Run,
    *,
    on_step: OnStep = lambda _: None,
) -> str:
    """Build what is missing, and write the file; returns the architecture that it is for.

    `run` runs a command with an environment: exit code, output, errors. `on_step` is called with the next step, such as
    `pulling busybox:1`. Raises BuildError.
    """
    if not (root / STACK_FILE).is_file():
        raise BuildError(f"{root} has no {STACK_FILE}; run esb build first, or name its folder with --root")
    if file.is_dir():
        raise BuildError(f"{file} is a folder; name a file")
    _check_credentials(root)
    files = list(_files(root))  # before Docker reads the folder
    try:
        with tempfile.TemporaryDirectory(dir=file.resolve().parent, prefix=".esb-bundle-") as folder:
            saved, unfinished = Path(folder) / "images.tar", Path(folder) / "bundle.tar"
            variables = {**environment, **({"DOCKER_DEFAULT_PLATFORM": platform} if platform else {})}
            architecture = save_images(root, saved, platform, Docker(run, variables), on_step)
            on_step(f"writing {file.name}")
            _write(unfinished, file.name.partition(".")[0] or "bundle", _members(root, files, saved, architecture))
            unfinished.replace(file)
    except OSError as error:
        cause = "" if error.filename is None else f" ({error.filename})"
        raise BuildError(f"{file} cannot be written: {error.strerror}{cause}") from error
    return architecture


def _content(path: Path, root: Path) -> bytes | Path:
    """The content of a file of the folder; in Compose files, images have no digests (SHA256SUMS has their hash)."""
    if path.suffix != ".yml" or path.parent != root:
        return path
    return _IMAGE.sub(lambda found: found["key"] + without_digest(found["name"].decode()).encode(), path.read_bytes())


def _members(
    root: Path, files: Sequence[Path], images: Path, architecture: str
) -> Iterator[tuple[str, bytes | Path, int]]:
    """Name, content and mode of each member, the checksums last but one."""
    sums: list[str] = []

    def member(name: str, content: bytes | Path, mode: int) -> tuple[str, bytes | Path, int]:
        sums.append(f"{_digest(content)}  {name}\n")
        return name, content, mode

    for path in files:
        relative = path.relative_to(root).as_posix()
        yield member(f"esb/{relative}", _content(path, root), path.stat().st_mode & 0o777)
    own = _own_compose_file(root)
    text = own.read_bytes() if own.is_file() else include("", ".esb").encode()
    yield member(PROJECT_FILE, text, 0o644)
    yield member("images.tar", images, 0o600)
    yield "SHA256SUMS", "".join(sums).encode(), 0o644
    yield "load.sh", _SCRIPT.read_text().replace("@ARCHITECTURE@", architecture).encode(), 0o755


def _own_compose_file(root: Path) -> Path:
    """Raises BuildError for a link, which may lead to any file of this machine."""
    own = root.resolve().parent / PROJECT_FILE
    if own.is_symlink():
        raise BuildError(f"{own} is a link; replace it by a file")
    return own


def _check_credentials(root: Path) -> None:
    """Raises BuildError unless a build of this user made the folder: another one may name anything."""
    for name in (SECRETS, ENVIRONMENT):
        path = root / name
        try:
            wrong = problem(path, path.lstat())
        except FileNotFoundError:
            wrong = f"{path} does not exist; run esb build first" if name == SECRETS else None
        if wrong is not None:
            raise BuildError(wrong)


def _files(root: Path) -> Iterator[Path]:
    """Raises BuildError for a link, a device or a FIFO, which a build never makes; a link may lead anywhere."""
    _own_compose_file(root)
    for folder, folders, names in os.walk(root):
        if Path(folder) == root:
            folders[:] = [name for name in folders if name not in _LEFT_OUT]
        folders.sort()
        paths = (Path(folder) / name for name in (*folders, *names))
        if (link := next((path for path in paths if path.is_symlink()), None)) is not None:
            raise BuildError(f"{link} is a link, which no build makes; delete it")
        for path in (Path(folder) / name for name in sorted(names)):
            check_not_special(path)
            yield path


def _digest(content: bytes | Path) -> str:
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    with content.open("rb", buffering=0) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _write(file: Path, folder: str, members: Iterator[tuple[str, bytes | Path, int]]) -> None:
    """Readable for the owner alone, as it has the stack's credentials."""
    opened = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(opened, "wb") as stream, tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content, mode in members:
            info = tarfile.TarInfo(f"{folder}/{name}")
            info.mode = mode
            info.size = len(content) if isinstance(content, bytes) else content.stat().st_size
            with io.BytesIO(content) if isinstance(content, bytes) else content.open("rb") as source:
                archive.addfile(info, source)
