"""Recorded answers of function URLs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.gateway.recorded.application import Application
from tests.gateway.recorded.recordings import Case, Headers, asking

_AREA = "Function URLs"
_MODULE = "lambda/test_lambda"
_VALUES = ("boolean", "dict", "float", "http-response-json", "http-response", "integer", "list-mixed", "string")
_SENT = (
    ("User-Agent", "test/echo"),
    ("Accept-Encoding", "gzip, deflate"),
    ("Accept", "*/*"),
    ("Extra-Headers", "With WeiRd CapS"),
    ("Content-Type", "application/json"),
)
_TLS = (r"\.headers\.x-amzn-tls-",)  # no TLS here
_FORM = (
    '\r\n--4efd159eae0c4f4e125a5a509e073d85\r\nContent-Disposition: form-data; name="formfield"\r\n\r\n'
    "not a file, just a field\r\n"
    '--4efd159eae0c4f4e125a5a509e073d85\r\nContent-Disposition: form-data; name="foo"; filename="foo"\r\n'
    "Content-Type: text/plain;\r\n\r\nbar\r\n\r\n--4efd159eae0c4f4e125a5a509e073d85--\r\n"
)


def cases() -> Iterator[Case]:
    for value in _VALUES:
        test = f"test_lambda_url_invocation[{value}]"
        yield Case(_AREA, _MODULE, test, "lambda_url_invocation", asking(_value, value))
    yield Case(_AREA, _MODULE, "test_lambda_url_echo_http_fixture_default", "url_response", _echo, _TLS)
    yield Case(_AREA, _MODULE, "test_lambda_url_echo_http_fixture_trim_x_headers", "url_response", _trimmed)
    yield Case(_AREA, _MODULE, "test_lambda_url_form_payload", "url_response", _form)
    test = "test_lambda_permission_url_invocation"
    yield Case(_AREA, _MODULE, test, "lambda_url_invocation_missing_permission", _forbidden)
    yield Case(
        _AREA, _MODULE, "test_request_id_invoke_url", "lambda_url_invocation", lambda application: _hi(application)[0]
    )
    yield Case(_AREA, _MODULE, "test_request_id_invoke_url", "end_log_entries", lambda application: _hi(application)[1])


def _value(application: Application, value: str) -> Any:
    response = application.request("Returning.lambda-url.localhost", "GET", f"/?{value}")
    kept = ("content-length", "content-type")
    headers = Headers({name: text for name, text in response.headers.items() if name.lower() in kept})
    return {"statuscode": response.status, "headers": headers, "content": response.json}


def _echo(application: Application) -> Any:
    path = "/pa2%25Fth/1?q=query&multiQuery=foo&multiQuery=%2Fbar"
    return application.request("EchoHttp.lambda-url.localhost", "POST", path, _SENT, '{"foo": "bar"}').json


def _trimmed(application: Application) -> Any:
    path = "/path/1?q=query&trim=1"
    return application.request("EchoHttp.lambda-url.localhost", "POST", path, _SENT, '{"foo": "bar"}').json


def _form(application: Application) -> Any:
    sent = (
        ("User-Agent", "python/test-request"),
        ("Accept-Encoding", "gzip, deflate"),
        ("Accept", "*/*"),
        ("Content-Type", "multipart/form-data; boundary=4efd159eae0c4f4e125a5a509e073d85"),
    )
    return application.request("EchoHttp.lambda-url.localhost", "POST", "/test/value?trim=1", sent, _FORM).json


def _forbidden(application: Application) -> Any:
    return application.request("Private.lambda-url.localhost", "GET", "/").json


def _hi(application: Application) -> tuple[Any, list[str]]:
    response = application.request("Returning.lambda-url.localhost", "GET", "/?hi")
    request_id = response.headers.get_header("x-amzn-RequestId") or ""
    ends = [line for line in application.log(request_id) if line.startswith("END")]
    headers = Headers({"x-amzn-RequestId": request_id})
    return {"statuscode": response.status, "headers": headers, "content": response.body}, ends
