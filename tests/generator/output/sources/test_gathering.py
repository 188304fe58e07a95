"""What of the disk becomes a function's or a layer's files."""

from __future__ import annotations

import io
import os
import socket
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from esb_generator.errors import TemplateError
from esb_generator.model import (
    Application,
    ArchiveCode,
    BuildMetadata,
    Code,
    FolderCode,
    Function,
    ImageCode,
    InlineCode,
    Layer,
    WebAdapter,
)
from esb_generator.output.sources.gathering import Origin, gather
from esb_generator.output.sources.project_files import CodeLimits
from esb_generator.project import OUTSIDE, Project
from esb_generator.services.lambda_.layers import WEB_ADAPTER
from esb_generator.values import Mark
from esb_schemas import contract

MARK = Mark("template.yaml", 4, 3)


def entry_of(runtime: str) -> contract.Function:
    return contract.Function(handler="app.handler", runtime=runtime)


PYTHON = entry_of("python3.12")


def write(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(path)


def function(code: Code, runtime: str = "python3.12") -> Application:
    return Application("shop", "us-east-1", "1" * 12, (Function("f", "F", MARK, code, entry_of(runtime)),))


def layer(content: FolderCode | ArchiveCode, build_method: str | None = None) -> Application:
    return Application(
        "shop", "us-east-1", "1" * 12, layers=(Layer("L", "l", MARK, content, BuildMetadata("L", build_method)),)
    )


def function_with_layer(build_method: str) -> Application:
    (of_function,) = function(FolderCode("src")).functions
    return layer(FolderCode("layer"), build_method)._replace(functions=(of_function._replace(layers=("L",)),))


def function_files(base: Path, code: Code, *, runtime: str = "python3.12", output: str = ".esb") -> list[str]:
    return [file.path for file in gather(function(code, runtime), base, base / output).functions["F"]]


def layer_files(base: Path, content: FolderCode | ArchiveCode, build_method: str | None = None) -> list[str]:
    return [file.path for file in gather(layer(content, build_method), base, base / ".esb").layers["L"]]


def refusal(application: Application, base: Path, output: str = ".esb") -> str:
    with pytest.raises(TemplateError) as raised:
        gather(application, base, base / output)
    return str(raised.value)


def test_folders_and_files_that_can_be_watched_are_known_by_their_place(tmp_path: Path) -> None:
    write(tmp_path, "src/app.py", "one.py")
    functions = (
        Function("f", "F", MARK, FolderCode("src"), PYTHON),
        Function("g", "G", MARK, FolderCode("one.py"), PYTHON),
        Function("h", "H", MARK, InlineCode("pass"), contract.Function(handler="index.handler", runtime="python3.12")),
    )
    application = Application("shop", "us-east-1", "1" * 12, functions)

    assert gather(application, tmp_path, tmp_path / "out/.esb").origins == {
        "F": Origin("../src", is_file=False),
        "G": Origin("../one.py", is_file=True),
    }


def test_a_method_that_a_layer_cannot_have_is_refused_once_and_at_the_layer(tmp_path: Path) -> None:
    write(tmp_path, "src/app.py", "layer/lib.py")
    assert refusal(function_with_layer("bazel"), tmp_path) == (
        "template.yaml:4:3: L: BuildMethod bazel of a layer is unsupported; "
        "build with its own tool and name the result, without BuildMethod"
    )


def test_requirements_of_files_that_are_missing_are_refused_at_the_function(tmp_path: Path) -> None:
    write(tmp_path, "src/app.py")
    (tmp_path / "src/requirements.txt").write_text("-r ../shared.txt\n")

    assert refusal(function(FolderCode("src")), tmp_path) == (
        "template.yaml:4:3: F: requirements.txt:1 names ../shared.txt, which is outside the code folder; put it inside"
    )


@pytest.mark.parametrize(
    ("files", "bootstrap", "warned"),
    [
        (["src/bootstrap", "layer/bootstrap"], "/var/task/bootstrap", False),
        (["src/app.sh", "layer/bootstrap"], "/opt/bootstrap", False),
        (["src/app.sh", "layer/x"], "/var/task/bootstrap", True),
    ],
)
def test_a_runtime_of_ones_own_comes_from_the_code_or_from_a_layer(
    files: list[str], bootstrap: str, warned: bool, tmp_path: Path
) -> None:
    write(tmp_path, *files)
    own = Function("f", "F", MARK, FolderCode("src"), entry_of("provided.al2023"), ("L",))
    application = Application("shop", "us-east-1", "1" * 12, (own,), (Layer("L", "l", MARK, FolderCode("layer")),))
    found = gather(application, tmp_path, tmp_path / ".esb")

    assert found.bootstraps == {"F": bootstrap}
    assert [notice.mark for notice in found.notices] == [MARK] * warned


def test_an_image_whose_start_is_not_known_is_warned_of(tmp_path: Path) -> None:
    write(tmp_path, "app/x")
    (tmp_path / "app/Dockerfile").write_text("FROM alpine:3\n")
    found = gather(function(ImageCode(context="app")), tmp_path, tmp_path / ".esb")

    assert (found.entrypoints, [notice.mark for notice in found.notices]) == ({}, [MARK])
    assert "the entrypoint of the image alpine:3 is not known" in found.notices[0].text


ADAPTER = "COPY --from=x /lambda-adapter /opt/extensions/lambda-adapter\n"


@pytest.mark.parametrize(
    ("dockerfile", "start"),
    [
        (f"FROM python:3.12-slim\n{ADAPTER}CMD exec uvicorn main:app\n", "/bin/sh -c exec uvicorn main:app"),
        (f'FROM node:22-slim\n{ADAPTER}CMD ["index.js"]\n', "docker-entrypoint.sh index.js"),
        (f'FROM debian:12\n{ADAPTER}ENTRYPOINT ["/server"]\n', "/server"),
        (f'FROM python:3-alpine\nRUN apk add bash\n{ADAPTER}CMD ["/server"]\n', "/server"),
        (
            f'FROM public.ecr.aws/lambda/python:3.12\n{ADAPTER}CMD ["app.handler"]\n',
            "/lambda-entrypoint.sh app.handler",
        ),
    ],
)
def test_an_image_with_an_extension_is_supervised(tmp_path: Path, dockerfile: str, start: str) -> None:
    write(tmp_path, "app/x")
    (tmp_path / "app/Dockerfile").write_text(dockerfile)
    found = gather(function(ImageCode(context="app")), tmp_path, tmp_path / ".esb")

    assert [" ".join([*each.entrypoint, *each.command]) for each in found.entrypoints.values()] == [start]
    assert found.notices == ()


@pytest.mark.parametrize(
    ("dockerfile", "reason"),
    [
        (f'FROM alpine:3\n{ADAPTER}CMD ["/server"]\n', "the image alpine:3 has no bash"),
        (f"FROM debian:12\n{ADAPTER}", "its Dockerfile has no CMD"),
    ],
)
def test_an_image_whose_extension_nothing_starts_is_warned_of(tmp_path: Path, dockerfile: str, reason: str) -> None:
    write(tmp_path, "app/x")
    (tmp_path / "app/Dockerfile").write_text(dockerfile)
    (notice,) = gather(function(ImageCode(context="app")), tmp_path, tmp_path / ".esb").notices

    assert notice.text.startswith(f"{reason}, so it runs without the supervisor, which starts extensions: its")


def test_an_extension_takes_one_slot_of_a_container(tmp_path: Path) -> None:
    write(tmp_path, "src/app.py", "layer/extensions/collector")
    (tmp_path / "src/app.py").write_text("def handler(): ...")
    of_three = entry_of("python3.12")._replace(reserved_concurrency=3)
    functions = (
        Function("F", "F", MARK, FolderCode("src"), entry_of("python3.12"), ("L",)),
        Function("gateway", "G", MARK, FolderCode("src"), of_three, ("L",)),
    )
    application = Application("shop", "us-east-1", "1" * 12, functions, (Layer("L", "l", MARK, FolderCode("layer")),))
    notices = gather(application, tmp_path, tmp_path / ".esb").notices

    assert [(notice.logical_id, notice.text) for notice in notices] == [
        (
            "G",
            "its layer L has extensions/collector, an extension, so a container runs one invocation at a time, although"
            " 3 are asked for; start 3 containers: docker compose up -d --scale gateway-function=3",
        )
    ]


@pytest.mark.parametrize(
    ("adapter", "paths"),
    [
        (WebAdapter(program="adapter"), ["bootstrap", "extensions/lambda-adapter"]),
        (WebAdapter(image="adapter:1"), ["bootstrap"]),
    ],
)
def test_the_web_adapter_is_a_layer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, adapter: WebAdapter, paths: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "src/app.py", "adapter")
    (tmp_path / "src/app.py").write_text("def handler(): ...")
    of_two = entry_of("python3.12")._replace(reserved_concurrency=2)
    own = Function("f", "F", MARK, FolderCode("src"), of_two, (WEB_ADAPTER,))
    layer = Layer(WEB_ADAPTER, WEB_ADAPTER, MARK, adapter)
    found = gather(Application("shop", "us-east-1", "1" * 12, (own,), (layer,)), tmp_path, tmp_path / ".esb")

    assert [file.path for file in found.layers[WEB_ADAPTER]] == paths
    assert all(file.executable for file in found.layers[WEB_ADAPTER])
    assert [notice.text.partition(",")[0] for notice in found.notices] == [
        "its layer lambda-web-adapter has extensions/lambda-adapter"
    ]


def archive(path: Path, members: dict[str, str]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in members.items():
            opened.writestr(zipfile.ZipInfo(name), content)


# Folders


def test_a_folder_is_taken_whole_in_the_order_of_the_names(tmp_path: Path) -> None:
    write(tmp_path, "src/b.py", "src/lib/z.py", "src/a.py", "src/.hidden", "other/x.py")

    assert function_files(tmp_path, FolderCode("src")) == [".hidden", "a.py", "b.py", "lib/z.py"]


def test_a_single_file_is_code_too(tmp_path: Path) -> None:
    write(tmp_path, "src/app.py", "src/other.py")

    assert function_files(tmp_path, FolderCode("src/app.py")) == ["app.py"]


def test_executable_files_stay_executable(tmp_path: Path) -> None:
    write(tmp_path, "src/bootstrap", "src/data")
    (tmp_path / "src/bootstrap").chmod(0o755)
    files = gather(function(FolderCode("src")), tmp_path, tmp_path / ".esb").functions["F"]

    assert [(file.path, file.executable) for file in files] == [("bootstrap", True), ("data", False)]


@pytest.mark.parametrize("name", [".git", ".venv", "__pycache__", ".aws-sam", ".esb", ".mypy_cache", ".idea"])
def test_folders_of_tools_are_no_code(tmp_path: Path, name: str) -> None:
    write(tmp_path, "src/app.py", f"src/{name}/x", f"src/lib/{name}/x", "src/lib/y.py")

    assert function_files(tmp_path, FolderCode("src")) == ["app.py", "lib/y.py"]


def test_node_modules_are_installed_where_a_package_json_says_what(tmp_path: Path) -> None:
    write(
        tmp_path, "src/index.js", "src/package.json", "src/node_modules/a/index.js", "src/node_modules/a/package.json"
    )
    (tmp_path / "src/package.json").write_text("{}")

    assert function_files(tmp_path, FolderCode("src"), runtime="nodejs22.x") == ["index.js", "package.json"]


def test_node_modules_without_a_package_json_are_code(tmp_path: Path) -> None:
    write(tmp_path, "src/index.js", "src/node_modules/a/index.js")

    assert function_files(tmp_path, FolderCode("src"), runtime="nodejs22.x") == ["index.js", "node_modules/a/index.js"]


def test_the_last_build_is_no_code(tmp_path: Path) -> None:
    write(tmp_path, "app.py", "stack/functions/f/code/app.py", "compose.yaml", "docs/compose.yaml")

    assert function_files(tmp_path, FolderCode("."), output="stack") == ["app.py", "docs/compose.yaml"]


def test_code_below_the_output_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "build/src/app.py")

    assert refusal(function(FolderCode("build/src")), tmp_path, output="build") == (
        f"template.yaml:4:3: F: the folder {tmp_path}/build/src is where the build writes; name another --output"
    )


def test_links_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    write(tmp_path, "shared/money.py", "src/app.py")
    (tmp_path / "src/shared").symlink_to(tmp_path / "shared")
    (tmp_path / "shared/back").symlink_to(tmp_path / "src")
    (tmp_path / "src/self").symlink_to(tmp_path / "src")
    (tmp_path / "src/nowhere").symlink_to(tmp_path / "none")
    (tmp_path / "src/linked.py").symlink_to(tmp_path / "shared/money.py")

    assert function_files(tmp_path, FolderCode("src")) == ["app.py", "linked.py", "shared/money.py"]


def test_a_folder_that_two_functions_share_is_the_same_for_both(tmp_path: Path) -> None:
    write(tmp_path, "src/app.py", "src/Dockerfile", "src/__pycache__/app.pyc")
    zipped = Function("z", "Z", MARK, FolderCode("src"), PYTHON)
    image = Function("i", "I", MARK, ImageCode(context="src"))
    for order in ((zipped, image), (image, zipped)):
        found = gather(Application("shop", "us-east-1", "1" * 12, order), tmp_path, tmp_path / ".esb").functions
        assert [file.path for file in found["Z"]] == ["Dockerfile", "app.py"]
        assert [file.path for file in found["I"]] == ["Dockerfile", "__pycache__/app.pyc", "app.py"]


# Archives


def test_an_archive_is_unpacked_with_its_executables(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "code.zip", "w") as opened:
        info = zipfile.ZipInfo("bootstrap")
        info.external_attr = 0o100755 << 16
        opened.writestr(info, "#!/bin/sh\n")
        opened.writestr("lib/", "")
        opened.writestr("lib/a.txt", "a")
    files = gather(function(ArchiveCode("code.zip")), tmp_path, tmp_path / ".esb").functions["F"]

    assert [(file.path, file.content, file.executable) for file in files] == [
        ("bootstrap", b"#!/bin/sh\n", True),
        ("lib/a.txt", b"a", False),
    ]


def test_a_jar_goes_where_the_java_runtime_looks_for_it(tmp_path: Path) -> None:
    archive(tmp_path / "orders.jar", {"A.class": ""})

    assert function_files(tmp_path, ArchiveCode("orders.jar"), runtime="java21") == ["lib/orders.jar"]


@pytest.mark.parametrize("name", ["../evil.py", "/etc/evil", "a/../../evil", "."])
def test_an_archive_that_would_write_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    archive(tmp_path / "code.zip", {"app.py": "", name: ""})

    assert f"holds {name}, which would lie outside its folder; pack it again" in refusal(
        function(ArchiveCode("code.zip")), tmp_path
    )


def archive_with_links(path: Path, members: dict[str, str], links: dict[str, str]) -> None:
    with zipfile.ZipFile(path, "w") as opened:
        for name, target in links.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = 0o120777 << 16
            opened.writestr(info, target)
        for name, content in members.items():
            opened.writestr(zipfile.ZipInfo(name), content)


def test_a_link_of_an_archive_becomes_the_file_that_it_leads_to(tmp_path: Path) -> None:
    links = {"lib/liba.so": "liba.so.1", "lib/liba.so.1": "./liba.so.1.2", "bin/tool": "../lib/tool.py"}
    archive_with_links(tmp_path / "code.zip", {"lib/liba.so.1.2": "a", "lib/tool.py": "t"}, links)
    files = gather(function(ArchiveCode("code.zip")), tmp_path, tmp_path / ".esb").functions["F"]

    assert {file.path: file.content for file in files} == {
        "bin/tool": b"t",
        "lib/liba.so": b"a",
        "lib/liba.so.1": b"a",
        "lib/liba.so.1.2": b"a",
        "lib/tool.py": b"t",
    }


@pytest.mark.parametrize(
    ("members", "links", "sentence"),
    [
        ({"a/b": ""}, {"a": "/tmp"}, "holds a, which is not a folder, and a/b below it; pack it again"),
        ({"a/b/c": ""}, {"a": "../.."}, "holds a, which is not a folder, and a/b/c below it; pack it again"),
        ({"a": "", "a/b": ""}, {}, "holds a, which is not a folder, and a/b below it; pack it again"),
        ({}, {"a": "/etc/passwd"}, "holds the link a to /etc/passwd, which is not a file of the archive"),
        ({}, {"b/a": "../../x"}, "holds the link b/a to ../../x, which is not a file of the archive"),
        ({"d/x": ""}, {"a": "d", "d/up": "../d"}, "holds the link d/up to ../d, which is not a file of the archive"),
        ({}, {"a": "b", "b": "a"}, "holds the link a to b, which is not a file of the archive"),
        ({}, {"a": "\0"}, "holds the link a to  , which is not a file of the archive"),
    ],
)
def test_an_archive_whose_links_cannot_be_files_is_refused(
    tmp_path: Path, members: dict[str, str], links: dict[str, str], sentence: str
) -> None:
    archive_with_links(tmp_path / "code.zip", members, links)

    refused = refusal(function(ArchiveCode("code.zip")), tmp_path)
    assert refused.startswith("template.yaml:4:3: F: ")
    assert " ".join(sentence.split()) in refused


def with_stated_size(path: Path, size: int) -> None:
    """An archive of one file that says of itself to be of another size when unpacked."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("a", "0" * 1_000_001)
    path.write_bytes(buffer.getvalue().replace((1_000_001).to_bytes(4, "little"), size.to_bytes(4, "little")))


def test_an_archive_beyond_lambdas_limit_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    with_stated_size(tmp_path / "code.zip", 251 * 1024 * 1024)

    assert (
        "holds 251 MB unzipped, more than 250 MB; Lambda's limit is 250 MB; the largest files are a (251 MB)"
        in refusal(function(ArchiveCode("code.zip")), tmp_path)
    )


def test_an_archive_that_holds_more_than_it_says_is_refused(tmp_path: Path) -> None:
    with_stated_size(tmp_path / "code.zip", 10)

    assert "is not a zip archive that can be read" in refusal(function(ArchiveCode("code.zip")), tmp_path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no archive"])
def test_a_broken_archive_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "code.zip").write_bytes(content)

    assert "code.zip is not a zip archive that can be read" in refusal(function(ArchiveCode("code.zip")), tmp_path)


def test_an_encrypted_archive_is_one_sentence(tmp_path: Path) -> None:
    archive(tmp_path / "code.zip", {"a": "a"})
    data = bytearray((tmp_path / "code.zip").read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    (tmp_path / "code.zip").write_bytes(data)

    assert "code.zip is not a zip archive that can be read" in refusal(function(ArchiveCode("code.zip")), tmp_path)


# Files from outside, files that are none, and too many of them


def project(base: Path, **changes: Any) -> CodeLimits:
    return CodeLimits(Project([base]), **changes)


def outside(application: Application, base: Path) -> list[str]:
    return [str(each) for each in gather(application, base, base / ".esb", limits=project(base)).outside]


@pytest.mark.parametrize("path", ["../shared", "../shared/app.py", "{tmp}/shared", "link", "link/lib"])
def test_code_outside_the_project_is_warned_of(tmp_path: Path, path: str) -> None:
    write(tmp_path, "shared/app.py", "shared/lib/x.py", "app/template.yaml")
    base = tmp_path / "app"
    (base / "link").symlink_to(tmp_path / "shared")
    code = FolderCode(path.format(tmp=tmp_path))

    assert outside(function(code), base) == [f"template.yaml:4:3: F: the code {base / code.path} is {OUTSIDE}"]
    assert outside(layer(code), base) == [f"template.yaml:4:3: L: the code {base / code.path} is {OUTSIDE}"]


def test_links_that_leave_the_project_are_warned_of(tmp_path: Path) -> None:
    write(tmp_path, "home/.ssh/id", "app/src/app.py", "app/shared/x.py")
    base = tmp_path / "app"
    (base / "src/keys").symlink_to("../../home/.ssh")
    (base / "src/shared").symlink_to("../shared")
    (base / "src/id").symlink_to(tmp_path / "home/.ssh/id")
    found = outside(function(FolderCode("src")), base)

    assert found == [
        f"template.yaml:4:3: F: the link {base}/src/id leads to {tmp_path}/home/.ssh/id, which is {OUTSIDE}",
        f"template.yaml:4:3: F: the link {base}/src/keys leads to {tmp_path}/home/.ssh, which is {OUTSIDE}",
    ]
    for number in range(9):
        (base / f"src/id{number}").symlink_to(tmp_path / "home/.ssh/id")
    assert outside(function(FolderCode("src")), base)[3:] == [
        f"template.yaml:4:3: F: 8 more links in {base}/src lead outside the project"
    ]


def test_a_context_outside_the_project_is_warned_of(tmp_path: Path) -> None:
    write(tmp_path, "image/Dockerfile", "app/template.yaml")

    assert outside(function(ImageCode(context="../image")), tmp_path / "app") == [
        f"template.yaml:4:3: F: the code {tmp_path}/app/../image is {OUTSIDE}"
    ]


@pytest.mark.parametrize("path", ["/", "..//../../../../../../../..", "link"])
def test_the_root_of_the_file_system_is_no_code(tmp_path: Path, path: str) -> None:
    (tmp_path / "link").symlink_to("/")

    assert "is the root of the file system; name the folder of the code" in refusal(
        function(FolderCode(path)), tmp_path
    )


def make_socket(path: Path) -> None:
    made = socket.socket(socket.AF_UNIX)
    made.bind(os.path.relpath(path))
    made.close()


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (os.mkfifo, "a FIFO"),
        (make_socket, "a socket"),
        (lambda path: path.symlink_to("/dev/zero"), "a device file"),
        (lambda path: path.symlink_to("/dev/tty0"), "a device file"),
    ],
)
@pytest.mark.parametrize("code", [FolderCode("src"), FolderCode("src/it"), ImageCode(context="src")])
def test_what_is_no_file_is_refused_and_never_opened(
    tmp_path: Path, make: Callable[[Path], object], what: str, code: Code, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "src/app.py", "src/Dockerfile")
    make(tmp_path / "src/it")
    if what == "a device file" and not (tmp_path / "src/it").exists():
        pytest.skip("this machine has no such device")

    assert refusal(function(code), tmp_path) == (
        f"template.yaml:4:3: F: {tmp_path}/src/it is {what}, which a build never opens; remove it, or name another path"
    )


def sparse(path: Path, megabytes: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        stream.truncate(megabytes * 1024 * 1024)


def test_a_function_may_have_as_much_code_as_on_lambda(tmp_path: Path) -> None:
    sparse(tmp_path / "src/model.bin", 200)
    sparse(tmp_path / "src/data/a.bin", 50)
    sparse(tmp_path / "src/b", 1)
    sparse(tmp_path / "src/c", 0)

    assert refusal(function(FolderCode("src")), tmp_path) == (
        f"template.yaml:4:3: F: {tmp_path}/src holds 251 MB unzipped, more than 250 MB; Lambda's limit is 250 MB; the"
        " largest files are model.bin (200 MB), data/a.bin (50 MB), b (1 MB); make it smaller, or raise --max-code-size"
    )


def test_layers_count_for_each_function_that_has_them(tmp_path: Path) -> None:
    sparse(tmp_path / "src/a", 2)
    sparse(tmp_path / "layer/b", 3)
    application = Application(
        "shop",
        "us-east-1",
        "1" * 12,
        (
            Function("f", "F", Mark("template.yaml", 9, 3), FolderCode("src"), PYTHON, ("L",)),
            Function("g", "G", Mark("template.yaml", 12, 3), FolderCode("src"), PYTHON),
        ),
        (Layer("L", "l", MARK, FolderCode("layer")),),
    )
    megabyte = 1024 * 1024
    with pytest.raises(TemplateError) as raised:
        gather(application, tmp_path, tmp_path / ".esb", limits=project(tmp_path, size=4 * megabyte))

    assert str(raised.value) == (
        "template.yaml:9:3: F: its code with its layers holds 5 MB unzipped, more than 4 MB; Lambda's limit is 250 MB;"
        " the largest files are L b (3 MB), a (2 MB); make it smaller, or raise --max-code-size"
    )
    gather(application, tmp_path, tmp_path / ".esb", limits=project(tmp_path, size=5 * megabyte))


@pytest.mark.parametrize("name", ["one.py", "one.jar"])
def test_a_single_file_has_the_same_limit(tmp_path: Path, name: str) -> None:
    sparse(tmp_path / name, 2)
    code = ArchiveCode(name) if name.endswith(".jar") else FolderCode(name)
    with pytest.raises(TemplateError, match="holds 2 MB unzipped, more than 1 MB"):
        gather(function(code), tmp_path, tmp_path / ".esb", limits=project(tmp_path, size=1024 * 1024))


# What is left out, and names


def test_a_virtual_environment_is_no_code(tmp_path: Path) -> None:
    write(tmp_path, "src/app.py", "src/env/pyvenv.cfg", "src/env/lib/site.py", "src/environment/x.py")

    assert function_files(tmp_path, FolderCode("src")) == ["app.py", "environment/x.py"]


def test_a_link_that_leads_nowhere_is_told_and_left_out(tmp_path: Path) -> None:
    write(tmp_path, "src/app.py")
    (tmp_path / "src/shared").symlink_to("../gone")
    found = gather(function(FolderCode("src")), tmp_path, tmp_path / ".esb", limits=project(tmp_path))

    assert [str(each) for each in found.outside] == [
        f"template.yaml:4:3: F: the link {tmp_path}/src/shared leads to ../gone, which does not exist; it is left out"
    ]
    assert [file.path for file in found.functions["F"]] == ["app.py"]


def test_a_name_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "src/app.py")
    (tmp_path / "src" / os.fsdecode(b"caf\xe9.py")).touch()

    assert refusal(function(FolderCode("src")), tmp_path) == (
        f"template.yaml:4:3: F: the name of the file '{tmp_path}/src/caf\\udce9.py' is not UTF-8; rename it"
    )


def test_a_link_to_a_folder_of_an_archive_is_a_copy_of_it(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "code.zip", "w") as made:
        made.writestr("shared/v1/a.py", "a")
        made.writestr("app.py", "")
        for name, target in {"shared/now": "v1", "lib": "shared/now"}.items():
            link = zipfile.ZipInfo(name)
            link.create_system, link.external_attr = 3, 0o120777 << 16
            made.writestr(link, target)

    assert function_files(tmp_path, ArchiveCode("code.zip")) == [
        "app.py",
        "lib/a.py",
        "shared/now/a.py",
        "shared/v1/a.py",
    ]


# Inline code, layers, images


@pytest.mark.parametrize(("runtime", "name"), [("python3.12", "index.py"), ("nodejs22.x", "index.js")])
def test_inline_code_is_the_file_that_cloudformation_makes(tmp_path: Path, runtime: str, name: str) -> None:
    assert function_files(tmp_path, InlineCode("code"), runtime=runtime) == [name]


@pytest.mark.parametrize(
    ("build_method", "path"),
    [
        (None, "tool.py"),
        ("python3.12", "python/tool.py"),
        ("nodejs22.x", "nodejs/tool.py"),
        ("ruby3.3", "ruby/lib/tool.py"),
        ("makefile", "tool.py"),
    ],
)
def test_a_layer_that_is_built_has_its_content_where_its_runtime_looks(
    tmp_path: Path, build_method: str | None, path: str
) -> None:
    write(tmp_path, "layer/tool.py")

    assert layer_files(tmp_path, FolderCode("layer"), build_method) == [path]


@pytest.mark.parametrize(
    ("runtime", "manifest", "is_told"),
    [
        ("java21", "pom.xml", False),
        ("dotnet8", "src/Shop/Shop.csproj", True),
        ("provided.al2023", "bootstrap", False),
        ("python3.12", "pom.xml", False),
    ],
)
def test_source_code_that_nobody_compiles_is_told(tmp_path: Path, runtime: str, manifest: str, is_told: bool) -> None:
    write(tmp_path, f"src/{manifest}", "src/app.py")
    (tmp_path / "src/app.py").write_text("def handler(): ...")
    notices = gather(function(FolderCode("src"), runtime), tmp_path, tmp_path / ".esb").notices
    sentence = (
        f"{manifest} shows that this is source code, but it is not built, as no project is at the top of the folder;"
        " let CodeUri name the folder of the project, or run sam build, and esb build -t .aws-sam/build/template.yaml"
    )
    assert [notice.text for notice in notices] == ([sentence] if is_told else [])


@pytest.mark.parametrize(
    ("manifest", "archive", "advice"),
    [
        ("app/pom.xml", "app/target/app.jar", "run `mvn package` in {}/app first"),
        ("build.gradle.kts", "build/distributions/app.zip", "run `gradle build` in {} first"),
        ("README", "target/app.jar", "build it first"),
    ],
)
def test_an_archive_that_a_java_project_makes_says_how(
    tmp_path: Path, manifest: str, archive: str, advice: str
) -> None:
    write(tmp_path, manifest)

    assert refusal(function(ArchiveCode(archive), "java21"), tmp_path).endswith(
        f"the file {tmp_path}/{archive} does not exist; {advice.format(tmp_path)}"
    )


def test_an_image_that_exists_has_no_sources(tmp_path: Path) -> None:
    assert function_files(tmp_path, ImageCode(uri="orders:1")) == []


def test_the_dockerfile_of_an_image_must_be_there(tmp_path: Path) -> None:
    write(tmp_path, "image/docker/Dockerfile", "image/app.py")

    assert function_files(tmp_path, ImageCode(context="image", dockerfile="./docker/Dockerfile")) == [
        "app.py",
        "docker/Dockerfile",
    ]
    assert "image/Dockerfile does not exist" in refusal(function(ImageCode(context="image")), tmp_path)


def test_every_path_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    application = Application(
        "shop",
        "us-east-1",
        "1" * 12,
        (Function("f", "F", Mark("template.yaml", 9, 3), FolderCode("src"), PYTHON),),
        (Layer("L", "l", Mark("template.yaml", 4, 3), ArchiveCode("layer.zip")),),
    )

    assert refusal(application, tmp_path).splitlines() == [
        f"template.yaml:4:3: L: the file {tmp_path}/layer.zip does not exist; build it first",
        f"template.yaml:9:3: F: the folder {tmp_path}/src does not exist; paths are relative to the template's folder",
    ]
