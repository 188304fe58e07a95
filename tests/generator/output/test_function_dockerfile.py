"""The Dockerfile of a function."""

from __future__ import annotations

import pytest

from esb_generator.model import FolderCode, Function
from esb_generator.output.function_dockerfile import base_image, function_dockerfile
from esb_generator.output.requirements import Requirements
from esb_generator.values import Mark
from esb_schemas import contract


def function(runtime: str, handler: str = "app.handler") -> Function:
    return Function("f", "F", Mark("t", 1, 1), FolderCode("."), contract.Function(handler=handler, runtime=runtime))


@pytest.mark.parametrize(
    ("runtime", "image"),
    [
        ("python3.12", "python:3.12"),
        ("nodejs20.x", "nodejs:20"),
        ("java21", "java:21"),
        ("java8.al2", "java:8.al2"),
        ("ruby3.3", "ruby:3.3"),
        ("dotnet8", "dotnet:8"),
        ("provided.al2023", "provided:al2023"),
        ("provided.al2", "provided:al2"),
    ],
)
def test_a_runtime_runs_in_the_image_of_aws(runtime: str, image: str) -> None:
    assert base_image(runtime) == f"public.ecr.aws/lambda/{image}"


@pytest.mark.parametrize(
    ("runtime", "files", "command"),
    [
        ("nodejs20.x", {"app.js", "package.json"}, "npm install"),
        ("nodejs20.x", {"app.js", "package.json", "package-lock.json"}, "npm ci"),
        ("ruby3.3", {"app.rb", "Gemfile"}, "bundle install"),
    ],
)
def test_dependencies_are_installed_by_what_the_code_folder_holds(runtime: str, files: set[str], command: str) -> None:
    assert command in function_dockerfile(function(runtime), files)


@pytest.mark.parametrize(
    ("requirements", "copied", "after_the_code"),
    [
        (Requirements(("requirements.txt",)), ["requirements.txt"], False),
        (Requirements(("requirements.txt", "pins/base.txt")), ["requirements.txt", "pins/base.txt"], False),
        (Requirements(("requirements.txt",), local=True), [], True),
    ],
)
def test_pip_gets_what_it_reads_and_no_more(
    requirements: Requirements, copied: list[str], after_the_code: bool
) -> None:
    lines = function_dockerfile(function("python3.12"), set(), (), requirements).splitlines()
    install = next(number for number, line in enumerate(lines) if "pip install" in line)

    assert [line for line in lines if '"code/' in line] == [f'COPY ["code/{n}", "/var/task/{n}"]' for n in copied]
    assert (lines.index("COPY code/ /var/task/") < install) is after_the_code


def test_without_a_manifest_nothing_is_installed() -> None:
    dockerfile = function_dockerfile(function("python3.12"), {"app.py", "package.json"})

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
    dockerfile = function_dockerfile(function("python3.12"), {"app.py"}, ["layers/1-low", "layers/2-high"])

    assert [line for line in dockerfile.splitlines() if line.startswith("COPY")] == [
        "COPY --from=esb-runtime --chmod=755 supervisor /opt/esb/supervisor",
        "COPY --from=esb-runtime passwd /etc/passwd",
        "COPY --from=esb-runtime python/ /opt/esb/python/",
        'COPY ["layers/1-low/", "/opt/"]',
        'COPY ["layers/2-high/", "/opt/"]',
        "COPY code/ /var/task/",
    ]


def test_a_handler_with_quotes_stays_one_word() -> None:
    dockerfile = function_dockerfile(function("nodejs22.x", 'a"b'), set())

    assert dockerfile.splitlines()[-1] == r'CMD ["a\"b"]'


def test_a_custom_runtime_is_started_where_its_program_is() -> None:
    own = function("provided.al2023", "hello.run")
    lines = function_dockerfile(own, {"bootstrap"}, bootstrap="/opt/bootstrap").splitlines()

    assert lines[-2:] == ['ENTRYPOINT ["/opt/esb/supervisor"]', 'CMD ["/opt/bootstrap"]']
