"""No layer of an image has a secret: what `docker save` writes, and a registry keeps, is read byte by byte."""

from __future__ import annotations

import gzip
import tarfile
from pathlib import Path

from .conftest import Stack, docker

PASSWORD = "hush-of-the-template"
PLANTED = "hush-in-a-file"  # of files that belong to the person or the machine, not to the function
BESIDE = (".env", ".env.local", "esb.secrets.yml", "secrets.env", ".git/config", ".venv/pyvenv.cfg", "deep/.env")
ENVIRONMENT = """
      Environment:
        Variables: {PASSWORD: "{{resolve:secretsmanager:db:SecretString:password}}"}
"""


def test_no_layer_of_an_image_has_a_secret(tiny: Stack, tmp_path: Path) -> None:
    template = tiny.folder / "template.yaml"
    function = "      Runtime: python3.12\n"
    template.write_text(template.read_text().replace(function, function + ENVIRONMENT.lstrip("\n"), 1))
    (tiny.folder / "esb.secrets.yml").write_text(f"secretsmanager: {{db: {{password: {PASSWORD}}}}}\n")
    for name in BESIDE:
        (tiny.folder / "src" / name).parent.mkdir(exist_ok=True)
        (tiny.folder / "src" / name).write_text(f"KEY={PLANTED}\n")
    (tiny.folder / "src/deep/kept.txt").write_text("kept-in-the-code\n")
    tiny.build()
    built = tiny.compose("build")
    assert built.returncode == 0, built.stderr

    saved = tmp_path / "images.tar"
    docker("save", "--output", str(saved), *own_images(tiny))

    secrets = [PASSWORD, PLANTED, *values(tiny.folder / ".esb/secrets.env"), *values(tiny.folder / ".esb/.env")]
    assert PASSWORD in values(tiny.folder / ".esb/.env")  # it reaches the container, but not its image
    assert found(saved, ["kept-in-the-code", *secrets]) == {"kept-in-the-code"}


def own_images(stack: Stack) -> list[str]:
    """The images that a build made, of functions and of the stack's services."""
    return sorted({name for name in stack.compose("config", "--images").stdout.split() if stack.project in name})


def values(file: Path) -> list[str]:
    """The values of an environment file that are long enough to be found by nothing else."""
    lines = (line.partition("=")[2].strip("'\"") for line in file.read_text().splitlines() if not line.startswith("#"))
    return [value for value in lines if len(value) > 12]


def found(archive: Path, texts: list[str]) -> set[str]:
    """Which of the texts stand in a layer or in the settings of an image."""
    there = set[str]()
    with tarfile.open(archive) as images:
        for member in images:
            file = images.extractfile(member)
            content = b"" if file is None else file.read()
            if content.startswith(b"\x1f\x8b"):  # as engines with containerd's store save layers
                content = gzip.decompress(content)
            there |= {text for text in texts if text.encode() in content}
    return there
