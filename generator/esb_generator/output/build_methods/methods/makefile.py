"""make: the target build-<logical id> of the source's own Makefile writes to $ARTIFACTS_DIR.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/building-custom-runtimes.html
"""

from __future__ import annotations

import posixpath
import re
import shlex
from typing import Final

from esb_generator.errors import BuildError
from esb_generator.output.build_methods.build import Build, Files, Source, check_properties
from esb_generator.output.build_methods.images import of_runtime, sam_image

FILE: Final = "Makefile"
BOOTSTRAP: Final = "bootstrap"


def makefile(source: Source, files: Files) -> Build | None:
    """The build of a function or a layer with the BuildMethod makefile; None if a Makefile elsewhere has built it.

    In that case the folder is used as it is, as `sam deploy` does without `sam build`.
    """
    check_properties(source, ())
    if FILE not in files.names:
        if BOOTSTRAP in files.names:
            return None
        raise BuildError(
            f"BuildMethod makefile needs a {FILE} at the top of the folder; if one elsewhere builds a {BOOTSTRAP} into"
            " it, run that first"
        )
    directory = posixpath.normpath(source.working_directory or ".")
    if directory.startswith(("../", "/")) or directory == "..":
        raise BuildError(f"WorkingDirectory {source.working_directory} is outside the folder; an image has only that")
    target = f"build-{source.logical_id}"
    up = posixpath.relpath(FILE, directory)
    change = "" if directory == "." else f"cd {shlex.quote(directory)}\n"
    return Build(
        "makefile",
        of_runtime("ESB_BUILD_IMAGE_MAKEFILE", sam_image(source.runtime), source.runtime),
        f"{change}make --makefile={shlex.quote(up)} {shlex.quote(target)}",
        ("make",),
        caches=("PIP_CACHE_DIR", "npm_config_cache", "GOMODCACHE", "GOCACHE"),
    )


def makefile_of_runtime(source: Source, files: Files) -> Build | None:
    """The build of a custom runtime without BuildMethod by its Makefile, if that has the target."""
    text = files.read(FILE) or ""
    has_target = re.search(rf"^build-({re.escape(source.logical_id)}|%)\s*:", text, re.MULTILINE)
    return makefile(source, files) if has_target else None
