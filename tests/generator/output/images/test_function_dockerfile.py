"""The Dockerfile of a function."""

from __future__ import annotations

import re

from esb_generator.model import FolderCode, Function
from esb_generator.output.build_methods.build import Build, BuildImage
from esb_generator.output.images.function_dockerfile import Part, function_dockerfile
from esb_generator.values import Mark
from esb_schemas import contract

CODE = Part("code")
IMAGE = BuildImage("ESB_BUILD_IMAGE_PYTHON", "public.ecr.aws/lambda/python:3.12", "ESB_BUILD_IMAGE_PYTHON3_12")
PIP = Build("python", IMAGE, "pip …", ("python",), first=("requirements.txt", "pins/base.txt"), adds=True)
GO = Build(
    "go",
    BuildImage("ESB_BUILD_IMAGE_GO", "golang:1", cross=True),
    "go build …",
    ("go",),
    first=("go.mod",),
    fetch="go mod download",
    caches=("GOCACHE",),
)


def function(runtime: str, handler: str = "app.handler") -> Function:
    return Function("f", "F", Mark("t", 1, 1), FolderCode("."), contract.Function(handler=handler, runtime=runtime))


def stages(text: str) -> dict[str, list[str]]:
    """The lines of each build stage by its name; those of the image itself by ''."""
    found: dict[str, list[str]] = {}
    for block in re.split(r"^FROM ", text, flags=re.MULTILINE)[1:]:
        first, *lines = block.splitlines()
        found[first.partition(" AS ")[2]] = [line.strip() for line in lines if line]
    return found


def test_without_a_build_there_is_one_stage() -> None:
    dockerfile = function_dockerfile(function("python3.12"), CODE)

    assert [line.split()[0] for line in dockerfile.splitlines() if line] == [
        "FROM",
        "COPY",
        "COPY",
        "COPY",
        "RUN",
        "COPY",
        "ENTRYPOINT",
        "CMD",
    ]


def test_layers_come_before_the_code_in_their_order() -> None:
    dockerfile = function_dockerfile(function("python3.12"), CODE, [Part("layers/1-low"), Part("layers/2-high")])

    assert [line for line in dockerfile.splitlines() if line.startswith("COPY")] == [
        "COPY --from=esb-runtime --chmod=755 supervisor /opt/esb/supervisor",
        "COPY --from=esb-runtime passwd /etc/passwd",
        "COPY --from=esb-runtime python/ /opt/esb/python/",
        'COPY ["layers/1-low/", "/opt/"]',
        'COPY ["layers/2-high/", "/opt/"]',
        'COPY ["code/", "/var/task/"]',
    ]


def test_node_gets_the_guard_that_keeps_it_from_aws() -> None:
    dockerfile = function_dockerfile(function("nodejs22.x"), CODE)

    assert "COPY --from=esb-runtime node/ /opt/esb/node/" in dockerfile
    assert "python" not in dockerfile


def test_a_build_that_adds_gets_its_manifests_alone_and_the_image_the_code_too() -> None:
    found = stages(function_dockerfile(function("python3.12"), CODE._replace(build=PIP)))

    assert [line for line in found["build"] if line.startswith("COPY")] == [
        'COPY ["code/requirements.txt", "/source/requirements.txt"]',
        'COPY ["code/pins/base.txt", "/source/pins/base.txt"]',
    ]
    assert found[""][-4:-2] == ["COPY --from=build /artifacts/ /var/task/", 'COPY ["code/", "/var/task/"]']


def test_a_build_that_needs_the_whole_folder_gets_it() -> None:
    found = stages(function_dockerfile(function("python3.12"), CODE._replace(build=PIP._replace(first=()))))

    assert 'COPY ["code/", "/source/"]' in found["build"]


def test_what_is_compiled_takes_the_place_of_the_source() -> None:
    found = stages(function_dockerfile(function("provided.al2023"), CODE._replace(build=GO), (), "/var/task/bootstrap"))

    kinds = [line.partition(" ")[0] for line in found["build"] if not line.startswith("[")]
    assert kinds == ["WORKDIR", "ENV", "COPY", "RUN", "COPY", "RUN"]  # dependencies, then the source
    assert [line for line in found[""] if "/var/task/" in line] == [
        "COPY --from=build /artifacts/ /var/task/",
        'CMD ["/var/task/bootstrap"]',
    ]


def test_a_layer_is_built_in_its_folder_and_laid_under_its_content() -> None:
    layer = Part("layers/1-deps", PIP, "python")
    found = stages(function_dockerfile(function("python3.12"), CODE, [layer]))

    assert 'COPY ["layers/1-deps/python/requirements.txt", "/source/requirements.txt"]' in found["layer-1"]
    assert found["layer-1"][1].startswith("ENV ARTIFACTS_DIR=/artifacts/python")
    assert [line for line in found[""] if "/opt/" in line and "esb" not in line] == [
        "COPY --from=layer-1 /artifacts/ /opt/",
        'COPY ["layers/1-deps/", "/opt/"]',
    ]


def test_variables_name_the_image_of_a_build_stage_and_those_of_one_runtime_come_first() -> None:
    lines = function_dockerfile(function("python3.12"), CODE._replace(build=PIP)).splitlines()

    assert lines[:3] == [
        "ARG ESB_BUILD_IMAGE_PYTHON",
        "ARG ESB_BUILD_IMAGE_PYTHON3_12",
        "FROM ${ESB_BUILD_IMAGE_PYTHON3_12:-${ESB_BUILD_IMAGE_PYTHON:-public.ecr.aws/lambda/python:3.12}} AS build",
    ]


def test_what_compiles_for_other_platforms_runs_on_this_one() -> None:
    text = function_dockerfile(function("provided.al2023"), CODE._replace(build=GO), (), "/var/task/bootstrap")

    assert "FROM --platform=$BUILDPLATFORM ${ESB_BUILD_IMAGE_GO:-golang:1} AS build\n" in text


def test_settings_and_certificates_are_secrets_and_caches_are_no_layers() -> None:
    text = function_dockerfile(function("provided.al2023"), CODE._replace(build=GO), (), "/var/task/bootstrap")
    runs = re.findall(r"^RUN (.*?\[.*?\])$", text, re.MULTILINE | re.DOTALL)

    assert len(runs) == 2
    for run in runs:
        assert "--mount=type=secret,id=esb-build-settings" in run
        assert "--mount=type=secret,id=esb-build-ca" in run
        assert "--mount=type=cache,target=/cache/gocache" in run


def test_a_build_is_told_the_glibc_of_the_runtime() -> None:
    text = function_dockerfile(function("provided.al2"), CODE._replace(build=GO), (), "/var/task/bootstrap")

    assert '"go build …", "2.26"]' in text


def test_no_dockerfile_names_a_frontend_that_a_closed_network_lacks() -> None:
    assert "# syntax" not in function_dockerfile(function("python3.12"), CODE._replace(build=PIP))


def test_a_handler_with_quotes_stays_one_word() -> None:
    dockerfile = function_dockerfile(function("nodejs22.x", 'a"b'), CODE)

    assert dockerfile.splitlines()[-1] == r'CMD ["a\"b"]'


def test_a_custom_runtime_is_started_where_its_program_is() -> None:
    own = function("provided.al2023", "hello.run")
    lines = function_dockerfile(own, CODE, bootstrap="/opt/bootstrap").splitlines()

    assert lines[-2:] == ['ENTRYPOINT ["/opt/esb/supervisor"]', 'CMD ["/opt/bootstrap"]']


def test_the_web_adapter_is_copied_from_its_image_after_the_layers() -> None:
    layers = [Part("layers/1-lambda-web-adapter")]
    dockerfile = function_dockerfile(function("python3.12"), CODE, layers, web_adapter="adapter:1")

    assert [line for line in dockerfile.splitlines() if line.startswith("COPY")][-3:] == [
        'COPY ["layers/1-lambda-web-adapter/", "/opt/"]',
        'COPY ["code/", "/var/task/"]',
        "COPY --from=adapter:1 --chmod=755 /lambda-adapter /opt/extensions/lambda-adapter",
    ]
