"""The command and the environment of a function's process."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from esb_gateway.child_processes.launcher import Command
from esb_gateway.execution.embedded.launch import OF_RUNTIME_ALONE, LaunchSettings, launch_command, with_parent
from esb_gateway.execution.embedded.toolchain import Toolchain
from esb_wire.function_credentials import function_of, secret_access_key
from tests.gateway.functions import ORDERS

FUNCTION = replace(
    ORDERS,
    memory_size=256,
    layers=("layers/one", "layers/two"),
    environment={"TABLE": "orders", "AWS_REGION": "not yours to set", "PYTHONPATH": "/extra"},
)
SETTINGS = LaunchSettings(
    root=Path("/app"),
    python="/usr/bin/python3",
    parent_pid=7,
    region="us-east-1",
    access_key_id="id",
    secret_access_key="key",
    environment={"PATH": "/usr/bin", "HOME": "/home/me", "AWS_SESSION_TOKEN": "mine", "AWS_PROFILE": "mine"},
    endpoints={"AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:1"},
    dependencies={"orders": (Path("/app/local/needed"),)},
)


def test_a_function_can_have_credentials_of_its_own() -> None:
    settings = replace(SETTINGS, function_credentials=True)
    environment = launch_command(FUNCTION, settings, port=9001, log_stream="x").environment
    assert function_of(environment["AWS_ACCESS_KEY_ID"]) == "orders"
    assert environment["AWS_SECRET_ACCESS_KEY"] == secret_access_key("key", "orders")
    assert "key" not in environment.values()


def test_there_is_no_session_token_if_the_storage_refuses_it() -> None:
    settings = replace(SETTINGS, has_session_token=False)
    assert "AWS_SESSION_TOKEN" not in launch_command(FUNCTION, settings, port=9001, log_stream="x").environment


def test_environment_is_aws_own_and_complete() -> None:
    environment = dict(launch_command(FUNCTION, SETTINGS, port=9001, log_stream="2026/01/31/[$LATEST]ab").environment)
    del environment["LAMBDA_RUNTIME_DIR"]  # where this package is installed
    assert environment == {
        "AWS_ACCESS_KEY_ID": "id",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.12",
        "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_NAME": "orders",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": "Text",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/orders",
        "AWS_LAMBDA_LOG_STREAM_NAME": "2026/01/31/[$LATEST]ab",
        "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001",
        "AWS_REGION": "us-east-1",
        "AWS_SECRET_ACCESS_KEY": "key",
        "AWS_SESSION_TOKEN": "embedded",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000",
        "LANG": "en_US.UTF-8",
        "LAMBDA_TASK_ROOT": "/app/functions/orders",
        "LD_LIBRARY_PATH": "/app/functions/orders:/app/functions/orders/lib:/app/layers/two/lib:/app/layers/one/lib",
        "PATH": "/app/layers/two/bin:/app/layers/one/bin:/usr/bin",
        "PYTHONPATH": ":".join(
            [
                "/app/functions/orders",
                "/app/local/needed",
                "/app/layers/two/python/lib/python3.12/site-packages",
                "/app/layers/two/python",
                "/app/layers/one/python/lib/python3.12/site-packages",
                "/app/layers/one/python",
                "/extra",
            ]
        ),
        "TABLE": "orders",
        "TZ": ":UTC",
        "_AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1",
        "_AWS_XRAY_DAEMON_PORT": "2000",
        "_HANDLER": "app.handler",
    }


def test_the_files_that_keep_functions_from_aws_come_first() -> None:
    settings = replace(SETTINGS, runtime_files=Path("/app/runtime/python"))
    path = launch_command(FUNCTION, settings, port=1, log_stream="").environment["PYTHONPATH"]
    assert path.split(os.pathsep)[0] == "/app/runtime/python"


def test_urls_of_the_stack_lead_to_the_servers_of_this_machine() -> None:
    environment = {
        "NEXT": "http://gateway:8080/_url/next/a",
        "BOTH": "http://database:8000,http://not-in-this-stack:9002/q",
        "OTHER": "http://elsewhere:8080/",
    }
    moved = {
        "http://gateway:8080": "http://127.0.0.1:4321",
        "http://database:8000": "http://127.0.0.1:4322",
        "http://not-in-this-stack:9002": "http://127.0.0.1:4323",
    }
    settings = replace(SETTINGS, moved_urls=moved)
    found = launch_command(replace(FUNCTION, environment=environment), settings, port=1, log_stream="").environment
    assert {name: found[name] for name in environment} == {
        "NEXT": "http://127.0.0.1:4321/_url/next/a",
        "BOTH": "http://127.0.0.1:4322,http://127.0.0.1:4323/q",
        "OTHER": "http://elsewhere:8080/",
    }


def test_command_runs_the_handler_in_the_folder_of_the_code() -> None:
    command = launch_command(replace(FUNCTION, code="src/orders"), SETTINGS, port=1, log_stream="")
    assert command.folder == Path("/app/src/orders")
    assert command.arguments[0] == "/usr/bin/python3"
    assert command.arguments[2:] == ("7",)


@pytest.mark.parametrize(
    ("path", "files"),
    [
        ("/var/task/bin/wrap", ["/app/functions/orders/bin/wrap"]),
        ("/opt/wrap", ["/app/layers/two/wrap", "/app/layers/one/wrap"]),
        ("./wrap", ["./wrap"]),
    ],
)
def test_a_wrapper_is_looked_for_in_the_folders_that_are_the_code_and_the_layers(path: str, files: list[str]) -> None:
    wrapped = replace(FUNCTION, environment={"AWS_LAMBDA_EXEC_WRAPPER": path})
    assert launch_command(wrapped, SETTINGS, port=1, log_stream="").arguments[2:] == ("7", *files)


def test_language_and_tracing_may_be_set_by_the_function() -> None:
    own = {"LANG": "C.UTF-8", "AWS_XRAY_CONTEXT_MISSING": "RUNTIME_ERROR"}
    environment = launch_command(replace(FUNCTION, environment=own), SETTINGS, port=1, log_stream="").environment
    assert {name: environment[name] for name in own} == own


def test_a_published_function_knows_its_version() -> None:
    command = launch_command(replace(FUNCTION, published=True), SETTINGS, port=1, log_stream="")
    assert command.environment["AWS_LAMBDA_FUNCTION_VERSION"] == "1"


def test_provisioned_slots_know_that_they_are() -> None:
    command = launch_command(replace(FUNCTION, min_capacity=1), SETTINGS, port=1, log_stream="")
    assert command.environment["AWS_LAMBDA_INITIALIZATION_TYPE"] == "provisioned-concurrency"


NODE = replace(FUNCTION, runtime="nodejs22.x", environment={"NODE_PATH": "/extra"})


def test_node_runs_the_client_of_this_package() -> None:
    settings = replace(SETTINGS, tools=Toolchain(node="/usr/bin/node"))
    command = launch_command(NODE, settings, port=1, log_stream="")
    assert command.arguments[:3] == ("/usr/bin/python3", "-I", "-S")
    assert command.arguments[4:7] == ("7", "--", "/usr/bin/node")
    assert command.arguments[7] == "--require"
    guard, client = map(Path, command.arguments[8:])
    assert guard == client.with_name("aws_guard.cjs")
    assert guard.is_file()
    assert client.name == "index.mjs"
    assert client.is_file()
    assert command.environment["LAMBDA_RUNTIME_DIR"] == str(client.parent)
    assert command.environment["AWS_EXECUTION_ENV"] == "AWS_Lambda_nodejs22.x"
    assert "PYTHONPATH" not in command.environment


def test_node_finds_packages_where_it_finds_them_on_aws() -> None:
    assert launch_command(NODE, SETTINGS, port=1, log_stream="").environment["NODE_PATH"].split(os.pathsep) == [
        "/app/local/needed",
        "/app/layers/two/nodejs/node22/node_modules",
        "/app/layers/two/nodejs/node_modules",
        "/app/layers/one/nodejs/node22/node_modules",
        "/app/layers/one/nodejs/node_modules",
        "/app/functions/orders",
        "/extra",
    ]


def test_node_knows_the_folders_of_the_layers_for_paths_below_opt() -> None:
    environment = launch_command(NODE, SETTINGS, port=1, log_stream="").environment
    assert environment["ESB_LAYERS"] == "/app/layers/two:/app/layers/one"


def test_a_wrapper_of_node_gets_its_command() -> None:
    wrapped = replace(NODE, environment={"AWS_LAMBDA_EXEC_WRAPPER": "/opt/wrap"})
    arguments = launch_command(wrapped, SETTINGS, port=1, log_stream="").arguments
    assert arguments[4:8] == ("7", "/app/layers/two/wrap", "/app/layers/one/wrap", "--")


@pytest.mark.parametrize("runtime", ["provided", "provided.al2", "provided.al2023"])
def test_a_bootstrap_is_looked_for_in_the_code_and_then_in_the_layers(runtime: str) -> None:
    command = launch_command(replace(FUNCTION, runtime=runtime), SETTINGS, port=1, log_stream="")
    assert command.arguments[4:] == (
        "7",
        "/app/functions/orders/bootstrap",
        "/app/layers/two/bootstrap",
        "/app/layers/one/bootstrap",
        "--",
    )
    assert "AWS_EXECUTION_ENV" not in command.environment


def test_java_runs_the_client_before_the_code_and_the_layers() -> None:
    settings = replace(SETTINGS, tools=Toolchain(java="/usr/bin/java"))
    java = replace(FUNCTION, runtime="java21", handler="shop.App::handle")
    assert launch_command(java, settings, port=1, log_stream="").arguments[4:] == (
        "7",
        "--",
        "/usr/bin/java",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-cp",
        "/app/local/needed/*:/app/functions/orders:/app/functions/orders/lib/*"
        ":/app/layers/two/java/lib/*:/app/layers/one/java/lib/*",
        "com.amazonaws.services.lambda.runtime.api.client.AWSLambda",
        "shop.App::handle",
    )


def test_what_was_built_is_used_in_place_of_the_source() -> None:
    settings = replace(SETTINGS, built={"functions/orders": Path("/built/code"), "layers/one": Path("/built/layer")})
    command = launch_command(replace(FUNCTION, runtime="provided.al2023"), settings, port=1, log_stream="")
    assert command.folder == Path("/built/code")
    assert command.arguments[5:] == (
        "/built/code/bootstrap",
        "/app/layers/two/bootstrap",
        "/built/layer/bootstrap",
        "--",
    )
    assert command.environment["LAMBDA_TASK_ROOT"] == "/built/code"


def test_the_program_of_go_s_retired_runtime_has_the_name_of_the_handler() -> None:
    go = replace(FUNCTION, runtime="go1.x", handler="main")
    assert launch_command(go, SETTINGS, port=1, log_stream="").arguments[4:] == (
        "7",
        "/app/functions/orders/main",
        "--",
    )


def test_a_debugged_function_waits_for_its_debugger() -> None:
    settings = replace(SETTINGS, tools=Toolchain("/bin/node", java="/bin/java"), debug_ports={FUNCTION.name: 7000})
    found = {
        runtime: launch_command(replace(FUNCTION, runtime=runtime), settings, port=1, log_stream="")
        for runtime in ("python3.12", "nodejs22.x", "java21")
    }
    assert {command.environment["ESB_DEBUG_PORT"] for command in found.values()} == {"7000"}
    assert found["python3.12"].arguments[1] == "-Xfrozen_modules=off"
    node = found["nodejs22.x"].arguments
    loaded = node[node.index("/bin/node") + 1 : -1]
    assert loaded[::2] == ("--require", "--require")
    assert [Path(file).name for file in loaded[1::2]] == ["aws_guard.cjs", "debug.cjs"]
    java = found["java21"].arguments
    option = "-agentlib:jdwp=transport=dt_socket,server=y,suspend=y,address=127.0.0.1:7000"
    assert java[java.index("/bin/java") + 1] == option
    assert "ESB_DEBUG_PORT" not in launch_command(FUNCTION, SETTINGS, port=1, log_stream="").environment


def test_extensions_in_containers_lack_the_same_variables() -> None:
    supervisor = (Path(__file__).parents[4] / "runtime/supervisor").read_text()
    (names,) = re.findall(r"unset (AWS_EXECUTION_ENV .*?)\n    fi", supervisor, re.DOTALL)

    assert {*names.replace("\\", "").split()} == {*OF_RUNTIME_ALONE, "VICTORIALOGS_URL"}


def test_another_program_dies_with_the_gateway() -> None:
    command = with_parent(Command(("/bin/dynoxide", "serve", "--port", "1"), {"PATH": "/bin"}, Path("/")), 42)
    assert command.arguments[4:] == ("42", "/bin/dynoxide", "--", "serve", "--port", "1")
    assert command.environment == {"PATH": "/bin"}
