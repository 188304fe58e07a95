"""What a bundle has, and what its script refuses; docker is played."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from esb_generator.delivery.bundle import bundle
from esb_generator.errors import BuildError


class FakeDocker:
    """Knows two images, the second as `database`; `architectures` are theirs."""

    def __init__(self, *architectures: str, database: str = "database:2") -> None:
        self.architectures = architectures
        self.database = database
        self.commands: list[str] = []
        self.platforms: set[str | None] = set()

    def __call__(self, command: Sequence[str], environment: Mapping[str, str]) -> tuple[int, str, str]:
        self.platforms.add(environment.get("DOCKER_DEFAULT_PLATFORM"))
        match command[1:]:
            case ["compose", *_, "--images"]:
                return 0, f"shop:1\n{self.database}\nshop:1\n", ""
            case ["compose", *_, "build", "--quiet"]:
                self.commands.append("build")
            case ["image", "inspect", "--format", *_]:
                return 0, "\n".join(self.architectures), ""
            case ["image", "inspect", image]:
                return int(image == self.database), "", ""
            case ["pull", "--quiet", image]:
                self.commands.append(f"pull {image}")
            case ["tag", image, name]:
                self.commands.append(f"tag {image} {name}")
            case ["save", "--output", path, *images]:
                Path(path).write_text(" ".join(images))
            case _:
                raise AssertionError(command)
        return 0, "", ""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / ".esb"
    for name in ("docker-compose.yml", "config/functions.yml", "secrets.env", "local/log.jsonl"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
        (root / name).chmod(0o600)
    return root


def members(file: Path) -> dict[str, bytes]:
    with tarfile.open(file) as archive:
        return {each.name: (archive.extractfile(each) or io.BytesIO()).read() for each in archive.getmembers()}


def test_a_bundle_has_folder_images_sums_and_script_for_its_owner_alone(root: Path, tmp_path: Path) -> None:
    docker, file = FakeDocker("amd64", "amd64"), tmp_path / "shop.tar"
    assert bundle(root, file, None, {}, docker) == "amd64"

    assert docker.commands == ["build", "pull database:2"]
    assert file.stat().st_mode & 0o777 == 0o600
    found = members(file)
    assert sorted(found) == [
        "shop/SHA256SUMS",
        "shop/compose.yaml",
        "shop/esb/config/functions.yml",
        "shop/esb/docker-compose.yml",
        "shop/esb/secrets.env",
        "shop/images.tar",
        "shop/load.sh",
    ]
    assert found["shop/images.tar"] == b"database:2 shop:1"
    for line in found["shop/SHA256SUMS"].decode().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256(found[f"shop/{name}"]).hexdigest() == digest
    assert b"architecture='amd64'" in found["shop/load.sh"]


def test_images_with_a_digest_are_saved_and_used_by_their_version(root: Path, tmp_path: Path) -> None:
    """`docker load` does not give an image the digest that it had in a registry."""
    database = f"database:2@sha256:{'ab' * 32}"
    compose = "services:\n  database:\n    image: {}\n  shop:\n    image: shop:1\n"
    (root / "docker-compose.services.yml").write_text(compose.format(f"${{ESB_DATABASE_IMAGE:-{database}}}"))
    docker, file = FakeDocker("amd64", "amd64", database=database), tmp_path / "shop.tar"
    bundle(root, file, None, {}, docker)

    assert docker.commands == ["build", f"pull {database}", f"tag {database} database:2"]
    found = members(file)
    assert found["shop/images.tar"] == b"database:2 shop:1"
    text = found["shop/esb/docker-compose.services.yml"]
    assert text.decode() == compose.format("${ESB_DATABASE_IMAGE:-database:2}")
    assert hashlib.sha256(text).hexdigest().encode() in found["shop/SHA256SUMS"]


def test_an_image_that_only_its_digest_names_gets_a_tag_of_its_own(root: Path, tmp_path: Path) -> None:
    mail = f"registry:5000/mail@sha256:{'cd' * 32}"
    (root / "docker-compose.services.yml").write_text(f'services:\n  mail:\n    image: "{mail}"\n')
    docker, file = FakeDocker("amd64", "amd64", database=mail), tmp_path / "shop.tar"
    bundle(root, file, None, {}, docker)

    found = members(file)
    assert found["shop/images.tar"] == b"registry:5000/mail:cdcdcdcdcdcd shop:1"
    assert found["shop/esb/docker-compose.services.yml"].endswith(b'image: "registry:5000/mail:cdcdcdcdcdcd"\n')


@pytest.mark.parametrize("name", ["functions/orders/code/deploy.yml", "config/seeds/buckets/assets/deploy.yml"])
def test_code_and_seeds_are_carried_as_they_are(root: Path, tmp_path: Path, name: str) -> None:
    content = f"job:\n  image: tool:1@sha256:{'ab' * 32}\n"
    (root / name).parent.mkdir(parents=True)
    (root / name).write_text(content)
    bundle(root, tmp_path / "shop.tar", None, {}, FakeDocker("amd64", "amd64"))
    assert members(tmp_path / "shop.tar")[f"shop/esb/{name}"].decode() == content


def test_it_says_what_it_does_and_waits_for(root: Path, tmp_path: Path) -> None:
    steps: list[str] = []
    bundle(root, tmp_path / "shop.tar", None, {}, FakeDocker("amd64", "amd64"), on_step=steps.append)
    assert steps == [
        "building the images of functions and services",
        "pulling database:2",
        "saving 2 images",
        "writing shop.tar",
    ]


def test_images_of_another_platform_are_refused(root: Path, tmp_path: Path) -> None:
    docker, file = FakeDocker("amd64", "arm64"), tmp_path / "shop.tar"
    with pytest.raises(BuildError, match=r"database:2 \(amd64\) is not for arm64"):
        bundle(root, file, "linux/arm64", {}, docker)
    assert docker.platforms == {"linux/arm64"}
    assert not file.exists()


def test_without_a_build_or_docker_it_is_one_sentence(root: Path, tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="run esb build first"):
        bundle(tmp_path / "none", tmp_path / "shop.tar", None, {}, FakeDocker())
    with pytest.raises(BuildError, match="docker compose failed: no space left"):
        bundle(root, tmp_path / "shop.tar", None, {}, lambda *_: (1, "", "…\nno space left\n"))


@pytest.mark.parametrize("name", ["none/shop.tar", ".esb", ".esb/secrets.env/shop.tar"])
def test_a_file_that_cannot_be_written_is_one_sentence_before_docker_starts(
    root: Path, tmp_path: Path, name: str
) -> None:
    docker = FakeDocker("amd64", "amd64")
    with pytest.raises(BuildError, match=f"{name} (cannot be written|is a folder)"):
        bundle(root, tmp_path / name, None, {}, docker)
    assert docker.commands == []


@pytest.mark.parametrize("target", ["secrets.env", "config", "nowhere"])
def test_a_link_is_refused_because_it_may_lead_anywhere(root: Path, tmp_path: Path, target: str) -> None:
    (root / "config/link").symlink_to(root / target)
    with pytest.raises(BuildError, match="config/link is a link, which no build makes"):
        bundle(root, tmp_path / "shop.tar", None, {}, FakeDocker("amd64", "amd64"))
    assert not (tmp_path / "shop.tar").exists()


def test_a_compose_file_that_is_a_link_is_refused(root: Path, tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").symlink_to(tmp_path / "id_rsa")
    with pytest.raises(BuildError, match=r"compose.yaml is a link; replace it by a file"):
        bundle(root, tmp_path / "shop.tar", None, {}, FakeDocker("amd64", "amd64"))


def test_a_fifo_is_refused_and_not_opened(root: Path, tmp_path: Path) -> None:
    os.mkfifo(root / "config/pipe")
    with pytest.raises(BuildError, match="config/pipe is a FIFO"):
        bundle(root, tmp_path / "shop.tar", None, {}, FakeDocker("amd64", "amd64"))


@pytest.mark.parametrize("name", ["secrets.env", ".env"])
def test_a_folder_that_this_user_did_not_build_is_refused_before_docker_reads_it(
    root: Path, tmp_path: Path, name: str
) -> None:
    docker = FakeDocker("amd64", "amd64")
    (root / name).write_text("")
    (root / name).chmod(0o644)
    with pytest.raises(BuildError, match=f"{name} is open to other users"):
        bundle(root, tmp_path / "shop.tar", None, {}, docker)
    (root / "secrets.env").unlink()
    with pytest.raises(BuildError, match=r"secrets.env does not exist; run esb build first"):
        bundle(root, tmp_path / "shop.tar", None, {}, docker)
    assert docker.commands == []


@pytest.fixture
def carried(root: Path, tmp_path: Path) -> Path:
    """An unpacked bundle, and a program `docker` that says amd64 first on the PATH of `load`."""
    bundle(root, tmp_path / "shop.tar", None, {}, FakeDocker("amd64", "amd64"))
    with tarfile.open(tmp_path / "shop.tar") as archive:
        archive.extractall(tmp_path / "carried", filter="data")
    program = tmp_path / "bin/docker"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\n[ "$1" != version ] || echo "${FAKE_ARCH:-amd64}"\n')
    program.chmod(0o755)
    return tmp_path / "carried/shop"


def load(carried: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    path = f"{carried.parents[1] / 'bin'}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, **variables}
    command = ["sh", str(carried / "load.sh"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_the_script_puts_the_folder_in_place_and_back(carried: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    first = load(carried, str(site))
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout == f"next: cd {site} && docker compose up -d --wait --remove-orphans\n"
    assert (site / "compose.yaml").exists()
    (site / "esb.env").write_text("ESB_PORT=1")
    (site / ".esb/config/functions.yml").write_text("old")

    assert load(carried, str(site)).returncode == 0
    assert (site / ".esb/config/functions.yml").read_text() == "config/functions.yml"
    assert (site / "esb.env").read_text() == "ESB_PORT=1"
    for expected in ("old", "config/functions.yml"):
        assert load(carried, "--roll-back", str(site)).returncode == 0
        assert (site / ".esb/config/functions.yml").read_text() == expected


def test_the_script_refuses_before_it_changes_anything(carried: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    assert "this bundle is for amd64 and the engine here is arm64" in load(carried, str(site), FAKE_ARCH="arm64").stderr
    assert "there is nothing to go back to" in load(carried, "--roll-back", str(site)).stderr
    assert not site.exists()
    (site / ".esb").mkdir(parents=True)
    (site / ".esb/secrets.env").write_text("of another stack")
    assert "has other credentials" in load(carried, str(site)).stderr
    (carried / "images.tar").write_text("cut off")
    refused = load(carried, str(site))
    assert (refused.returncode, "a file differs from SHA256SUMS" in refused.stderr) == (1, True)
    assert sorted(path.name for path in (site / ".esb").iterdir()) == ["secrets.env"]
