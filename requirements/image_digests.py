"""Asks registries for the digests of the engines' images, and writes them to esb_schemas/engines/image_digests.json.

Docker asks, at the registry that the name of an image says. A digest is that of the index of all platforms.
`nox -s digests` runs it.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

from esb_schemas.engines.table import ENGINES
from esb_schemas.programs import run_with_timeout

DIGESTS: Final = Path(__file__).resolve().parents[1] / "schemas/esb_schemas/engines/image_digests.json"
COMMAND: Final = ("docker", "buildx", "imagetools", "inspect", "--format", "{{.Manifest.Digest}}")
_TIMEOUT: Final = 60.0  # seconds
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")


class NoDigest(Exception):
    """A registry does not say the digest; the text is the reason."""


def ask(image: str, run: Callable[[list[str], float], tuple[int, str, str] | None] = run_with_timeout) -> str:
    """The digest of an image, by its registry. Raises NoDigest."""
    try:
        done = run([*COMMAND, image], _TIMEOUT)
    except OSError as error:
        raise NoDigest(f"docker cannot be started: {error}") from error
    if done is None:
        raise NoDigest(f"its registry does not answer within {_TIMEOUT:.0f} s")
    code, out, err = done
    if code:
        raise NoDigest(err.strip().removeprefix("ERROR: ") or f"docker ends with {code}")
    if not _DIGEST.fullmatch(out.strip()):
        raise NoDigest("its registry names no digest")
    return out.strip()


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


def main() -> int:
    known = json.loads(DIGESTS.read_text(encoding="utf-8"))
    digests, sentences = lock([engine.image for engine in ENGINES if engine.image], known, ask)
    temporary = DIGESTS.with_suffix(".new")
    temporary.write_text(json.dumps(digests, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    temporary.replace(DIGESTS)
    for sentence in sentences:
        sys.stderr.write(f"{sentence}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
