"""Where ESB does not answer as AWS was recorded to: the paths of the answer, and why."""

from __future__ import annotations

_NO_INIT_START = "ESB writes no INIT_START line: it names AWS's version of the runtime, which nothing here has."
_NEWER = ("LoggingConfig", "RuntimeVersionConfig", "SnapStart")
_OLD = "Recorded before AWS had these keys, which newer recordings have; our functions have a variable of their own."
_EMPTY = "The recorded function was created with an empty Environment; a function of a template without one has none."

EXPECTED: dict[str, tuple[tuple[str, ...], str]] = {
    "test_lambda_runtime_exit_segfault:invocation_error": (
        (".Payload.errorMessage", ".Payload.errorType"),
        "With a runtime that crashes while it starts, AWS answered after the timeout of 30 s (Sandbox.Timedout). ESB "
        "answers at once that the runtime has exited.",
    ),
    "test_uncaught_exception_invoke[python3.8]:error_result": (
        (".Payload.requestId",),
        "AWS's runtime client for Python adds the request id since 3.9; 3.8 is not here.",
    ),
    "test_lambda_invoke_timed_out_environment_reuse:invoke-result-timed-out": (
        (".Payload.errorType",),
        "Recorded in April 2024. The newer recording of test_lambda_invoke_with_timeout has errorType, as ESB has.",
    ),
    "test_invocation_type_event_error:log_events": (("[-9]",), _NO_INIT_START),
    "test_multi_line_prints:log-events": (
        ("[-8]",),
        _NO_INIT_START,
    ),
    "test_http_integration_with_lambda[HTTP_PROXY]:http-invocation-lambda-url": (
        (".content.headers.host", ".headers.x-amzn-remapped-connection"),
        "The host of a local function URL has a port, which is no part of the event's domainName. The gateway's own "
        "responses have no Connection header, which HTTP/1.1 does not need; AWS's function URLs send keep-alive.",
    ),
    **{
        f"test_basic_invoke:{step}": (tuple(f".Configuration.{key}" for key in ("Environment", *_NEWER)), _OLD)
        for step in ("lambda_get_fn", "lambda_get_fn_2")
    },
    "test_lambda_environment:get-configuration-result": (tuple(f".{key}" for key in _NEWER), _OLD),
    "test_reserved_concurrency:fn": ((".Environment",), _EMPTY),
    "test_reserved_concurrency_async_queue:fn": ((".Environment",), _EMPTY),
    "test_lambda_url_invocation_exception:get_fn_result": ((".Configuration.Environment",), _EMPTY),
    "test_lambda_handler_update:get_function_result": ((".Configuration.Environment",), _EMPTY),
}
