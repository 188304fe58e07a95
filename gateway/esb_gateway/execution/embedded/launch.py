"""The command, environment and folder that start a function as a process of this machine. Pure."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from esb_gateway.child_processes.launcher import Command
from esb_gateway.execution.embedded.function_folders import FunctionFolders
from esb_gateway.execution.embedded.languages import Language, language_of
from esb_gateway.execution.embedded.toolchain import Toolchain
from esb_gateway.invocation import Function
from esb_schemas.contract import DEFAULT_VARIABLES, FunctionDescription, reserved_variables
from esb_wire.function_credentials import access_key_id, secret_access_key

_START = Path(__file__).resolve().with_name("start_function.py")
_NODE_CLIENT = Path(__file__).resolve().parent / "node_client/index.mjs"
_NODE_DEBUG = _NODE_CLIENT.with_name("debug.cjs")
_NODE_GUARD = _NODE_CLIENT.with_name("aws_guard.cjs")  # loaded first, as in images; worker threads load it, too
_TRACEABLE = ("-Xfrozen_modules=off",)  # else debugpy warns that it may miss breakpoints
_JDWP = "-agentlib:jdwp=transport=dt_socket,server=y,suspend=y,address="
_JAVA_CLIENT = "com.amazonaws.services.lambda.runtime.api.client.AWSLambda"
_ISOLATED = ("-I", "-S")  # variables of a function that is not in Python have no effect on the start

# The variables of the gateway that a function inherits. It must not see the others: they may be secret. HOME is none of
# them, because Lambda has none.
INHERITED = ("PATH", "TMPDIR")

WRAPPER = "AWS_LAMBDA_EXEC_WRAPPER"

# "Using the Lambda Extensions API to create extensions", AWS Lambda Developer Guide: variables that extensions lack.
OF_RUNTIME_ALONE = frozenset(
    {
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
        "_HANDLER",
    }
)

# The servers of embedded mode accept a token that they did not issue, unlike SeaweedFS, the stack's storage.
_SESSION_TOKEN = "embedded"  # noqa: S105 - of no value


@dataclass(frozen=True, slots=True)
class LaunchSettings:
    """Settings that the functions of a gateway share.

    `root` is the folder that holds config/. Of the parent's `environment` only `INHERITED` is used. `endpoints` are
    variables with the addresses of the embedded services (`AWS_ENDPOINT_URL_DYNAMODB`, ...), `dependencies` the folders
    of each function's installed packages, `built` those that are used in place of folders with source. In the values of
    a function's environment, `moved_urls` of the stack are replaced by those that servers have here. `runtime_files` is
    the folder with the `sitecustomize.py` that keeps botocore from AWS; a folder that was written by hand has none.
    Functions in `debug_ports` wait for a debugger there. With `function_credentials` each has a pair of its own.
    Without `has_session_token` there is none, which SeaweedFS would refuse.
    """

    root: Path
    python: str
    parent_pid: int
    region: str
    access_key_id: str
    secret_access_key: str
    environment: Mapping[str, str]
    endpoints: Mapping[str, str] = field(default_factory=dict)
    dependencies: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)
    tools: Toolchain = field(default_factory=Toolchain)
    built: Mapping[str, Path] = field(default_factory=dict)
    moved_urls: Mapping[str, str] = field(default_factory=dict)
    runtime_files: Path | None = None
    debug_ports: Mapping[str, int] = field(default_factory=dict)
    function_credentials: bool = False
    has_session_token: bool = True

    @property
    def folders(self) -> FunctionFolders:
        """The folders of the functions."""
        return FunctionFolders(self.root, self.built)


def launch_command(function: Function, settings: LaunchSettings, *, port: int, log_stream: str) -> Command:
    """The command that runs one slot of the function with the Runtime API on the local `port`."""
    folders = settings.folders
    code = folders.code(function)
    environment = _environment(function, settings, code, port, log_stream)
    wrapper = environment.get(WRAPPER)
    wrappers = _on_this_machine(wrapper, code, folders.layers(function)) if wrapper else ()
    start, pid = str(_START), str(settings.parent_pid)
    match language_of(function.runtime):
        case Language.NODE:
            first = (_NODE_GUARD, *([_NODE_DEBUG] if function.name in settings.debug_ports else []))
            loaded = chain.from_iterable(("--require", str(file)) for file in first)
            node = (settings.tools.node or "node", *loaded, str(_NODE_CLIENT))
            program = (*_ISOLATED, start, pid, *wrappers, "--", *node)
        case Language.JAVA:
            program = (*_ISOLATED, start, pid, *wrappers, "--", *_java(function, settings))
        case Language.BOOTSTRAP:  # AWS runs no wrapper for it
            program = (*_ISOLATED, start, pid, *map(str, folders.bootstraps(function)), "--")
        case _:
            traced = _TRACEABLE if function.name in settings.debug_ports else ()
            program = (*traced, start, pid, *wrappers)
    return Command((settings.python, *program), environment, code)


def extension_command(
    function: Function, settings: LaunchSettings, program: Path, *, port: int, log_stream: str
) -> Command:
    """The command that runs an external extension of a slot, beside the runtime that has the same port."""
    code = settings.folders.code(function)
    variables = _environment(function, settings, code, port, log_stream)
    environment = {name: value for name, value in variables.items() if name not in OF_RUNTIME_ALONE}
    start = (*_ISOLATED, str(_START), str(settings.parent_pid), "--", str(program))
    return Command((settings.python, *start), environment, code)


def with_parent(command: Command, parent_pid: int) -> Command:
    """The same program, which on Linux is killed when the process `parent_pid` ends."""
    program, *arguments = command.arguments
    start = (sys.executable, *_ISOLATED, str(_START), str(parent_pid), program, "--", *arguments)
    return Command(start, command.environment, command.folder)


def _java(function: Function, settings: LaunchSettings) -> tuple[str, ...]:
    """AWS's runtime client with the classes of the function; the options are those of AWS's images since Java 17.

    The client and its libraries come first, as on AWS, where they are in a class loader above the function's.
    """
    code, layers = settings.folders.code(function), settings.folders.layers(function)
    class_path = [
        *(folder / "*" for folder in settings.dependencies.get(function.name, ())),
        code,
        code / "lib/*",
        *(layer / "java/lib/*" for layer in layers),
    ]
    options = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", os.pathsep.join(map(str, class_path)))
    port = settings.debug_ports.get(function.name)
    waits = () if port is None else (f"{_JDWP}127.0.0.1:{port}",)
    return (settings.tools.java or "java", *waits, *options, _JAVA_CLIENT, function.handler)


def _on_this_machine(path: str, code: Path, layers: Sequence[Path]) -> tuple[str, ...]:
    """The files that a path of the function can mean, the first that exists: /var/task and /opt are folders here."""
    if path.startswith("/var/task/"):
        return (str(code / path.removeprefix("/var/task/")),)
    if path.startswith("/opt/"):
        return tuple(str(layer / path.removeprefix("/opt/")) for layer in layers)
    return (path,)


def _environment(
    function: Function, settings: LaunchSettings, code: Path, port: int, log_stream: str
) -> dict[str, str]:
    """The variables have the names that AWS gives them, and the function's own replace all but the reserved ones."""
    layers = settings.folders.layers(function)
    inherited = {name: settings.environment[name] for name in INHERITED if name in settings.environment}
    own = {
        **inherited,
        "PATH": os.pathsep.join([*(str(layer / "bin") for layer in layers), inherited.get("PATH", os.defpath)]),
        "LD_LIBRARY_PATH": os.pathsep.join(map(str, [code, code / "lib", *(layer / "lib" for layer in layers)])),
        **DEFAULT_VARIABLES,
        **_isolation(),
        **settings.endpoints,
        **_debugging(function, settings),
        **{name: with_moved_urls(value, settings.moved_urls) for name, value in function.environment.items()},
    }
    match language_of(function.runtime):
        case Language.PYTHON:
            _add_path(own, "PYTHONPATH", _python_path(function, settings, code, layers))
        case Language.NODE:
            _add_path(own, "NODE_PATH", _node_path(function, settings, code, layers))
            own["ESB_LAYERS"] = os.pathsep.join(map(str, layers))  # for paths below /opt; the client takes it away
    return own | _reserved(function, settings, code, port, log_stream)


def _python_path(function: Function, settings: LaunchSettings, code: Path, layers: Sequence[Path]) -> list[Path]:
    of_layers = ((layer / f"python/lib/{function.runtime}/site-packages", layer / "python") for layer in layers)
    runtime = [] if settings.runtime_files is None else [settings.runtime_files]  # before anything else, as in images
    return [*runtime, code, *settings.dependencies.get(function.name, ()), *chain.from_iterable(of_layers)]


def _node_path(function: Function, settings: LaunchSettings, code: Path, layers: Sequence[Path]) -> list[Path]:
    """As "Working with layers for Node.js Lambda functions" has it; a node_modules beside the code is found first."""
    version = function.runtime.removesuffix(".x").replace("nodejs", "node")
    of_layers = ((layer / f"nodejs/{version}/node_modules", layer / "nodejs/node_modules") for layer in layers)
    return [*settings.dependencies.get(function.name, ()), *chain.from_iterable(of_layers), code]


def _add_path(variables: dict[str, str], name: str, folders: Sequence[Path]) -> None:
    """Set a search path, with the function's own value of it at the end."""
    extra = variables.get(name)
    variables[name] = os.pathsep.join([*map(str, folders), *([extra] if extra else [])])


def with_moved_urls(text: str, moved_urls: Mapping[str, str]) -> str:
    """A text of the configuration with the URLs that the stack's servers have on this machine."""
    for inside, here in moved_urls.items():
        text = text.replace(inside, here)
    return text


def _runtime_folder(function: Function) -> Path:
    return _NODE_CLIENT.parent if language_of(function.runtime) is Language.NODE else _START.parent


def _debugging(function: Function, settings: LaunchSettings) -> dict[str, str]:
    """The variables that start_function.py and node_client/debug.cjs read."""
    port = settings.debug_ports.get(function.name)
    return {} if port is None else {"ESB_DEBUG_PORT": str(port)}


def _isolation() -> dict[str, str]:
    """Keep the user's AWS configuration away."""
    return {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def _credentials(function: Function, settings: LaunchSettings) -> dict[str, str]:
    key_id, secret = settings.access_key_id, settings.secret_access_key
    if settings.function_credentials:
        key_id, secret = access_key_id(function.name), secret_access_key(secret, function.name)
    return {"AWS_ACCESS_KEY_ID": key_id, "AWS_SECRET_ACCESS_KEY": secret}


def _reserved(function: Function, settings: LaunchSettings, code: Path, port: int, log_stream: str) -> dict[str, str]:
    return {
        **reserved_variables(
            FunctionDescription(
                name=function.name,
                region=settings.region,
                runtime=function.runtime,
                memory_size=function.memory_size,
                log_format=function.log_format,
                provisioned=function.min_capacity > 0 and not function.debugged,
                published=function.published,
            )
        ),
        "_HANDLER": function.handler,
        **_credentials(function, settings),
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}",
        **({"AWS_SESSION_TOKEN": _SESSION_TOKEN} if settings.has_session_token else {}),
        "LAMBDA_RUNTIME_DIR": str(_runtime_folder(function)),
        "LAMBDA_TASK_ROOT": str(code),
    }
