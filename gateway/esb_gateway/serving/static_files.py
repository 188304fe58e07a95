"""Files of a folder, for paths that no route has: the `--static` of `esb-gateway local`."""

from __future__ import annotations

import asyncio
import mimetypes
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote

from esb_wire.http.messages import Request, Response

_INDEX: Final = "index.html"
_SECRET: Final = ("esb.secrets.yml", "secrets.env")  # credentials that lie in a project, beside those with a dot
_TEXTS: Final = ("application/javascript", "application/json", "image/svg+xml")
_HEADERS: Final = (("Cache-Control", "no-cache"), ("X-Content-Type-Options", "nosniff"))


class StaticFiles:
    """Answers GET and HEAD with a file of the folder, and with index.html for a folder.

    Nothing outside of the folder is served, whatever a path or a link says, nothing whose name, or whose folder's name,
    begins with a dot, and no file of credentials. That holds for the path and for what it leads to, by links.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def find(self, request: Request) -> Path | None:
        """The file or folder that a request means; None if there is none."""
        if request.method not in ("GET", "HEAD"):
            return None
        parts = [part for part in unquote(request.path).split("/") if part]
        if not all(map(_is_public, parts)):
            return None
        try:
            found = self._root.joinpath(*parts).resolve()
            if found.is_dir():
                found = (found / _INDEX).resolve()
            if not found.is_file() or not found.is_relative_to(self._root):
                return None
            return found if all(map(_is_public, found.relative_to(self._root).parts)) else None
        except (OSError, RuntimeError):  # a name that is too long, links that lead in a circle
            return None

    async def answer(self, request: Request, file: Path) -> Response:
        """The response with a file that `find` gave."""
        if file.name == _INDEX and not request.path.endswith(("/", _INDEX)):
            name = quote(unquote(request.path).rpartition("/")[2])  # a relative address: no other host can be meant
            return Response(302, (("Location", f"{name}/"),))
        try:
            content = await asyncio.to_thread(file.read_bytes)
        except OSError as error:
            return Response(404, (("Content-Type", "text/plain; charset=utf-8"),), f"{error.strerror}\n".encode())
        return Response(200, (("Content-Type", _content_type(file)), *_HEADERS), content)


def _is_public(part: str) -> bool:
    return not part.startswith(".") and "\0" not in part and part.casefold() not in _SECRET


def _content_type(file: Path) -> str:
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") or kind in _TEXTS else kind
