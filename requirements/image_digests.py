"""Asks registries for the digests of the engines' images, and writes them to esb_schemas/image_digests.json.

The protocol is that of the OCI Distribution Specification 1.1 ("Pulling manifests"), with the token that a registry
asks for by RFC 6750. A digest is that of the index of all platforms. `nox -s lock` runs it; it needs the standard
library alone.
"""

from __future__ import annotations

import ast
import json
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

SCHEMAS: Final = Path(__file__).resolve().parents[1] / "schemas/esb_schemas"
ENGINES: Final = SCHEMAS / "engines.py"
DIGESTS: Final = SCHEMAS / "image_digests.json"
TIMEOUT: Final = 20.0  # seconds
_DEFAULT: Final = "registry-1.docker.io"  # of names without a host, by the rules of Docker's references
_ACCEPT: Final = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
_PARAMETER: Final = re.compile(r'(\w+)="([^"]*)"')
_LOOPBACK: Final = re.compile(r"(localhost|127\.\d+\.\d+\.\d+)(:\d+)?")


class NoDigest(Exception):
    """A registry does not say the digest; the text is the reason."""


class Reference(NamedTuple):
    """An image: the host of its registry, its repository there, its tag."""

    host: str
    repository: str
    tag: str

    @property
    def url(self) -> str:
        """Of its manifest. As Docker does, registries of this machine are asked without TLS."""
        scheme = "http" if _LOOPBACK.fullmatch(self.host) else "https"
        return f"{scheme}://{self.host}/v2/{self.repository}/manifests/{self.tag}"


def parse(image: str) -> Reference:
    """The parts of an image's name, `[HOST/]REPOSITORY:TAG`."""
    name, _, tag = image.rpartition(":")
    first, slash, rest = name.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return Reference(first, rest, tag)
    return Reference(_DEFAULT, name if slash else f"library/{name}", tag)


def engine_images(source: str) -> list[str]:
    """The images of the table of engines. It is read and not imported: nox has none of its dependencies."""
    found = (
        keyword.value.value
        for call in ast.walk(ast.parse(source))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Engine"
        for keyword in call.keywords
        if keyword.arg == "image" and isinstance(keyword.value, ast.Constant)
    )
    return [image for image in found if isinstance(image, str) and image]


def ask(image: str) -> str:
    """The digest of an image, by its registry. Raises NoDigest."""
    reference = parse(image)
    try:
        try:
            digest = _head(reference.url, None)
        except urllib.error.HTTPError as refused:
            if refused.code != 401:
                raise
            digest = _head(reference.url, _token(refused.headers.get("WWW-Authenticate", "")))
    except urllib.error.HTTPError as error:
        raise NoDigest(f"{reference.host} answers with status {error.code}") from error
    except (OSError, ValueError, KeyError) as error:
        raise NoDigest(f"{reference.host} does not answer: {error}") from error
    if not _DIGEST.fullmatch(digest):
        raise NoDigest(f"{reference.host} names no digest")
    return digest


def lock(
    images: Iterable[str], known: Mapping[str, str], ask: Callable[[str], str]
) -> tuple[dict[str, str], list[str]]:
    """The digests, and a sentence for each image that has no new one; what was known of it is kept."""
    digests, sentences = {}, []
    for image in images:
        try:
            digests[image] = ask(image)
        except NoDigest as error:
            kept = known.get(image)
            sentences.append(f"{image}: {error}; {kept or 'its version alone'} stays")
            if kept:
                digests[image] = kept
    return digests, sentences


def _head(url: str, token: str | None) -> str:
    headers = {"Accept": _ACCEPT, **({"Authorization": f"Bearer {token}"} if token else {})}
    request = urllib.request.Request(url, headers=headers, method="HEAD")  # noqa: S310 - see Reference.url
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
        return str(answer.headers.get("Docker-Content-Digest", ""))


def _token(challenge: str) -> str:
    """A token for everybody, from where the challenge says. Raises KeyError and ValueError for another challenge."""
    asked = dict(_PARAMETER.findall(challenge))
    query = urllib.parse.urlencode({name: asked[name] for name in ("service", "scope") if name in asked})
    if not asked["realm"].startswith(("https://", "http://")):
        raise ValueError(f"{asked['realm']} is no address of tokens")
    with urllib.request.urlopen(f"{asked['realm']}?{query}", timeout=TIMEOUT) as answer:  # noqa: S310 - checked
        found = json.load(answer)
    return str(found.get("token") or found["access_token"])


def main() -> int:
    known = json.loads(DIGESTS.read_text(encoding="utf-8"))
    digests, sentences = lock(engine_images(ENGINES.read_text(encoding="utf-8")), known, ask)
    temporary = DIGESTS.with_suffix(".new")
    temporary.write_text(json.dumps(digests, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    temporary.replace(DIGESTS)
    for sentence in sentences:
        sys.stderr.write(f"{sentence}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
