"""The images of a stack in one file, as `docker save` writes them."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

from esb_generator.errors import BuildError
from esb_generator.output.compose.file_names import STACK_FILE

Run: TypeAlias = Callable[[Sequence[str], Mapping[str, str]], tuple[int, str, str]]
OnStep: TypeAlias = Callable[[str], object]


class Docker(NamedTuple):
    """Runs docker with the variables of an environment."""

    run: Run
    variables: Mapping[str, str]

    def has(self, image: str) -> bool:
        return self.run(["docker", "image", "inspect", image], self.variables)[0] == 0

    def __call__(self, *arguments: str) -> str:
        """The output. Raises BuildError."""
        command = ["docker", *arguments]
        try:
            code, output, errors = self.run(command, self.variables)
        except OSError as error:
            raise BuildError(f"docker cannot be started ({error.strerror}); a bundle needs Docker") from error
        if code:
            reason = (errors.strip() or output.strip() or f"exit code {code}").splitlines()[-1]
            raise BuildError(f"{' '.join(command[:2])} failed: {reason}")
        return output


def save_images(root: Path, saved: Path, platform: str | None, docker: Docker, on_step: OnStep) -> str:
    """Build and pull what is missing, save all images; returns their architecture. Raises BuildError."""
    compose = ("compose", "--project-directory", str(root), "-f", str(root / STACK_FILE))
    images = sorted(set(docker(*compose, "config", "--images").split()))
    on_step("building the images of functions and services")
    docker(*compose, "build", "--quiet")
    for image in images:
        if not docker.has(image):
            on_step(f"pulling {image}")
            docker("pull", "--quiet", image)
    architecture = _architecture(images, docker, platform)
    on_step(f"saving {len(images)} images")
    docker("save", "--output", str(saved), *(_tagged(image, docker) for image in images))
    return architecture


def _architecture(images: Sequence[str], docker: Docker, platform: str | None) -> str:
    """The architecture that all images have, such as amd64."""
    found = docker("image", "inspect", "--format", "{{.Architecture}}", *images).split()
    if len(found) != len(images):
        raise BuildError("docker image inspect does not say the architecture of every image; update Docker")
    wanted = platform.split("/")[1] if platform and "/" in platform else found[0]
    others = [f"{image} ({each})" for image, each in zip(images, found, strict=True) if each != wanted]
    if others:
        fix = "remove it, so that it is pulled or built again for this platform"
        raise BuildError(f"{others[0]} is not for {wanted}; {fix}")
    return wanted


def _tagged(image: str, docker: Docker) -> str:
    """Its name without a digest, which `docker load` cannot restore."""
    name = without_digest(image)
    if name != image:
        docker("tag", image, name)
    return name


def without_digest(image: str) -> str:
    """The image with a tag instead of the digest; without a tag, it gets the beginning of the digest as one."""
    name, _, digest = image.partition("@sha256:")
    return name if not digest or ":" in name.rpartition("/")[2] else f"{name}:{digest[:12]}"
