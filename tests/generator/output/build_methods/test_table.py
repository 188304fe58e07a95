"""Which build method a source has, and what it does. Pure: files are a mapping of texts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from esb_generator.errors import BuildError
from esb_generator.output.build_methods.build import Build, Files, Source
from esb_generator.output.build_methods.table import choose, layer_folder

CARGO = '[package]\nname = "shop"\n'


def built(
    runtime: str,
    files: Mapping[str, str],
    method: str | None = None,
    properties: Mapping[str, Any] | None = None,
    **more: Any,
) -> Build | None:
    source = Source("Hello", runtime, method, properties or {}, more.pop("handler", "app.handler"), **more)
    return choose(source, Files(files.keys(), files.get))


def refusal(*arguments: Any, **more: Any) -> str:
    with pytest.raises(BuildError) as caught:
        built(*arguments, **more)
    return str(caught.value)


@pytest.mark.parametrize(
    ("runtime", "method", "files", "name"),
    [
        ("python3.12", None, {"app.py": ""}, None),
        ("python3.12", None, {"requirements.txt": "idna"}, "python"),
        ("python3.12", "python3.12", {"requirements.txt": "idna"}, "python"),
        ("python3.12", None, {"pyproject.toml": "[project]\ndependencies = ['idna']"}, "python-uv"),
        ("python3.12", None, {"pyproject.toml": "[project]\nname = 'x'"}, None),
        ("python3.12", None, {"pyproject.toml": "[tool.ruff]"}, None),
        ("python3.12", "python-uv", {"requirements.txt": "idna"}, "python-uv"),
        ("nodejs22.x", None, {"package.json": '{"dependencies": {"ms": "2"}}'}, "nodejs"),
        ("nodejs22.x", None, {"package.json": '{"devDependencies": {"jest": "29"}}'}, None),
        ("nodejs22.x", "esbuild", {"app.ts": ""}, "esbuild"),
        ("provided.al2023", "makefile", {"Makefile": ""}, "makefile"),
        ("python3.12", "makefile", {"Makefile": ""}, "makefile"),
        ("provided.al2023", None, {"Makefile": "build-Hello:\n\ttrue\n"}, "makefile"),
        ("provided.al2023", None, {"Makefile": "build-Other:\n\ttrue\n"}, None),
        ("provided.al2023", "go1.x", {"go.mod": "", "main.go": ""}, "go"),
        ("provided.al2023", None, {"go.mod": "", "main.go": ""}, "go"),
        ("provided.al2023", None, {"go.mod": "", "main.go": "", "bootstrap": ""}, None),
        ("provided.al2023", "rust-cargolambda", {"Cargo.toml": CARGO}, "rust"),
        ("provided.al2023", None, {"Cargo.toml": CARGO}, "rust"),
        ("java21", None, {"pom.xml": ""}, "maven"),
        ("java21", None, {"pom.xml": "", "build.gradle": ""}, "gradle"),
        ("java21", None, {"lib/app.jar": ""}, None),
        ("dotnet8", None, {"Shop.csproj": ""}, "dotnet"),
        ("provided.al2023", "dotnet7", {"Shop.csproj": ""}, "dotnet"),
        ("ruby3.3", None, {"Gemfile": ""}, "ruby"),
    ],
)
def test_the_metadata_or_else_the_manifest_decides(
    runtime: str, method: str | None, files: dict[str, str], name: str | None
) -> None:
    found = built(runtime, files, method)

    assert (found and found.method) == name


@pytest.mark.parametrize(
    ("runtime", "method", "files", "sentence"),
    [
        (
            "python3.12",
            "makefile",
            {},
            "BuildMethod makefile needs a Makefile at the top of the folder; if one elsewhere builds a bootstrap into"
            " it, run that first",
        ),
        ("python3.12", "python-uv", {}, "BuildMethod python-uv needs pyproject.toml or requirements.txt in the folder"),
        (
            "provided.al2023",
            "go1.x",
            {},
            "BuildMethod go1.x needs go.mod, which is neither in the folder nor above it in the project; run go mod"
            " init NAME in the folder",
        ),
        ("provided.al2023", "rust-cargolambda", {}, "BuildMethod rust-cargolambda needs Cargo.toml in the folder"),
        ("java21", "java21", {}, "BuildMethod java21 needs pom.xml or build.gradle in the folder"),
        (
            "python3.12",
            "bazel",
            {},
            "BuildMethod bazel is unsupported; build with its own tool and name the result, without BuildMethod",
        ),
        (
            "python3.12",
            None,
            {"pyproject.toml": "[tool.poetry]"},
            "pyproject.toml is Poetry's, which an image cannot read; run `poetry export -o requirements.txt` in the"
            " code folder",
        ),
        (
            "nodejs22.x",
            None,
            {"package.json": "["},
            "package.json is not JSON: Expecting value: line 1 column 2 (char 1)",
        ),
    ],
)
def test_a_method_that_does_not_fit_says_what_it_needs(
    runtime: str, method: str | None, files: dict[str, str], sentence: str
) -> None:
    assert refusal(runtime, files, method) == sentence


@pytest.mark.parametrize(
    ("runtime", "file", "text", "sentence"),
    [
        ("python3.12", "pyproject.toml", "project = 'x'", "pyproject.toml: project must be a mapping"),
        ("python3.12", "pyproject.toml", "tool = 5", "pyproject.toml: tool must be a mapping"),
        ("nodejs22.x", "package.json", '{"dependencies": ["ms"]}', "package.json: dependencies must be a mapping"),
        ("provided.al2023", "Cargo.toml", "package = 'x'", "Cargo.toml: package must be a mapping"),
        ("provided.al2023", "Cargo.toml", "bin = 5\n[package]", "Cargo.toml: bin must be an array of tables"),
        ("provided.al2023", "Cargo.toml", "bin = [5]\n[package]", "Cargo.toml: bin must be an array of tables"),
    ],
)
def test_a_manifest_of_another_shape_is_refused(runtime: str, file: str, text: str, sentence: str) -> None:
    assert refusal(runtime, {file: text}) == sentence


def test_a_settings_table_of_uv_that_is_none_is_refused() -> None:
    files = {"pyproject.toml": "tool.uv = 5\n[project]\ndependencies = ['idna']"}
    assert refusal("python3.12", files) == "pyproject.toml: tool.uv must be a mapping"


@pytest.mark.parametrize(("runtime", "file"), [("nodejs22.x", "package.json"), ("python3.12", "pyproject.toml")])
def test_a_manifest_that_is_nested_without_end_is_refused(runtime: str, file: str) -> None:
    start = "x = " if file.endswith(".toml") else ""
    assert refusal(runtime, {file: start + "[" * 100_000}).startswith(f"{file} is not ")


def test_a_byte_order_mark_is_no_part_of_package_json() -> None:
    assert built("nodejs22.x", {"package.json": '\ufeff{"dependencies": {"ms": "2"}}'}) is not None


def test_a_build_property_that_a_method_lacks_is_refused() -> None:
    text = refusal("provided.al2023", {"go.mod": "", "main.go": ""}, "go1.x", {"Trim": True})

    assert text == "BuildProperties Trim is unknown: this build method takes TrimGoPath; remove it"


# Layers


@pytest.mark.parametrize(
    ("method", "folder"),
    [
        (None, ""),
        ("python3.12", "python"),
        ("nodejs22.x", "nodejs"),
        ("ruby3.3", "ruby/lib"),
        ("makefile", ""),
        ("java21", ""),
    ],
)
def test_dependencies_of_a_layer_are_added_where_its_language_looks(method: str | None, folder: str) -> None:
    assert layer_folder(method) == folder


@pytest.mark.parametrize("method", ["esbuild", "go1.x", "rust-cargolambda", "dotnet8"])
def test_a_method_that_layers_cannot_have_is_refused(method: str) -> None:
    with pytest.raises(BuildError, match=f"BuildMethod {method} of a layer is unsupported; build with its own tool"):
        layer_folder(method)


def test_a_layer_without_a_method_is_not_compiled() -> None:
    assert built("java21", {"pom.xml": ""}, is_layer=True) is None
    assert built("provided.al2023", {"go.mod": "", "main.go": ""}, is_layer=True) is None


def test_a_layers_makefile_has_the_target_of_the_layer() -> None:
    found = built("python3.12", {"Makefile": ""}, "makefile", is_layer=True)

    assert found is not None
    assert found.command == "make --makefile=Makefile build-Hello"
    assert found.image.default == "public.ecr.aws/sam/build-python3.12"


def test_a_bootstrap_that_a_makefile_elsewhere_has_built_is_used_as_it_is() -> None:
    assert built("provided.al2", {"main.go": "", "bootstrap": ""}, "makefile") is None


def test_make_runs_in_the_working_directory() -> None:
    found = built("provided.al2023", {"Makefile": ""}, "makefile", working_directory="cmd/a")

    assert found is not None
    assert found.command == "cd cmd/a\nmake --makefile=../../Makefile build-Hello"
    assert refusal("provided.al2023", {"Makefile": ""}, "makefile", working_directory="../x") == (
        "WorkingDirectory ../x is outside the folder; an image has only that"
    )


# Python


def test_pip_and_uv_take_the_python_of_the_runtime() -> None:
    for method in ("python3.13", "python-uv"):
        found = built("python3.13", {"requirements.txt": "idna"}, method)
        assert found is not None
        assert found.image.default == "public.ecr.aws/lambda/python:3.13"


def test_uv_takes_the_lock_file_as_it_is() -> None:
    project = {"pyproject.toml": "[project]\ndependencies = ['idna']"}
    free, locked = built("python3.12", project), built("python3.12", {**project, "uv.lock": ""})

    assert free is not None
    assert locked is not None
    assert "--frozen" not in free.command
    assert "--frozen" in locked.command
    assert (free.first, locked.first) == (("pyproject.toml",), ("pyproject.toml", "uv.lock"))


def test_a_project_with_packages_of_its_folder_needs_all_of_it() -> None:
    text = "[project]\ndependencies = ['mine']\n[tool.uv.sources]\nmine = {path = 'mine'}"
    found = built("python3.12", {"pyproject.toml": text})

    assert found is not None
    assert found.first == ()


# Node.js


@pytest.mark.parametrize("lock", ["package-lock.json", "npm-shrinkwrap.json"])
def test_npm_installs_what_the_lock_file_says(lock: str) -> None:
    package = '{"dependencies": {"ms": "2"}}'
    found = built("nodejs22.x", {"package.json": package, lock: "{}", ".npmrc": ""})

    assert found is not None
    assert found.command.startswith("npm ci --omit=dev")
    assert found.first == ("package.json", lock, ".npmrc")


@pytest.mark.parametrize(
    "package",
    [
        {"dependencies": {"mine": "file:mine"}},
        {"dependencies": {"ms": "2"}, "workspaces": ["packages/*"]},
        {"dependencies": {"ms": "2"}, "scripts": {"postinstall": "node make.js"}},
    ],
)
def test_npm_gets_the_whole_folder_if_it_may_need_it(package: dict[str, Any]) -> None:
    found = built("nodejs22.x", {"package.json": json.dumps(package)})

    assert found is not None
    assert found.first == ()


@pytest.mark.parametrize(
    ("scripts", "image"),
    [
        ([], "public.ecr.aws/lambda/nodejs:22"),
        (["node_modules/esbuild"], "public.ecr.aws/lambda/nodejs:22"),
        (["node_modules/esbuild", "node_modules/bcrypt"], "public.ecr.aws/sam/build-nodejs22.x"),
    ],
)
def test_packages_that_may_compile_are_installed_where_compilers_are(scripts: list[str], image: str) -> None:
    lock = json.dumps({"packages": {"": {}, **{name: {"hasInstallScript": True} for name in scripts}}})
    found = built("nodejs22.x", {"package.json": '{"dependencies": {"ms": "2"}}', "package-lock.json": lock})

    assert found is not None
    assert found.image.default == image


# esbuild


def esbuild(files: Mapping[str, str], handler: str = "app.handler", **properties: Any) -> str:
    found = built("nodejs22.x", files, "esbuild", properties, handler=handler)
    assert found is not None
    return found.command.splitlines()[-1]


def test_esbuild_has_the_defaults_of_sam() -> None:
    assert esbuild({"app.ts": ""}) == (
        "esbuild app.ts --bundle --platform=node --target=es2020 --format=cjs --minify --outbase=."
        ' --outdir="$ARTIFACTS_DIR"'
    )


def test_build_properties_are_esbuilds_flags() -> None:
    command = esbuild(
        {"src/app.mts": ""},
        Minify=False,
        Target="es2022",
        Sourcemap=True,
        Format="esm",
        EntryPoints=["src/app.mts"],
        External=["@aws-sdk/*", "sharp"],
        Loader=[".json=json"],
        MainFields="module,main",
        OutExtension=[".js=.mjs"],
    )

    assert command == (
        "esbuild src/app.mts --bundle --platform=node --target=es2022 --format=esm --sourcemap '--external:@aws-sdk/*'"
        " --external:sharp --loader:.json=json --main-fields=module,main --out-extension:.js=.mjs"
        ' --outdir="$ARTIFACTS_DIR"'
    )


def test_the_handler_names_the_entry_point_and_keeps_its_folder() -> None:
    assert "esbuild src/app.ts " in esbuild({"src/app.ts": "", "src/app.js": ""}, "src/app.handler")
    assert "--outbase=." in esbuild({"src/app.ts": ""}, "src/app.handler")
    assert "--outbase" not in esbuild({"src/app.ts": ""}, "app.handler", EntryPoints=["src/app.ts"])


@pytest.mark.parametrize(
    ("files", "properties", "sentence"),
    [
        ({}, {}, "esbuild's entry point app.ts or app.js is not in the code folder; set EntryPoints"),
        ({}, {"EntryPoints": "app.ts"}, "EntryPoints of BuildProperties must be a list of files"),
        ({"app.ts": ""}, {"Define": {"A": "1"}}, "BuildProperties Define must be text, true, false or a list of texts"),
    ],
)
def test_esbuild_without_an_entry_point_is_refused(
    files: dict[str, str], properties: dict[str, Any], sentence: str
) -> None:
    assert refusal("nodejs22.x", files, "esbuild", properties) == sentence


# Go, Rust


@pytest.mark.parametrize(
    ("files", "handler", "package"),
    [
        (["main.go"], "bootstrap", "."),
        (["cmd/hello/main.go", "cmd/bye/main.go"], "cmd/hello", "./cmd/hello"),
        (["cmd/hello/main.go", "shared/x.go"], "bootstrap", "./cmd/hello"),
    ],
)
def test_go_builds_the_program_of_the_module(files: list[str], handler: str, package: str) -> None:
    texts = dict.fromkeys(["go.mod", "go.sum", *files], "")
    found = built("provided.al2023", texts, handler=handler, architecture="arm64")

    assert found is not None
    assert found.command == f'CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go build -o "$ARTIFACTS_DIR"/bootstrap {package}'


def test_go_builds_the_folder_that_codeuri_names_in_a_module() -> None:
    found = built("provided.al2023", {"go.mod": "", "go.sum": "", "cmd/a/main.go": ""}, "go1.x", package="cmd/a")

    assert found is not None
    assert found.command.endswith(' go build -o "$ARTIFACTS_DIR"/bootstrap ./cmd/a')
    assert found.first == ("go.mod", "go.sum")


def test_go_writes_the_hashes_that_a_module_lacks() -> None:
    found = built("provided.al2023", {"go.mod": "", "main.go": ""})

    assert found is not None
    assert ' go build -mod=mod -o "' in found.command


def test_go_modules_that_are_vendored_are_not_fetched() -> None:
    found = built("provided.al2023", {"go.mod": "", "main.go": "", "vendor/modules.txt": ""})

    assert found is not None
    assert (found.fetch, found.first) == (None, ())


def test_several_go_programs_need_a_handler() -> None:
    files = {"go.mod": "", "a/main.go": "", "b/main.go": ""}

    assert refusal("provided.al2023", files) == (
        "go.mod has 2 folders with a main.go; let Handler name the folder of the program, such as cmd/hello"
    )


@pytest.mark.parametrize(
    ("manifest", "properties", "program"),
    [
        (CARGO, {}, "shop"),
        (f'{CARGO}[[bin]]\nname = "bootstrap"\n', {}, "bootstrap"),
        ('[workspace]\nmembers = ["a"]\n', {"Binary": "a"}, "a"),
    ],
)
def test_cargo_builds_the_program_of_the_package(manifest: str, properties: dict[str, str], program: str) -> None:
    found = built("provided.al2023", {"Cargo.toml": manifest}, "rust-cargolambda", properties)

    assert found is not None
    assert f"cargo build --release --bin {program}\n" in found.command


def test_cargo_builds_the_package_that_codeuri_names_in_a_workspace() -> None:
    member = '[package]\nname = "a"\nversion.workspace = true\n'
    files = {"Cargo.toml": "[workspace]\n", "functions/a/Cargo.toml": member}

    found = built("provided.al2023", files, "rust-cargolambda", package="functions/a")

    assert found is not None
    assert "cargo build --release --bin a --manifest-path functions/a/Cargo.toml\n" in found.command


def test_rust_for_an_old_glibc_is_built_without_it() -> None:
    images = [built(f"provided.{system}", {"Cargo.toml": CARGO}) for system in ("al2023", "al2")]

    assert [each and each.image.default for each in images] == ["rust:1-slim-bookworm", "rust:1-alpine"]


def test_a_member_of_a_workspace_outside_the_folder_is_refused() -> None:
    text = refusal("provided.al2023", {"Cargo.toml": '[package]\nname = "a"\nversion.workspace = true\n'})

    assert text.startswith("Cargo.toml belongs to a workspace, which is outside the project; keep the template in")
