"""Reads zip archives as lists of files, each with a digest."""

import posixpath
import stat
import zipfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path, PurePosixPath

from esb_generator.errors import BuildError
from esb_generator.output.files.source_files import FileCallbacks, SourceFile, check_size, in_memory, is_secret_file
from esb_generator.settings.choices import UNZIPPED_LIMIT


def archive(path: Path, limit: int = UNZIPPED_LIMIT, found: FileCallbacks = FileCallbacks()) -> Iterator[SourceFile]:  # noqa: B008
    """Every file of a zip archive, in the order of the names; a link becomes a copy of its target.

    Files of credentials are left out.
    Raises BuildError for an archive that is broken or malicious.
    """
    try:
        with zipfile.ZipFile(path) as opened:
            members = {_name(m.filename, path): m for m in opened.infolist() if not m.is_dir()}
            _check_tree(members, path)
            links = {
                name: opened.read(member).decode("utf-8", "replace")
                for name, member in members.items()
                if stat.S_ISLNK(member.external_attr >> 16)
            }
            files = {
                copy: members[source]
                for name in members
                for copy, source in _copies(name, _target(name, links, members, path), links, members, path)
            }
            check_size(path, ((name, member.file_size) for name, member in files.items()), limit)
            for name, member in sorted(files.items()):
                if is_secret_file(posixpath.basename(name)):
                    found.on_secret(path / name)
                    continue
                yield in_memory(name, opened.read(member), executable=bool(member.external_attr >> 16 & 0o111))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
        raise BuildError(f"{path} is not a zip archive that can be read ({error}); build it again") from error


def _name(written: str, archive_path: Path) -> str:
    name = PurePosixPath(written)
    if name.is_absolute() or not name.parts or ".." in name.parts:
        raise BuildError(f"{archive_path} holds {written}, which would lie outside its folder; pack it again")
    return str(name)


def _check_tree(names: Collection[str], archive_path: Path) -> None:
    """Raise BuildError for a file, or a link, with a file below it."""
    for name in names:
        above = next((str(each) for each in PurePosixPath(name).parents if str(each) in names), None)
        if above is not None:
            what = f"{archive_path} holds {above}, which is not a folder, and {name} below it"
            raise BuildError(f"{what}; pack it again")


def _copies(
    name: str, target: str, links: Mapping[str, str], names: Collection[str], archive_path: Path
) -> Iterator[tuple[str, str]]:
    """The file itself, or those of the folder that a link leads to: the name of each, and the file with the content."""
    if target in names:
        yield name, target
        return
    for inside in names:
        if inside.startswith(f"{target}/"):
            found = _target(inside, links, names, archive_path)
            if found not in names:
                raise _bad_link(inside, links, archive_path)  # its target may be a folder around it
            yield f"{name}{inside.removeprefix(target)}", found


def _target(name: str, links: Mapping[str, str], names: Collection[str], archive_path: Path) -> str:
    """The file or folder that a name leads to after all links. Raises BuildError for a link to anything else."""
    seen, at = {name}, name
    while at in links:
        at = posixpath.normpath(posixpath.join(posixpath.dirname(at), links[at]))
        is_folder = any(each.startswith(f"{at}/") for each in names)
        if at in seen or not (at in names or is_folder):
            raise _bad_link(name, links, archive_path)
        seen.add(at)
    return at


def _bad_link(name: str, links: Mapping[str, str], archive_path: Path) -> BuildError:
    what = f"{archive_path} holds the link {name} to {links[name]}, which is not a file of the archive"
    return BuildError(f"{what}; pack it again with files in place of links")
