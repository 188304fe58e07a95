"""What pip needs of a code folder before the code."""

from __future__ import annotations

import pytest

from esb_generator.errors import BuildError
from esb_generator.output.build_methods.pip_requirements import Requirements, read_requirements


def test_a_folder_without_the_file_needs_nothing() -> None:
    assert read_requirements({"app.py": ""}.get) is None


def test_included_files_and_constraints_are_needed_too_relative_to_the_file_that_names_them() -> None:
    folder = {
        "requirements.txt": "-r pins/base.txt\n--constraint=limits.txt\nidna==3.10  # a comment\n-rmore.txt\n",
        "pins/base.txt": "-c ../limits.txt\n--requirement nested.txt",
        "pins/nested.txt": "boto3",
        "limits.txt": "urllib3<3",
        "more.txt": "-r requirements.txt",
    }

    assert read_requirements(folder.get) == Requirements(
        ("requirements.txt", "pins/base.txt", "limits.txt", "pins/nested.txt", "more.txt")
    )


@pytest.mark.parametrize(
    "line",
    [
        "./shared",
        "libs/shared",
        "wheels/x-1-py3-none-any.whl ; python_version > '3'",
        "x-1.tar.gz",
        "x @ ./shared",
        "./shared[extra]",
        "--find-links wheels",
        "-f wheels",
        ".",
    ],
)
def test_what_lies_in_the_folder_is_installed_from_it(line: str) -> None:
    assert read_requirements({"requirements.txt": line}.get) == Requirements(("requirements.txt",), local=True)


@pytest.mark.parametrize(
    "line",
    [
        "idna==3.10 --hash=sha256:00/11",
        "x[a,b]>=1 ; sys_platform == 'linux'",
        "x @ https://example.org/x-1.tar.gz",
        "git+https://example.org/x.git@v1",
        "-i https://example.org/simple",
        "-r https://example.org/r.txt",
        "# ./no",
        "idna \\\n  --hash=sha256:00",
    ],
)
def test_what_lies_elsewhere_does_not_need_the_folder(line: str) -> None:
    assert read_requirements({"requirements.txt": line}.get) == Requirements(("requirements.txt",))


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("-r other.txt", "requirements.txt:2 names other.txt, which is not in the code folder; put it there"),
        (
            "-r ../other.txt",
            "requirements.txt:2 names ../other.txt, which is outside the code folder; put it inside",
        ),
        ("../shared", "requirements.txt:2 names ../shared, which is outside the code folder; put it inside"),
        ("/srv/x.whl", "requirements.txt:2 names /srv/x.whl, which is outside the code folder; put it inside"),
        ("-e ./x", "requirements.txt:2 installs ./x as editable, which an image cannot; remove -e"),
        (
            "x @ file:///srv/x",
            "requirements.txt:2 names file:///srv/x; write the path relative to the code folder, ./…",
        ),
    ],
)
def test_what_an_image_cannot_have_is_refused_with_its_line(line: str, problem: str) -> None:
    with pytest.raises(BuildError) as refused:
        read_requirements({"requirements.txt": f"# first\n{line}\n"}.get)

    assert str(refused.value) == problem
