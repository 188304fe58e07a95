"""Recorded answers of the Lambda API: Invoke, its errors, logs, versions and aliases."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

from tests.gateway.recorded.application import Application
from tests.gateway.recorded.recordings import Case, asking
from tests.watching import until

_Ask = Callable[[Application], Any]
_JAVA = ("8.al2", "11", "17", "21", "25")
_CUSTOM_HANDLER = (
    "test_java_custom_handler_method_specification[cloud.localstack.sample.LambdaHandlerWithInterfaceAndCustom"
)
_OTHER_RUNTIMES = (
    *("dotnet6", "dotnet8", "dotnet10"),
    *(f"java{version}" for version in _JAVA),
    *(f"nodejs{version}.x" for version in (16, 18, 20, 22, 24)),
    *("provided.al2", "provided.al2023"),
    *("ruby3.2", "ruby3.3", "ruby3.4"),
)


def _invoke(function: str, event: Any = None, **parameters: Any) -> _Ask:
    return lambda application: application.invoke(function, event, **parameters)


def _case(area: str, test: str, step: str, ask: _Ask, *ignored: str, module: str = "lambda/test_lambda") -> Case:
    return Case(area, module, test, step, ask, ignored)


def cases() -> Iterator[Case]:
    yield from _invocation_types()
    yield from _payloads()
    yield from _function_errors()
    yield from _environments()
    yield from _throttles()
    yield from _versions()
    yield from _logs()
    yield from _configurations()


def _invocation_types() -> Iterator[Case]:
    area = "Invoke: types"
    for runtime in ("python3.9", "python3.10", "nodejs16.x"):
        yield _case(
            area, f"test_invocation_type_dry_run[{runtime}]", "invoke-result", _invoke("Echo", InvocationType="DryRun")
        )
        yield _case(
            area, f"test_invocation_type_event[{runtime}]", "invoke-result", _invoke("Echo", InvocationType="Event")
        )
        yield _case(
            area,
            f"test_invocation_type_request_response[{runtime}]",
            "invoke-result",
            _invoke("Echo", InvocationType="RequestResponse"),
        )
    for language in ("python", "nodejs"):
        for kind in ("Event", "RequestResponse"):
            test = f"test_invocation_type_no_return_payload[{language}-{kind}]"
            yield _case(area, test, "invoke-result", _invoke("Nothing", InvocationType=kind))
    yield _case(area, "test_basic_invoke", "lambda_invoke_result", _invoke("Echo"))
    yield _case(area, "test_lambda_invoke_no_timeout", "invoke-result", _invoke("Nothing"))
    yield _case(
        area, "test_invocation_type_event_error", "invocation_response", _invoke("HandlerError", InvocationType="Event")
    )
    yield _case(
        area, "test_request_id_async_invoke_with_retry", "invoke_result", _invoke("Echo", InvocationType="Event")
    )


def _payloads() -> Iterator[Case]:
    area = "Invoke: payloads"
    yield _case(area, "test_lambda_environment", "invocation-result", _invoke("Environment"))
    event = {"foo": "bar with 'quotes\""}
    yield _case(area, "test_upload_lambda_from_s3", "invocation-response", _invoke("Introspection", event))
    # Python's context has no such flag, and no entries of the client but the five that Amazon's mobile SDKs send
    javascript = r"\.Payload\.context\.(callbackWaits|clientContext\.client)"
    yield _case(area, "test_lambda_with_context", "invocation", _with_context, javascript)
    yield _case(
        area,
        "test_function_update_during_invoke",
        "invoke_response_before",
        _invoke("Variant", {"request_prefix": "1-sleep"}),
    )
    for step, function in (
        ("invoke_result_handler_one", "HandlerOne"),
        ("invoke_result_handler_two", "HandlerTwo"),
        ("invoke_result_handler_two_postpublish", "HandlerTwo"),
    ):
        yield _case(area, "test_lambda_handler_update", step, _invoke(function))
    too_large = _invoke("Large", {"bytes": 6 * 1024 * 1024 + 101})
    for step in ("invoke_result", "invoke_result_2"):
        yield _case(area, "test_lambda_too_large_response", step, too_large)

    # Other runtimes, where Python's function gives the same payload
    runtimes = {"module": "lambda/test_lambda_runtimes"}
    validated = {"bucket": "test_bucket", "key": "test_key", "validated": True}
    for version in _JAVA:
        test = f"test_serializable_input_object[java{version}]"
        yield _case(area, test, "invoke-result", _invoke("Echo", validated), **runtimes)
        yield _case(area, f"test_stream_handler[java{version}]", "invoke_result", _invoke("Echo"), **runtimes)
    for end in ("-INTERFACE]", "::handleRequest-INTERFACE]", "::handleRequestCustom-CUSTOM]"):
        answer = end[:-1].rpartition("-")[2]
        yield _case(area, f"{_CUSTOM_HANDLER}{end}", "invoke-result", _invoke("Echo", answer), **runtimes)
    for archive in ("jar-with-lib", "zip-with-lib", "zip-with-lib-gradle"):
        echo = _invoke("Echo", '{"echo":"echo"}')
        yield _case(area, "test_java_runtime_with_lib", f"invoke-result-{archive}", echo, **runtimes)


def _with_context(application: Application) -> Any:
    """The context as Python's client has it, by the names that the recorded function (JavaScript) gave it."""
    client = {"custom": {"foo": "bar"}, "client": {"snap": ["crackle", "pop"]}, "env": {"fizz": "buzz"}}
    encoded = base64.b64encode(json.dumps(client).encode()).decode()
    answer = application.invoke("Introspection", ClientContext=encoded)
    context = answer["Payload"]["context"]
    names = {
        "awsRequestId": "aws_request_id",
        "clientContext": "client_context",
        "functionName": "function_name",
        "functionVersion": "function_version",
        "invokedFunctionArn": "invoked_function_arn",
        "logGroupName": "log_group_name",
        "logStreamName": "log_stream_name",
        "memoryLimitInMB": "memory_limit_in_mb",
    }
    return {**answer, "Payload": {"context": {name: context[own] for name, own in names.items()}}}


def _function_errors() -> Iterator[Case]:
    area = "Invoke: function errors"
    for test, function in (
        ("test_lambda_handler_error", "HandlerError"),
        ("test_lambda_handler_exit", "Exit"),
        ("test_lambda_runtime_error", "ImportError"),
        ("test_lambda_runtime_exit_segfault", "Segfault"),
        ("test_lambda_runtime_wrapper_not_found", "NoWrapper"),
    ):
        # The frames of Python's importlib are those of its version
        yield _case(area, test, "invocation_error", _invoke(function), r"\.Payload\.stackTrace\[-([2-9]|\d\d)\]$")
    yield _case(area, "test_lambda_invoke_with_timeout", "invoke-result", _invoke("Slow", {"sleep": 1.5}))
    failing = _invoke("Uncaught", {"error_msg": "some_error_msg"})
    common = {"module": "lambda/test_lambda_common"}
    for minor in range(8, 15):
        yield _case(area, f"test_uncaught_exception_invoke[python3.{minor}]", "error_result", failing, **common)
    # The payload is the language's own; all else is the Invoke API's
    area = "Invoke: errors of other runtimes"
    for runtime in _OTHER_RUNTIMES:
        test = f"test_uncaught_exception_invoke[{runtime}]"
        yield _case(area, test, "error_result", failing, r"\.Payload", **common)


def _environments() -> Iterator[Case]:
    """One environment, before and after a timeout."""
    events: dict[str, dict[str, Any]] = {
        "invoke-result-set-number": {"set-number": 42},
        "invoke-result-read-number": {"read-number": True},
        "invoke-result-file-write": {"write-file": "some-content"},
        "invoke-result-file-read": {"read-file": True},
        "invoke-result-timed-out": {"sleep": 1.5},
        "invoke-result-file-read-after-timeout": {"read-file": True},
        "invoke-result-read-number-after-timeout": {"read-number": True},
    }

    def run(application: Application) -> Any:
        file = {"file": str(application.gateway.root / "note")}
        return {step: application.invoke("Reused", event | file) for step, event in events.items()}

    def one(application: Application, step: str) -> Any:
        return application.once("reuse", run)[step]

    for step in events:
        yield _case(
            "Invoke: environments",
            "test_lambda_invoke_timed_out_environment_reuse",
            step,
            asking(one, step),
        )


def _throttles() -> Iterator[Case]:
    area = "Invoke: throttles"
    yield _case(area, "test_reserved_concurrency", "exc_no_cap_requestresponse", _invoke("Blocked"))
    yield _case(area, "test_reserved_concurrency", "invoke_result", _invoke("Blocked", InvocationType="Event"))
    yield _case(area, "test_reserved_concurrency_async_queue", "too_many_requests_exc", _while_busy)


def _while_busy(application: Application) -> Any:
    """A call while the one environment that the function may have is busy with an event."""
    application.invoke("Single", {"sleep": 1}, InvocationType="Event")
    answers: list[Any] = []

    def throttled() -> bool:
        answers.append(application.invoke("Single", {"sleep": 0}))
        return "Error" in answers[-1]

    until(throttled)
    return answers[-1]


def _versions() -> Iterator[Case]:
    area = "Invoke: versions and aliases"
    arn = "arn:aws:lambda:us-east-1:123456789012:function:Version1:alias1"
    aliased = _invoke("Version1", Qualifier="alias1")
    for step, ask in (
        ("invocation_result_qualifier_v1", aliased),
        ("invocation_result_qualifier_v1_after_publish", aliased),
        ("invocation_result_qualifier_v1_after_update", aliased),
        ("invocation_result_qualifier_v1_arn", _invoke(arn)),
        ("invocation_exc_not_existent", _invoke("Version1", Qualifier="non-existent-alias")),
    ):
        yield _case(area, "test_lambda_alias_moving", step, ask)
    published = _invoke("Version1", Qualifier="1")
    for step, ask in (
        ("invocation_result_v1", published),
        ("invocation_result_v1_end", published),
        ("invocation_result_latest", _invoke("Version2")),
        ("invocation_result_latest_end", _invoke("Version3")),
    ):
        yield _case(area, "test_lambda_versions_with_code_changes", step, ask)
    event = {"hello": "world"}
    yield _case(area, "test_lambda_concurrency_block", "invoke_latest_before_block", _invoke("EchoPublished", event))
    yield _case(
        area, "test_lambda_concurrency_block", "invoke_v1_after_block", _invoke("EchoPublished", event, Qualifier="1")
    )
    yield _case(area, "test_invoke_exceptions", "invoke_function_doesnotexist", _invoke("doesnotexist"))
    yield _case(
        area,
        "test_invocation_with_qualifier",
        "invocation-response",
        _invoke("Published", {"foo": "bar with 'quotes\""}, Qualifier="1", LogType="Tail"),
    )


def _logs() -> Iterator[Case]:
    area = "Logs"

    def tail(application: Application) -> Any:
        answer = application.invoke("Published", {}, Qualifier="1", LogType="Tail")
        lines = answer.get("LogResult", "").splitlines()
        return {"log_result": [line for line in lines if not line.startswith("REPORT")]}

    def logs(application: Application) -> Any:
        return {"logs": application.invoke("Logged", {}, LogType="Tail")["LogResult"].splitlines(keepends=True)}

    def events(application: Application) -> Any:
        request_id = application.invoke("MultiLine")["ResponseMetadata"]["RequestId"]
        stored = {"eventId": "", "ingestionTime": "", "logStreamName": "a", "timestamp": ""}
        return [{**stored, "message": f"{line}\n"} for line in application.log(request_id)]

    def error_events(application: Application) -> Any:
        answer = application.invoke("CustomError", InvocationType="Event")
        request_id = answer["ResponseMetadata"]["RequestId"]
        application.run_again(request_id, 1)
        stored = {"ingestionTime": "", "timestamp": ""}
        lines = application.log(request_id, 2)  # a message of several lines has no newline at its end
        return [{**stored, "message": line if "\n" in line else f"{line}\n"} for line in lines]

    yield _case(area, "test_invocation_with_qualifier", "log_result", tail)
    for runtime in ("python3.10", "nodejs16.x"):
        test = f"test_invocation_with_logs[{runtime}]"
        yield _case(area, test, "invoke", _invoke("Echo", LogType="Tail"))
    yield _case(area, "test_invocation_with_logs[python3.10]", "logs", logs)
    yield _case(area, "test_invocation_type_event_error", "log_events", error_events)
    yield _case(area, "test_multi_line_prints", "log-events", events, module="lambda/test_lambda_runtimes")


def _configurations() -> Iterator[Case]:
    def configuration(application: Application, operation: str, function: str, qualifier: dict[str, str]) -> Any:
        return application.call(operation, FunctionName=function, **qualifier)

    whole, part, latest = "get_function", "get_function_configuration", {"Qualifier": "$LATEST"}
    for test, step, operation, function, qualifier in (
        ("test_basic_invoke", "lambda_get_fn", whole, "Version2", {}),
        ("test_basic_invoke", "lambda_get_fn_2", whole, "Version3", {}),
        ("test_lambda_environment", "get-configuration-result", part, "Environment", {}),
        ("test_reserved_concurrency", "fn", part, "Blocked", latest),
        ("test_reserved_concurrency_async_queue", "fn", part, "Single", latest),
        ("test_lambda_url_invocation_exception", "get_fn_result", whole, "Returning", {}),
        ("test_lambda_handler_update", "get_function_result", whole, "HandlerTwo", {}),
    ):
        yield _case(
            "Lambda API: functions",
            test,
            step,
            asking(configuration, operation, function, qualifier),
            r".*\.(Handler|Runtime|Environment\.Variables\.VERSION_ID)$",  # those of our functions
        )
