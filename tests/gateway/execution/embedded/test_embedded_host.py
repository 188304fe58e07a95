"""Functions as real processes with AWS's own runtime client."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import uvloop

from esb_gateway.execution.embedded.embedded_host import EmbeddedHost
from esb_gateway.execution.embedded.launch import LaunchSettings
from esb_gateway.execution.functions import Functions
from esb_gateway.execution.output.slot_output import LineSource, LogLine
from esb_gateway.execution.pools.slots import Limits, State
from esb_gateway.invocation import Ending, Function, Invocation, NoSuchFunction, Outcome, Throttled
from esb_schemas import contract
from tests.gateway.execution.fakes import run_functions
from tests.gateway.functions import LAUNCH, ORDERS
from tests.watching import is_alive, until_async

pytestmark = pytest.mark.server

FOLDER = Path(__file__).parents[1]
FUNCTION = replace(ORDERS, handler="app.echo", timeout=10, memory_size=192, queue_depth=2000, code="handlers")
SETTINGS = replace(
    LAUNCH,
    root=FOLDER,
    environment={"PATH": os.environ["PATH"], "SECRET_OF_THE_PARENT": "no"},
    endpoints={"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9000"},
)


class FunctionFixture:
    """A running host with one function."""

    def __init__(self, function: Function, settings: LaunchSettings, limits: Limits) -> None:
        self.function = function
        self.lines: list[LogLine] = []
        self.functions = Functions({function.name: function}, EmbeddedHost(settings), self.lines.append, limits)

    async def invoke(self, event: Any, **details: Any) -> Outcome:
        request = Invocation(
            function=self.function.name,
            payload=json.dumps(event).encode(),
            request_id=details.pop("request_id", str(uuid4())),
            trace_id="Root=1-2-3",
            arn=self.function.arn,
            **details,
        )
        ended: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.functions.submit(request, ended.set_result)
        return await ended

    def count(self, state: State) -> int:
        return self.functions.statistics()[self.function.name].slots[state]

    def printed(self) -> list[str]:
        return [line.text for line in self.lines if line.source is LineSource.FUNCTION]


def run(
    scenario: Callable[[FunctionFixture], Awaitable[None]],
    function: Function = FUNCTION,
    *,
    settings: LaunchSettings = SETTINGS,
    limits: Limits | None = None,
    new_loop: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop,
) -> None:
    run_functions(lambda: FunctionFixture(function, settings, limits or Limits()), scenario, new_loop)


def error_of(outcome: Outcome) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(outcome.payload)
    return document


@pytest.mark.parametrize("new_loop", [uvloop.new_event_loop, asyncio.new_event_loop])
def test_echo_on_either_event_loop(new_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    async def scenario(fixture: FunctionFixture) -> None:
        for value in [{"a": 1}, ["ü"], None]:
            outcome = await fixture.invoke(value)
            assert outcome.ending is Ending.DONE
            assert json.loads(outcome.payload) == value
            assert outcome.duration_ms > 0

    run(scenario, new_loop=new_loop)


def test_function_sees_what_it_would_see_on_aws_and_nothing_of_its_parent() -> None:
    async def scenario(fixture: FunctionFixture) -> None:
        told = json.loads(
            (await fixture.invoke({}, request_id="42", client_context='{"custom": {"a":\n "ü"}}')).payload
        )
        environment = told["environment"]
        assert told["name"] == "orders"
        assert told["log_group"] == "/aws/lambda/orders"
        assert told["memory"] == "192"
        assert (told["request_id"], told["arn"]) == ("42", FUNCTION.arn)
        assert told["client"] == {"a": "ü"}
        assert 9_000 < told["remaining"] <= 10_000
        assert told["folder"] == told["path"][0] == str(FOLDER / "handlers")
        assert environment["AWS_REGION"] == "eu-central-1"
        assert environment["AWS_ENDPOINT_URL_S3"] == "http://127.0.0.1:9000"
        assert environment["_X_AMZN_TRACE_ID"].startswith("Root=1-2-3;Hops=function:orders;Lineage=")
        assert environment["TABLE"] == "orders"
        assert "SECRET_OF_THE_PARENT" not in environment
        assert "HOME" not in environment
        assert environment["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.12"
        assert told["threads"] == 1, "the client starts a thread for each poll because of AWS_EXECUTION_ENV"

    run(scenario, replace(FUNCTION, handler="app.tell", environment={"TABLE": "orders"}))


WRAPPER = """#!/bin/sh
echo "$# arguments"
export TABLE=wrapped
python=$1; shift
exec "$python" -X utf8 "$@"
"""


def test_a_wrapper_of_a_layer_starts_the_client(tmp_path: Path) -> None:
    for layer, text in (("low", "no program"), ("high", WRAPPER)):
        (tmp_path / layer).mkdir()
        (tmp_path / layer / "wrap").write_text(text)
        (tmp_path / layer / "wrap").chmod(0o755)

    async def scenario(fixture: FunctionFixture) -> None:
        told = json.loads((await fixture.invoke({})).payload)
        assert told["environment"]["TABLE"] == "wrapped"
        assert told["name"] == "orders"
        assert fixture.printed() == ["2 arguments"]

    wrapped = {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/wrap", "TABLE": "orders"}
    layers = (str(tmp_path / "low"), str(tmp_path / "high"))
    run(scenario, replace(FUNCTION, handler="app.tell", environment=wrapped, layers=layers))


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [("/opt/nothing", 127, "nothing: does not exist"), ("/var/task/app.py", 126, "app.py: is not an executable")],
)
def test_a_wrapper_that_cannot_be_run_ends_the_runtime(path: str, status: int, text: str) -> None:
    """127 is what AWS was recorded to answer (LocalStack's snapshot of test_lambda_runtime_wrapper_not_found)."""

    async def scenario(fixture: FunctionFixture) -> None:
        outcome = await fixture.invoke({}, request_id="42")
        assert error_of(outcome) == {
            "errorType": "Runtime.ExitError",
            "errorMessage": f"RequestId: 42 Error: Runtime exited with error: exit status {status}",
        }
        [printed] = fixture.printed()
        assert printed.endswith(text)

    run(scenario, replace(FUNCTION, environment={"AWS_LAMBDA_EXEC_WRAPPER": path}, layers=("layer",)))


def test_a_later_layer_wins(tmp_path: Path) -> None:
    for layer in ("low", "high"):
        for folder in ("python", "python/lib/python3.12/site-packages"):
            (tmp_path / layer / folder).mkdir(parents=True)
        (tmp_path / layer / "python/where.py").write_text(f"def handler(*_): return {layer!r}\n")
    (tmp_path / "low/python/lib/python3.12/site-packages/only_low.py").write_text("def handler(*_): return 'low'\n")

    for module, answer in (("where", "high"), ("only_low", "low")):

        async def scenario(fixture: FunctionFixture, answer: str = answer) -> None:
            assert json.loads((await fixture.invoke({})).payload) == answer

        layers = (str(tmp_path / "low"), str(tmp_path / "high"))
        run(scenario, replace(FUNCTION, handler=f"{module}.handler", layers=layers))


def test_raised_exception_is_the_answer_and_the_process_stays() -> None:
    async def scenario(fixture: FunctionFixture) -> None:
        outcome = await fixture.invoke({}, request_id="42")
        assert outcome.ending is Ending.FUNCTION_ERROR
        error = error_of(outcome)
        assert (error["errorType"], error["errorMessage"], error["requestId"]) == (
            "ValueError",
            "this is no good",
            "42",
        )
        await fixture.invoke({})
        assert sum("Init Duration" in line.text for line in fixture.lines) == 1
        [message, _] = fixture.printed()
        assert message.startswith("[ERROR] ValueError: this is no good\nTraceback (most recent call last):\n")

    run(scenario, replace(FUNCTION, handler="app.fail"))


@pytest.mark.parametrize(
    ("handler", "code", "words"),
    [
        ("leave", 3, "Runtime exited with error: exit status 3"),
        ("leave", 0, "Runtime exited without providing a reason"),
        ("die", 3, "Runtime exited with error: exit status 3"),
        ("crash", 0, "Runtime exited with error: signal: segmentation fault"),
    ],
)
def test_process_that_ends_is_an_exit_error_at_once_and_is_replaced(handler: str, code: int, words: str) -> None:
    async def scenario(fixture: FunctionFixture) -> None:
        for request_id in ("first", "second"):
            outcome = await fixture.invoke({"code": code}, request_id=request_id)
            assert outcome.ending is Ending.EXITED
            assert error_of(outcome) == {
                "errorType": "Runtime.ExitError",
                "errorMessage": f"RequestId: {request_id} Error: {words}",
            }

    run(scenario, replace(FUNCTION, handler=f"app.{handler}"))


@pytest.mark.parametrize("handler", ["spin", "sleep"])
def test_deadline_ends_whatever_runs(handler: str) -> None:
    async def scenario(fixture: FunctionFixture) -> None:
        outcome = await fixture.invoke({"seconds": 60}, request_id="42")
        assert outcome.ending is Ending.TIMED_OUT
        assert error_of(outcome) == {
            "errorType": "Sandbox.Timedout",
            "errorMessage": "RequestId: 42 Error: Task timed out after 0.30 seconds",
        }
        assert outcome.duration_ms >= 300
        await until_async(lambda: fixture.count(State.LEAVING) == 0)

    run(scenario, replace(FUNCTION, handler=f"app.{handler}", timeout=0.3))


def test_answer_above_the_limit_costs_the_answer_and_not_the_process() -> None:
    async def scenario(fixture: FunctionFixture) -> None:
        assert (await fixture.invoke({"size": 7_000_000})).ending is Ending.TOO_BIG
        outcome = await fixture.invoke({"size": 6_000_000})
        assert (outcome.ending, len(outcome.payload)) == (Ending.DONE, 6_000_002)
        assert sum("Init Duration" in line.text for line in fixture.lines) == 1

    run(scenario, replace(FUNCTION, handler="app.large"))


def test_import_error_reaches_every_caller() -> None:
    async def scenario(fixture: FunctionFixture) -> None:
        outcomes = await asyncio.gather(*(fixture.invoke({}, request_id=name) for name in ("a", "b", "c")))
        for outcome in outcomes:
            assert outcome.ending is Ending.INIT_ERROR
            error = error_of(outcome)
            assert error["errorType"] == "Runtime.ImportModuleError"
            assert error["errorMessage"].startswith("Unable to import module 'missing': No module named 'missing'")
            assert error["requestId"] == ""

    run(scenario, replace(FUNCTION, handler="missing.handler"))


def test_exit_at_import_reaches_the_caller_and_its_output_the_log() -> None:
    async def scenario(fixture: FunctionFixture) -> None:
        outcome = await fixture.invoke({}, request_id="42")
        assert outcome.ending is Ending.INIT_ERROR
        assert error_of(outcome)["errorMessage"] == "RequestId: 42 Error: Runtime exited with error: exit status 7"
        assert fixture.printed() == ["cannot go on"]

    run(scenario, replace(FUNCTION, handler="exits_at_import.handler"))


def test_interpreter_that_does_not_exist_is_said_to_the_caller() -> None:
    async def scenario(fixture: FunctionFixture) -> None:
        outcome = await fixture.invoke({})
        assert outcome.ending is Ending.INIT_ERROR
        assert "Runtime could not be started: [Errno 2] No such file or directory" in error_of(outcome)["errorMessage"]

    run(scenario, settings=replace(SETTINGS, python="/nowhere/python3"))


def test_init_over_its_limit_is_run_again_within_the_request() -> None:
    async def scenario(fixture: FunctionFixture) -> None:
        outcome = await fixture.invoke({"a": 1})
        assert outcome.ending is Ending.DONE
        assert outcome.duration_ms > 500

    function = replace(FUNCTION, handler="slow_init.echo", environment={"INIT_SECONDS": "0.5"})
    run(scenario, function, limits=Limits(init=0.3))


def test_init_that_outlasts_the_timeout_as_well_is_a_timeout() -> None:
    async def scenario(fixture: FunctionFixture) -> None:
        outcome = await fixture.invoke({}, request_id="42", want_log_tail=True)
        assert outcome.ending is Ending.TIMED_OUT
        assert outcome.log_tail.startswith(b"START RequestId: 42 ")

    function = replace(FUNCTION, handler="slow_init.echo", environment={"INIT_SECONDS": "9"}, timeout=0.2)
    run(scenario, function, limits=Limits(init=0.2))


@pytest.mark.parametrize("slots", [1, 2, 4])
def test_hundred_at_once_are_answered_each_with_its_own(slots: int) -> None:
    async def scenario(fixture: FunctionFixture) -> None:
        outcomes = await asyncio.gather(*(fixture.invoke(number) for number in range(100)))
        assert [json.loads(outcome.payload) for outcome in outcomes] == list(range(100))
        assert sum("Init Duration" in line.text for line in fixture.lines) <= slots

    run(scenario, replace(FUNCTION, max_capacity=slots))


def test_ten_invocations_of_a_function_without_settings_run_at_the_same_time(tmp_path: Path) -> None:
    async def scenario(fixture: FunctionFixture) -> None:
        event = {"folder": str(tmp_path), "count": 10}
        outcomes = await asyncio.gather(*(fixture.invoke(event) for _ in range(10)))
        assert [outcome.ending for outcome in outcomes] == [Ending.DONE] * 10
        assert not [line for line in fixture.lines if "slots of the function are busy" in line.text]

    slots = contract.settings(contract.Function()).max_capacity
    run(scenario, replace(FUNCTION, handler="app.meet", timeout=50, max_capacity=slots))


def test_an_extension_of_a_layer_runs_beside_the_function(tmp_path: Path) -> None:
    async def scenario(fixture: FunctionFixture) -> None:
        assert (await fixture.invoke(1)).ending is Ending.DONE
        assert (await fixture.invoke(2, request_id="second")).ending is Ending.DONE
        await fixture.functions.stop(grace=60)
        assert "agent: INVOKE second" in fixture.printed()
        assert "agent: SHUTDOWN spindown" in fixture.printed()

    (tmp_path / "layer/extensions").mkdir(parents=True)
    shutil.copy(FOLDER / "handlers/extension.py", tmp_path / "layer/extensions/agent")
    run(scenario, replace(FUNCTION, layers=(str(tmp_path / "layer"),)), limits=Limits(init=60, shutdown=60))


def test_an_invocation_that_waits_for_a_slot_says_so_in_the_log() -> None:
    async def scenario(fixture: FunctionFixture) -> None:
        await asyncio.gather(*(fixture.invoke({"seconds": 0.2}, request_id=name) for name in "abc"))
        [line] = [line for line in fixture.lines if "slots of the function are busy" in line.text]
        assert (line.request_id, line.source) == ("c", LineSource.PLATFORM)
        assert line.text.startswith("All 2 slots of the function are busy, so this invocation waits for one.")

    run(scenario, replace(FUNCTION, handler="app.sleep", max_capacity=2))


def test_each_line_is_logged_once_with_its_request() -> None:
    async def scenario(fixture: FunctionFixture) -> None:
        await asyncio.gather(
            *(fixture.invoke({"lines": [f"{name} {at}" for at in range(3)]}, request_id=name) for name in "abcdef")
        )
        assert Counter(fixture.printed()) == Counter(f"{name} {at}" for name in "abcdef" for at in range(3))
        for line in fixture.lines:
            assert line.function == "orders"
            assert line.trace_id == "Root=1-2-3"
            assert line.source is LineSource.PLATFORM or line.text.startswith(line.request_id)

    run(scenario, replace(FUNCTION, handler="app.talk", max_capacity=2))


def test_log_tail_holds_the_whole_request_when_it_is_short() -> None:
    async def scenario(fixture: FunctionFixture) -> None:
        event = {"lines": ["one", "two"], "error": "and stderr"}
        outcome = await fixture.invoke(event, request_id="42", want_log_tail=True)
        lines = outcome.log_tail.decode().splitlines()
        assert lines[:5] == [
            "START RequestId: 42 Version: $LATEST",
            "one",
            "two",
            "and stderr",
            "END RequestId: 42",
        ]
        assert lines[5].startswith("REPORT RequestId: 42\tDuration: ")
        assert "\tMemory Size: 192 MB\tMax Memory Used: " in lines[5]
        assert (await fixture.invoke(event)).log_tail == b""

    run(scenario, replace(FUNCTION, handler="app.talk"))


def test_log_tail_is_the_last_4_kilobytes_of_a_long_request() -> None:
    async def scenario(fixture: FunctionFixture) -> None:
        outcome = await fixture.invoke({"lines": ["x" * 99] * 3_000}, want_log_tail=True)
        assert len(outcome.log_tail) == 4096
        assert b"\nREPORT RequestId: " in outcome.log_tail
        assert len(fixture.printed()) == 3_000

    run(scenario, replace(FUNCTION, handler="app.talk"))


def test_last_words_of_a_process_belong_to_its_request() -> None:
    async def scenario(fixture: FunctionFixture) -> None:
        outcome = await fixture.invoke({"code": 1}, want_log_tail=True)
        assert b"\nlast words\nEND RequestId: " in outcome.log_tail

    run(scenario, replace(FUNCTION, handler="app.die"))


def test_process_killed_from_outside_ends_its_request() -> None:
    async def scenario(fixture: FunctionFixture) -> None:
        running = asyncio.create_task(fixture.invoke({"seconds": 60}))
        await until_async(lambda: fixture.count(State.BUSY) == 1)
        [pid] = children_named("start_function.py")
        os.kill(pid, 15)
        assert "signal: terminated" in error_of(await running)["errorMessage"]

    run(scenario, replace(FUNCTION, handler="app.sleep"))


def children_named(name: str) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_text(encoding="utf-8")
            parent = int((folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
        except OSError:
            continue
        if name in command and parent == os.getpid():
            found.append(int(folder.name))
    return found


def test_function_scales_to_zero_and_back() -> None:
    async def scenario(fixture: FunctionFixture) -> None:
        await fixture.invoke({})
        await until_async(lambda: fixture.count(State.IDLE) == 0)
        await until_async(lambda: children_named("start_function.py") == [])
        assert (await fixture.invoke({"again": True})).ending is Ending.DONE

    run(scenario, replace(FUNCTION, idle_timeout=0.1))


def test_minimum_is_there_before_the_first_request() -> None:
    async def scenario(fixture: FunctionFixture) -> None:
        await until_async(lambda: fixture.count(State.IDLE) == 2)
        assert (await fixture.invoke({})).ending is Ending.DONE
        assert sum(fixture.functions.statistics()[fixture.function.name].slots.values()) == 2, "none was started for it"

    run(scenario, replace(FUNCTION, min_capacity=2, max_capacity=3))


def test_unknown_function_and_reserved_zero_are_refused() -> None:
    async def scenario(fixture: FunctionFixture) -> None:
        with pytest.raises(Throttled):
            await fixture.invoke({})
        fixture.function = replace(FUNCTION, name="another")
        with pytest.raises(NoSuchFunction):
            await fixture.invoke({})
        fixture.function = FUNCTION

    run(scenario, replace(FUNCTION, reserved_concurrency=0))


def test_stop_kills_what_ignores_the_request_to_end_and_what_that_started(tmp_path: Path) -> None:
    file = tmp_path / "pids"

    async def scenario(fixture: FunctionFixture) -> None:
        running = asyncio.create_task(fixture.invoke({"file": str(file)}))
        await until_async(lambda: file.exists() and len(file.read_text().split()) == 2)
        await fixture.functions.stop()
        assert (await running).ending is Ending.STOPPED
        pids = [int(pid) for pid in file.read_text().split()]
        await until_async(lambda: not any(map(is_alive, pids)))

    run(scenario, replace(FUNCTION, handler="app.stubborn", timeout=900))


def test_deadline_kills_what_the_function_started_too(tmp_path: Path) -> None:
    file = tmp_path / "pids"

    async def scenario(fixture: FunctionFixture) -> None:
        assert (await fixture.invoke({"file": str(file)})).ending is Ending.TIMED_OUT
        pids = [int(pid) for pid in file.read_text().split()]
        await until_async(lambda: not any(map(is_alive, pids)))

    run(scenario, replace(FUNCTION, handler="app.stubborn", timeout=0.5))


def test_thousand_requests_with_crashes_are_each_executed_at_most_once(tmp_path: Path) -> None:
    file = tmp_path / "executions"

    async def scenario(fixture: FunctionFixture) -> None:
        crashing = [number % 40 == 7 for number in range(1_000)]
        outcomes = await asyncio.gather(
            *(fixture.invoke({"id": at, "file": str(file), "crash": crash}) for at, crash in enumerate(crashing))
        )
        endings = [Ending.EXITED if crash else Ending.DONE for crash in crashing]
        assert [outcome.ending for outcome in outcomes] == endings
        assert Counter(map(int, file.read_text().splitlines())) == Counter(range(1_000))

    run(scenario, replace(FUNCTION, handler="app.count", max_capacity=4))


def test_layers_and_dependencies_are_importable_in_their_order(tmp_path: Path) -> None:
    for folder, text in {
        "code": "import first, second\ndef handler(event, context):\n    return [first.FROM, second.FROM]\n",
        "code/first": 'FROM = "code"\n',
        "needed/first": 'FROM = "dependency"\n',
        "needed/second": 'FROM = "dependency"\n',
        "layer/python/second": 'FROM = "layer"\n',
    }.items():
        path = tmp_path / folder / ("app.py" if folder == "code" else "__init__.py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    async def scenario(fixture: FunctionFixture) -> None:
        assert json.loads((await fixture.invoke({})).payload) == ["code", "dependency"]
        assert not (tmp_path / "code" / "__pycache__").exists()

    function = replace(FUNCTION, handler="app.handler", code="code", layers=("layer",))
    run(scenario, function, settings=replace(SETTINGS, root=tmp_path, dependencies={"orders": (tmp_path / "needed",)}))
