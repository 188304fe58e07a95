"""Files for paths that no route has."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from esb_gateway.serving.static_files import StaticFiles
from esb_wire.http.messages import Request, Response


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder with a page, a picture in a folder with a page, hidden files, and links that lead out of it."""
    root = tmp_path / "public"
    (root / "docs/.git").mkdir(parents=True)
    for name, text in {"index.html": "<p>home", "docs/index.html": "<p>docs", "docs/ä b.svg": "<svg/>"}.items():
        (root / name).write_text(text)
    (root / ".env").write_text("secret")
    (root / "docs/.git/config").write_text("secret")
    (root / "data").write_bytes(b"\x00")
    (tmp_path / "secret.txt").write_text("secret")
    (root / "docs/.git/secrets.env").write_text("secret")
    (root / "docs/esb.secrets.yml").write_text("secret")
    (root / "SECRETS.env").write_text("secret")  # as a file system without case finds secrets.env, too
    (root / "hidden").symlink_to(root / "docs/.git")
    (root / "shown.txt").symlink_to(root / ".env")
    (root / "values.txt").symlink_to(root / "docs/esb.secrets.yml")
    (root / "link.txt").symlink_to(tmp_path / "secret.txt")
    (root / "out").symlink_to(tmp_path)
    (root / "loop").symlink_to(root / "loop")
    return root


def get(site: Path, path: str, method: str = "GET") -> Response | None:
    request = Request(method, path, "", (), {}, b"", "127.0.0.1")
    files = StaticFiles(site)
    found = files.find(request)
    return None if found is None else asyncio.run(files.answer(request, found))


@pytest.mark.parametrize(
    ("path", "content", "kind"),
    [
        ("/", b"<p>home", "text/html; charset=utf-8"),
        ("/index.html", b"<p>home", "text/html; charset=utf-8"),
        ("/docs/", b"<p>docs", "text/html; charset=utf-8"),
        ("/docs/%C3%A4%20b.svg", b"<svg/>", "image/svg+xml; charset=utf-8"),
        ("//docs//index.html", b"<p>docs", "text/html; charset=utf-8"),
        ("/data", b"\x00", "application/octet-stream"),
    ],
)
def test_a_file_is_served_with_its_type(site: Path, path: str, content: bytes, kind: str) -> None:
    response = get(site, path)
    assert response is not None
    headers = dict(response.headers)
    assert (response.status, response.body, headers["Content-Type"]) == (200, content, kind)
    assert (headers["Cache-Control"], headers["X-Content-Type-Options"]) == ("no-cache", "nosniff")


def test_a_folder_without_its_slash_is_sent_there(site: Path) -> None:
    response = get(site, "/docs")
    assert response is not None
    assert (response.status, dict(response.headers)) == (302, {"Location": "docs/"})


@pytest.mark.parametrize(
    "path",
    [
        "/absent",
        "/.env",
        "/shown.txt",
        "/docs/esb.secrets.yml",
        "/values.txt",
        "/SECRETS.env",
        "/hidden/config",
        "/hidden/secrets.env",
        "/docs/.git/config",
        "/../secret.txt",
        "/docs/..%2f..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/link.txt",
        "/out/secret.txt",
        "/loop",
        "/index.html%00",
        f"/{'x' * 300}",
    ],
)
def test_nothing_else_is(site: Path, path: str) -> None:
    assert get(site, path) is None


def test_other_methods_are_for_routes(site: Path) -> None:
    assert get(site, "/", "HEAD") is not None
    assert get(site, "/", "POST") is None
