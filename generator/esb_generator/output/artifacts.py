"""Writes artifacts: compares them with the output folder, writes changes, and removes files of earlier builds.

A build that is killed leaves each file either old or new; the next build finishes the work. The manifest lists the
files that esb wrote. Only those are ever replaced or removed.
"""

import json
import os
import stat
from collections import Counter
from collections.abc import Iterable

from esb_generator.errors import BuildError
from esb_generator.output.changes import Changes
from esb_generator.output.compose.env_files import ENV_FILES
from esb_generator.output.files.rooted_files import Root, is_below
from esb_generator.output.plan import GITIGNORE, Artifact

MANIFEST = "manifest.json"
_OWN = {MANIFEST, *ENV_FILES}  # written otherwise


def compare(artifacts: tuple[Artifact, ...], root: Root) -> Changes:
    """Compare artifacts with the output; nothing is written.

    Raises BuildError for a file in the way or a manifest that esb did not write, and for a link.
    """
    manifest = _read_manifest(root)
    created, updated = [], []
    _check_folders(artifacts, root, manifest)
    for artifact in artifacts:
        status = root.find(artifact.path)
        if status is None:
            created.append(artifact.path)
        elif not _is_same(artifact, root, status):
            if not _is_ours(artifact.path, root, status, manifest):
                raise _in_the_way(root, artifact.path)
            updated.append(artifact.path)
    stale = sorted(manifest - {artifact.path for artifact in artifacts})
    # After a kill, the manifest may list both a file and files of a folder with the same path.
    removed = [path for path in stale if (status := root.find(path)) and not stat.S_ISDIR(status.st_mode)]
    unchanged = len(artifacts) - len(created) - len(updated)
    return Changes(tuple(sorted(created)), tuple(sorted(updated)), tuple(removed), unchanged)


def without_foreign(artifacts: tuple[Artifact, ...], root: Root) -> tuple[Artifact, ...]:
    """The artifacts without the .gitignore if the user wrote one: it is kept. Raises as `compare`."""
    status = root.find(GITIGNORE)
    if status is None or not stat.S_ISREG(status.st_mode) or GITIGNORE in _read_manifest(root):
        return artifacts
    return tuple(artifact for artifact in artifacts if artifact.path != GITIGNORE)


def write(artifacts: tuple[Artifact, ...], changes: Changes, root: Root) -> None:
    """Carry out the changes, in the order of the artifacts. Raises BuildError if the folder cannot be written."""
    if not changes:
        return
    wanted = {artifact.path for artifact in artifacts}
    touched = {*changes.created, *changes.updated}
    copies = Counter(_key(artifact) for artifact in artifacts if artifact.path in touched)
    with root.writing() as writer:
        # First the union: after a kill, the next build then knows all files that esb wrote.
        writer.replace(MANIFEST, _manifest_text(_read_manifest(root) | wanted))
        for path in changes.removed:
            root.remove(path)
        for artifact in artifacts:
            if artifact.path not in touched:
                continue
            mode = 0o755 if artifact.executable else 0o644
            if copies[_key(artifact)] == 1:
                writer.replace(artifact.path, artifact.content, mode)
            else:  # as most functions have the same Dockerfile
                writer.replace_shared(artifact.path, _key(artifact), artifact.content, mode)
        writer.replace(MANIFEST, _manifest_text(wanted))


def _key(artifact: Artifact) -> str:
    return f"{artifact.digest}-{'x' * artifact.executable}"


def _read_manifest(root: Root) -> set[str]:
    """The paths that earlier builds wrote. Raises BuildError for a manifest that esb cannot have written."""
    path = root.path / MANIFEST
    content = root.read(MANIFEST)
    if content is None:
        return set()
    try:
        files = json.loads(content)["files"]
        if not isinstance(files, list):
            raise TypeError
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BuildError(f"{path} is damaged; remove the folder {root.path} and build again") from error
    wrong = [file for file in files if not isinstance(file, str) or not is_below(file) or file in _OWN]
    if wrong:
        what = f"{path} names {str(wrong[0])[:200]!r}, which esb never writes"
        raise BuildError(f"{what}; delete {root.path}, as nothing in it can be trusted, and build again")
    return set(files)


def _manifest_text(paths: set[str]) -> bytes:
    return (json.dumps({"files": sorted(paths)}, indent=1, ensure_ascii=False) + "\n").encode()


def _check_folders(artifacts: Iterable[Artifact], root: Root, manifest: set[str]) -> None:
    """Raise BuildError for a file where a folder is needed, unless esb wrote it."""
    folders = {artifact.path.rpartition("/")[0] for artifact in artifacts}
    around = {
        "/".join(names[:count]) for names in (f.split("/") for f in folders) for count in range(1, len(names) + 1)
    }
    for folder in sorted(around - {""}):
        status = root.find(folder)
        if status and not stat.S_ISDIR(status.st_mode) and folder not in manifest:
            raise _in_the_way(root, folder)


def _is_ours(path: str, root: Root, status: os.stat_result, manifest: set[str]) -> bool:
    """Whether esb wrote the file, or every file of the folder, at this path; a kill may leave an empty folder."""
    files = root.files(path) if stat.S_ISDIR(status.st_mode) else (path,)
    return all(file in manifest for file in files)


def _is_same(artifact: Artifact, root: Root, status: os.stat_result) -> bool:
    """Whether it is a regular file of the artifact's content and mode."""
    is_executable = bool(status.st_mode & 0o111)
    return (
        stat.S_ISREG(status.st_mode)
        and is_executable == artifact.executable
        and root.digest(artifact.path) == artifact.digest
    )


def _in_the_way(root: Root, path: str) -> BuildError:
    return BuildError(f"{root.path / path} was not written by esb and is in the way; move it, or name another --output")
