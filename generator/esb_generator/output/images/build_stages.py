"""The inputs of build stages besides the build context: variables with their images, and secrets."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from esb_generator.output.build_methods.build import Build, BuildImage
from esb_generator.output.build_methods.function_builds import FunctionBuilds

UV_VARIABLE: Final = "UV_IMAGE"
# BuildKit secrets by id: variables with the path of a file with this machine's mirrors and proxy, and of one with a
# company's certificates. Secrets are in no layer, and a change of one does not cause a build.
SECRETS: Final = {"esb-build-settings": "ESB_BUILD_SETTINGS", "esb-build-ca": "ESB_BUILD_CA"}


class BuildInputs(NamedTuple):
    """Names of build arguments, whose values are those of Compose's environment, and of secrets."""

    arguments: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()


NO_INPUTS: Final = BuildInputs()


def build_inputs(builds: FunctionBuilds) -> BuildInputs:
    """The inputs of an image that is built in these stages."""
    found = list(_of_function(builds))
    if not found:
        return NO_INPUTS
    arguments = dict.fromkeys(name for build in found for name in image_variables(build.image))
    if any(build.with_uv for build in found):
        arguments[UV_VARIABLE] = None
    return BuildInputs(tuple(arguments), tuple(SECRETS))


def stack_secrets(inputs: Iterable[BuildInputs]) -> dict[str, str]:
    """The secrets of a stack, with the variables that name their files: all, if anything is built in stages."""
    return SECRETS if any(each.secrets for each in inputs) else {}


def image_variables(image: BuildImage) -> tuple[str, ...]:
    """The variables that can name the image of a build stage, the most general first."""
    return (image.variable,) if image.of_runtime is None else (image.variable, image.of_runtime)


def image_of(image: BuildImage) -> str:
    """The image of a build stage as FROM names it, with its variables."""
    found = image.default
    for variable in image_variables(image):
        found = f"${{{variable}:-{found}}}"
    return found


def _of_function(builds: FunctionBuilds) -> Iterable[Build]:
    return (build for build in (builds.code, *(layer.build for layer in builds.layers)) if build is not None)
