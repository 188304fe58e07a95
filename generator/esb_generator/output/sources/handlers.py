"""Checks that the function that a Handler names is in the code.

Only Python and Node.js are checked. There is no warning if the handler may come from elsewhere: from a package that is
installed when the image is built, from a layer, or from a name that is made at run time.
"""

from __future__ import annotations

import ast
import re
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping

from esb_generator.model import Function, ImageCode
from esb_generator.near_miss import near_miss
from esb_generator.output.build_methods.methods.esbuild import SCRIPTS, TYPESCRIPT, handler_module
from esb_generator.output.files.source_files import SourceFile, content_of
from esb_generator.services.lambda_.layers import WEB_ADAPTER
from esb_schemas.lazy_pattern import LazyPattern

WRAPPER = "AWS_LAMBDA_EXEC_WRAPPER"
_EXPORTED = LazyPattern(r"(?:exports\.|function |const )(\w+)")
_LATER_LINE = LazyPattern(r"""\b[fFtTrR]{1,2}["']|^\s*(type|lazy)\s|\b(def|class)\s+\w+\s*\[|\bexcept\b|\*""")
_LONG_F_STRING = LazyPattern(r"""\b[fFtTrR]{1,2}(\"{3}|'{3})""")
_LARGEST = 1024 * 1024  # bytes; larger files, such as bundles, are not checked


def handler_problem(
    function: Function, code: Iterable[SourceFile], layers: Iterable[SourceFile], *, installs: bool
) -> str | None:
    """A sentence if the handler's file or function is certainly missing. `installs`: packages are installed later.

    Raises BuildError for a file that cannot be read.
    """
    handler, runtime = function.entry.handler, function.entry.runtime or ""
    if isinstance(function.code, ImageCode) or not handler or "." not in handler:
        return None
    files = {file.path: file for file in code}
    if WRAPPER in function.entry.environment:
        return _server(handler, files) if WEB_ADAPTER in function.layers else None
    if runtime.startswith("python"):
        return _python(handler, runtime, files, [file.path for file in layers], installs=installs)
    if runtime.startswith("nodejs"):
        return _node(handler, files, [file.path for file in layers], installs=installs)
    return None


def _server(handler: str, files: Mapping[str, SourceFile]) -> str | None:
    """The handler of a function with the Lambda Web Adapter is the program that starts its server."""
    found = files.get(handler.removeprefix("./"))
    if found is None:
        return f"{handler}, which starts the server that the Lambda Web Adapter calls, is not in the code"
    return None if found.executable else f"{handler} starts the server, and is not executable; run chmod +x {handler}"


def _python(
    handler: str, runtime: str, files: Mapping[str, SourceFile], layers: Iterable[str], *, installs: bool
) -> str | None:
    module, _, name = handler.rpartition(".")
    path = module.replace(".", "/").removeprefix("./")
    file = files.get(f"{path}.py") or files.get(f"{path}/__init__.py")
    if file is None:
        is_ours = path.split("/")[0] in _tops(files)
        return _missing_file(handler, f"{path}.py", files, layers, installs=installs and not is_ours)
    text = _content(file)
    if text is None:
        return None
    try:
        defined = set(_defined(_parsed(text)))
    except SyntaxError as error:
        if _version(runtime) > sys.version_info[:2] and _may_be_later_syntax(text, error):
            return None
        return f"{file.path}, line {error.lineno or 1}: {error.msg}; no invocation can succeed"
    except (ValueError, RecursionError, MemoryError):  # nested too deeply
        return None
    return None if {name, "*", "__getattr__"} & defined else _missing_function(handler, file.path, name, defined)


def _may_be_later_syntax(text: str, error: SyntaxError) -> bool:
    """Whether a later Python may accept what this one refuses: f-strings that hold quotes (PEP 701), type parameters
    (695), template strings (750), `except` without parentheses (758), unpacking (798), lazy imports (810).
    """
    lines = text.splitlines()
    line = lines[error.lineno - 1] if error.lineno and error.lineno <= len(lines) else ""
    return bool(error.msg.startswith("f-string") or _LATER_LINE.search(line) or _LONG_F_STRING.search(text))


def _parsed(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about escapes such as "\\d", which work
        return ast.parse(text)


def _version(runtime: str) -> tuple[int, ...]:
    return tuple(int(part) for part in runtime.removeprefix("python").split(".") if part.isdigit())


def _defined(tree: ast.Module) -> Iterator[str]:
    """The names of a module: assigned, defined or imported at its top level, including branches."""
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name
                yield from (name for each in ast.walk(node) if isinstance(each, ast.Global) for name in each.names)
                continue
            case ast.Import() | ast.ImportFrom():
                yield from ((alias.asname or alias.name.partition(".")[0]) for alias in node.names)
            case ast.Name(ctx=ast.Store()):
                yield node.id
            case ast.Call(func=ast.Name(id="globals" | "exec" | "setattr")):
                yield "*"
        waiting.extend(ast.iter_child_nodes(node))


def _node(handler: str, files: Mapping[str, SourceFile], layers: Iterable[str], *, installs: bool) -> str | None:
    path = handler_module(handler)
    name = handler.rpartition("/")[2].partition(".")[2]
    if any(f"{path}{suffix}" in files for suffix in TYPESCRIPT):
        return None  # a build makes .js files from them
    file = next((files[f"{path}{suffix}"] for suffix in SCRIPTS if f"{path}{suffix}" in files), None)
    if file is None:
        return _missing_file(handler, f"{path}.js", files, layers, installs=installs)
    text = _content(file)
    # Exports have too many forms to parse them; but a name that does not occur at all is not exported.
    last = name.rpartition(".")[2]
    if text is None or re.search(rf"\b{re.escape(last)}\b|export \*|require\(", text):
        return None
    return _missing_function(handler, file.path, name, set(_EXPORTED.findall(text)))


def _content(file: SourceFile) -> str | None:
    return None if file.size > _LARGEST else content_of(file)


def _tops(files: Mapping[str, SourceFile]) -> set[str]:
    """The names at the top of the code that can be imported."""
    return {path.split("/")[0].removesuffix(".py") for path in files}


def _missing_file(
    handler: str, path: str, files: Mapping[str, SourceFile], layers: Iterable[str], *, installs: bool
) -> str | None:
    name = path.rpartition("/")[2]
    if installs or any(layer.endswith(f"/{name}") or layer == name for layer in layers):
        return None
    stem = path.rpartition(".")[0]
    if any(other.startswith((f"{stem}.", f"{stem}/")) for other in files):
        return None  # a compiled module, or a package without __init__.py
    return f"Handler {handler}: there is no file {path} in its code{near_miss(path, files)}"


def _missing_function(handler: str, path: str, name: str, defined: set[str]) -> str:
    return f"Handler {handler}: {path} does not define {name}{near_miss(name, defined)}"
