"""Warnings about code that cannot run as it is: TypeScript, an SDK that calls AWS, programs for a newer system."""

from __future__ import annotations

import functools
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from esb_generator.model import Application, Function, ImageCode, InlineCode
from esb_generator.output.build_methods.build import language
from esb_generator.output.build_methods.function_builds import FunctionBuilds
from esb_generator.output.build_methods.images import glibc
from esb_generator.output.build_methods.methods.esbuild import bundles, needs_esbuild
from esb_generator.output.files.source_files import SourceFile, content_of
from esb_generator.output.sources.elf import MAGIC, needed_glibc
from esb_generator.resources.findings import Notice
from esb_schemas.lazy_pattern import LazyPattern

_Contents = Mapping[str, Sequence[SourceFile]]
# Patterns of secrets, by file name.
# https://docs.npmjs.com/cli/configuring-npm/npmrc, https://pip.pypa.io/en/stable/reference/requirements-file-format/
_CREDENTIALS: Final = {
    ".npmrc": LazyPattern(r"^[^#;\n]*_(authToken|auth|password)\s*=\s*(?!\s*[\"']?\$\{)\S", re.MULTILINE),
    "requirements.txt": LazyPattern(r"^[^#\n]*://[^/\s:@]*:(?!\$\{)[^/\s@]+@", re.MULTILINE),
}
_LIBRARIES: Final = (".so", ".node")
_SCRIPTS: Final = (".js", ".cjs", ".mjs", ".ts", ".mts", ".cts")
# Problems of imported packages in a bundle, where the runtime's guard cannot patch them.
_PRESIGNER: Final = (
    "and esbuild bundles it, so its URLs have the address of the storage inside the stack, which browsers do not reach;"
    " give the client that signs them endpoint: process.env.S3_PRESIGN_ENDPOINT with forcePathStyle: true"
)
_IN_BUNDLES: Final = {
    "aws-sdk": (
        "version 2 of AWS's SDK, which does not read AWS_ENDPOINT_URL: as esbuild bundles it, its calls do not reach"
        " the stack; use version 3 (@aws-sdk/client-…), or give each client an endpoint, such as endpoint:"
        " process.env.AWS_ENDPOINT_URL_S3 with s3ForcePathStyle: true"
    ),
    "@aws-sdk/s3-request-presigner": _PRESIGNER,
    "@aws-sdk/s3-presigned-post": _PRESIGNER,
}
_IMPORT: Final = LazyPattern(
    r"""^(?!\s*(?://|/?\*)).*(?:\bfrom|\bimport|\brequire)\s*\(?\s*["'](?P<package>"""
    rf"""{"|".join(_IN_BUNDLES)})(?:/[^"']*)?["']""",
    re.MULTILINE,
)


def code_notices(
    application: Application, functions: _Contents, layers: _Contents, builds: Mapping[str, FunctionBuilds]
) -> Iterator[Notice]:
    """The warnings for all functions. Code that is yet to be compiled is not checked."""
    # Functions share code and layers.
    needed, credentials, sdk = functools.cache(_needed), functools.cache(_credentials), functools.cache(_sdk)
    for function in application.functions:
        if isinstance(function.code, ImageCode | InlineCode):
            continue
        code, of_function = functions[function.logical_id], builds[function.logical_id]
        layer_files = [layers[layer] for layer in function.layers]
        texts: list[str | None] = []
        if of_function.code is None or of_function.code.adds:
            texts = [_typescript(function, code), _newer(function, code, needed)]
        texts += [_newer(function, files, needed) for files in layer_files]
        texts += _bundled(function, code, sdk)
        copied = [] if of_function.code is not None and not of_function.code.adds else [code]
        texts += [credentials(file) for files in (*copied, *layer_files) for file in files]
        yield from (
            Notice(function.mark, function.logical_id, "AWS::Serverless::Function", text)
            for text in dict.fromkeys(texts)
            if text is not None
        )


def _typescript(function: Function, code: Iterable[SourceFile]) -> str | None:
    if language(function.entry.runtime or "") != "nodejs":
        return None
    source = needs_esbuild(function.entry.handler or "", {file.path for file in code})
    return source and (
        f"its handler is {source}, which is TypeScript and has to be built; add Metadata: {{BuildMethod: esbuild,"
        f" BuildProperties: {{EntryPoints: [{source}]}}}}"
    )


def _bundled(
    function: Function, code: Iterable[SourceFile], sdk: Callable[[SourceFile], tuple[frozenset[str], bool]]
) -> Iterator[str]:
    """Packages of AWS's SDKs for JavaScript that a bundle has, unless the code gives clients an endpoint somewhere.

    "Service-specific endpoints" in the AWS SDKs and Tools Reference Guide: of the SDKs for JavaScript, version 3 alone
    reads AWS_ENDPOINT_URL. The guard of the runtime changes these packages for the stack, but not within a bundle.
    """
    if language(function.entry.runtime or "") != "nodejs" or function.build.method != "esbuild":
        return
    own = (file for file in code if file.path.endswith(_SCRIPTS) and "node_modules/" not in file.path)
    scripts = {file.path: sdk(file) for file in own}
    if any(has_endpoint for _, has_endpoint in scripts.values()):
        return
    for package, text in _IN_BUNDLES.items():
        found = min((path for path, (packages, _) in scripts.items() if package in packages), default=None)
        if found is not None and bundles(package, function.build.properties):
            yield f"{found} imports {package}, {text}"


def _sdk(file: SourceFile) -> tuple[frozenset[str], bool]:
    """The packages of SDKs that a script imports, and whether it names an endpoint."""
    text = content_of(file) or ""
    imports = _IMPORT.finditer(text) if "aws-sdk" in text else ()
    return frozenset(found["package"] for found in imports), "endpoint" in text.lower()


def _credentials(file: SourceFile) -> str | None:
    """A warning about a password of a registry in a file of the image; npm and pip both interpolate ${…}."""
    pattern = _CREDENTIALS.get(posixpath.basename(file.path))
    if pattern is None or not pattern.search(content_of(file) or ""):
        return None
    return (
        f"{file.path} has a password or a token, and everyone who has the image can read it; write ${{NAME}} in its"
        " place, and NAME=… in the file that ESB_BUILD_SETTINGS names"
    )


def _newer(
    function: Function, files: Iterable[SourceFile], needed_by: Callable[[SourceFile], tuple[int, int] | None]
) -> str | None:
    """A warning about programs and libraries for a newer system than the runtime's."""
    here = glibc(function.entry.runtime or "")
    found = [(file.path, needed) for file in files if (needed := needed_by(file)) is not None and needed > here]
    if not found:
        return None
    path, needed = found[0]
    more = f" (and {len(found) - 1} more files)" if len(found) > 1 else ""
    return (
        f"{path}{more} asks for glibc {_version(needed)}, and {function.entry.runtime} has {_version(here)}; build it"
        " on the runtime's Amazon Linux, or add its source and a BuildMethod"
    )


def _needed(file: SourceFile) -> tuple[int, int] | None:
    if not (file.executable or file.path.endswith(_LIBRARIES) or ".so." in file.path):
        return None
    if isinstance(file.content, bytes):
        return needed_glibc(file.content)
    return needed_glibc(_program(file.content))


def _program(path: Path) -> bytes:
    """The content of a program; the beginning of any other file."""
    with path.open("rb") as stream:
        begin = stream.read(len(MAGIC))
        return begin + stream.read() if begin == MAGIC else begin


def _version(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
