"""Files of credentials: refused if another user could read or write them, or if git tracks them."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from esb_schemas.programs import run_with_timeout

_NEW_ONES: Final = "delete it and build again, which makes new credentials"
# The repository is not trusted: none of its settings may run a program.
_GIT: Final = ("git", "--no-pager", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")
_GIT_SECONDS: Final = 10


def problem(path: Path, status: os.stat_result) -> str | None:
    """Why a file of credentials is not private (a link, its owner, its mode, git), and what to do; None if it is."""
    if not stat.S_ISREG(status.st_mode):
        return f"{path} is not a regular file; delete it and build again"
    if status.st_uid != os.geteuid():
        return f"{path} belongs to another user, who knows its credentials; {_NEW_ONES}"
    if status.st_mode & 0o077:
        return f"{path} is open to other users; {_NEW_ONES}, or close it with chmod 600 {path}"
    if _is_tracked(path):
        return (
            f"{path} is tracked by git, so whoever has the repository knows its credentials;"
            f" take it out with git rm --cached {path}, then {_NEW_ONES}"
        )
    return None


def _is_tracked(path: Path) -> bool:
    """Whether git has the file in its index; False if there is no repository or no git that can tell."""
    folder = path.parent.resolve()
    if not any(os.path.lexists(above / ".git") for above in (folder, *folder.parents)):
        return False
    command = [*_GIT, "-C", str(folder), "ls-files", "--error-unmatch", "--", path.name]
    # An index may make git fetch objects, from where the repository says.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_ALLOW_PROTOCOL": "none", "GIT_NO_LAZY_FETCH": "1", "GIT_OPTIONAL_LOCKS": "0"}
    try:
        done = run_with_timeout(command, _GIT_SECONDS, environment=environment)
    except OSError:
        return False
    return done is not None and done[0] == 0
