"""Warnings about code that cannot run as it is."""

from __future__ import annotations

from typing import Any

import pytest

from esb_generator.model import Application, BuildMetadata, FolderCode, Function, Layer
from esb_generator.output.build_methods.function_builds import function_builds
from esb_generator.output.files.source_files import SourceFile, in_memory
from esb_generator.output.sources.code_checks import code_notices
from esb_generator.values import Mark
from esb_schemas import contract

from .test_elf import program

MARK = Mark("template.yaml", 4, 3)
UNBUILT, ESBUILD = BuildMetadata("F"), BuildMetadata("F", "esbuild")


def warnings(
    runtime: str,
    handler: str,
    code: dict[str, Any],
    layer: dict[str, Any] | None = None,
    build: BuildMetadata = UNBUILT,
) -> list[str]:
    entry = contract.Function(handler=handler, runtime=runtime)
    layers = () if layer is None else ("L",)
    function = Function("f", "F", MARK, FolderCode("src"), entry, layers, build=build)
    application = Application(
        "shop", "us-east-1", "1" * 12, (function,), tuple(Layer(each, "l", MARK, FolderCode("l")) for each in layers)
    )
    functions, of_layers = {"F": files(code)}, {"L": files(layer or {})}
    builds = function_builds(application, functions, of_layers, [])
    return [notice.text for notice in code_notices(application, functions, of_layers, builds)]


def files(contents: dict[str, Any]) -> tuple[SourceFile, ...]:
    return tuple(
        in_memory(path, content if isinstance(content, bytes) else content.encode(), executable=path == "bootstrap")
        for path, content in contents.items()
    )


@pytest.mark.parametrize("more", [{"app.js": ""}, {"app.mjs": ""}])
def test_typescript_that_is_built_is_no_matter(more: dict[str, str]) -> None:
    assert warnings("nodejs22.x", "app.handler", {"app.ts": "", **more}) == []
    assert warnings("nodejs22.x", "app.handler", {"app.ts": ""}, build=ESBUILD) == []


def test_typescript_that_nothing_builds_is_told() -> None:
    assert warnings("nodejs22.x", "src/app.handler", {"src/app.ts": "", "package.json": "{}"}) == [
        "its handler is src/app.ts, which is TypeScript and has to be built; add Metadata: {BuildMethod: esbuild,"
        " BuildProperties: {EntryPoints: [src/app.ts]}}"
    ]


@pytest.mark.parametrize(
    ("runtime", "needs", "has"),
    [("provided.al2023", "2.38", "2.34"), ("provided.al2", "2.34", "2.26")],
)
def test_a_program_for_a_newer_system_is_told_with_its_name(runtime: str, needs: str, has: str) -> None:
    assert warnings(runtime, "bootstrap", {"bootstrap": program(f"GLIBC_{needs}")}) == [
        f"bootstrap asks for glibc {needs}, and {runtime} has {has}; build it on the runtime's Amazon Linux, or add its"
        " source and a BuildMethod"
    ]
    assert warnings(runtime, "bootstrap", {"bootstrap": program("GLIBC_2.17")}) == []


def test_libraries_of_layers_are_read_too() -> None:
    library = program("GLIBC_2.38")
    found = warnings("python3.12", "app.handler", {"app.py": ""}, {"python/a.so": library, "lib/libb.so.1": library})

    assert [text.partition(",")[0] for text in found] == ["python/a.so (and 1 more files) asks for glibc 2.38"]


@pytest.mark.parametrize(
    ("name", "text", "is_told"),
    [
        (".npmrc", "//host.test/:_authToken=npm_abc\n", True),
        (".npmrc", "//host.test/:_authToken=${NPM_TOKEN}\n", False),
        (".npmrc", "registry=https://host.test/\n# _authToken=x\n", False),
        ("requirements.txt", "-i https://me:secret@host.test/\nidna\n", True),
        ("requirements.txt", "-i https://me:${SECRET}@host.test/\nidna\n", False),
        ("requirements.txt", "idna @ https://host.test:8080/idna.whl\n", False),
    ],
)
def test_a_password_that_an_image_would_have_is_told(name: str, text: str, is_told: bool) -> None:
    sentence = (
        f"{name} has a password or a token, and everyone who has the image can read it; write ${{NAME}} in its place,"
        " and NAME=… in the file that ESB_BUILD_SETTINGS names"
    )

    assert warnings("ruby3.3", "app.handler", {"app.rb": "", name: text}) == ([sentence] if is_told else [])


@pytest.mark.parametrize("line", ["const AWS = require('aws-sdk')", 'import S3 from "aws-sdk/clients/s3"'])
def test_version_2_of_the_sdk_in_a_bundle_is_told_as_it_does_not_find_the_stack(line: str) -> None:
    (found,) = warnings("nodejs20.x", "app.handler", {"lib/a.js": line, "app.js": ""}, build=ESBUILD)

    assert found.startswith("lib/a.js imports aws-sdk, version 2 of AWS's SDK, which does not read AWS_ENDPOINT_URL")
    assert found.endswith("endpoint: process.env.AWS_ENDPOINT_URL_S3 with s3ForcePathStyle: true")


@pytest.mark.parametrize(
    ("line", "package"),
    [
        ('import { getSignedUrl } from "@aws-sdk/s3-request-presigner"', "@aws-sdk/s3-request-presigner"),
        ("const { createPresignedPost } = require('@aws-sdk/s3-presigned-post')", "@aws-sdk/s3-presigned-post"),
    ],
)
def test_presigned_urls_of_a_bundle_are_told_as_browsers_do_not_reach_them(line: str, package: str) -> None:
    """The file that Node.js functions load changes the packages, which a bundle has within."""
    (found,) = warnings("nodejs20.x", "app.handler", {"app.js": line}, build=ESBUILD)

    assert found.startswith(f"app.js imports {package}, and esbuild bundles it, so its URLs have the address of the")
    assert found.endswith("endpoint: process.env.S3_PRESIGN_ENDPOINT with forcePathStyle: true")
    given = {"app.js": f"{line}\nnew S3Client({{ endpoint: process.env.S3_PRESIGN_ENDPOINT }})"}
    assert warnings("nodejs20.x", "app.handler", given, build=ESBUILD) == []


@pytest.mark.parametrize("external", [True, 5, "aws-sdk"])
def test_an_external_that_is_no_list_names_no_package(external: Any) -> None:
    build = BuildMetadata("F", "esbuild", {"External": external})

    assert len(warnings("nodejs20.x", "app.handler", {"app.js": "require('aws-sdk')"}, build=build)) == 1


@pytest.mark.parametrize(
    ("method", "properties", "code"),
    [
        ("esbuild", {}, {"app.js": "const { S3Client } = require('@aws-sdk/client-s3')"}),
        ("esbuild", {}, {"app.js": "const AWS = require('aws-sdk'); new AWS.S3({ endpoint: process.env.URL })"}),
        ("esbuild", {}, {"app.js": "require('aws-sdk')", "aws.js": "AWS.config.update({ endpoint })"}),
        ("esbuild", {}, {"app.js": "", "node_modules/x/index.js": "require('aws-sdk')"}),
        ("esbuild", {"External": ["aws-sdk"]}, {"app.js": "require('aws-sdk')"}),
        ("esbuild", {"External": ["@aws-sdk/*"]}, {"app.js": "require('@aws-sdk/s3-request-presigner')"}),
        ("esbuild", {"Packages": "external"}, {"app.js": "require('aws-sdk')"}),
        ("nodejs20.x", {}, {"app.js": "require('@aws-sdk/s3-request-presigner')"}),
        ("nodejs20.x", {}, {"app.js": "require('aws-sdk')"}),
        (None, {}, {"app.js": "require('aws-sdk')"}),
        ("esbuild", {}, {"app.js": "// const AWS = require('aws-sdk')\n/*\n * import S3 from 'aws-sdk'\n */"}),
    ],
)
def test_what_the_runtime_leads_to_the_stack_and_other_code_is_not_taken_for_it(
    method: str | None, properties: dict[str, Any], code: dict[str, str]
) -> None:
    assert warnings("nodejs20.x", "app.handler", code, build=BuildMetadata("F", method, properties)) == []


def test_a_page_beside_a_function_in_python_is_not_taken_for_it() -> None:
    assert warnings("python3.12", "app.py", {"app.py": "", "static/page.js": "require('aws-sdk')"}) == []
