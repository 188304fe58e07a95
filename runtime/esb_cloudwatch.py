"""`boto3.client("logs")` writes to VictoriaLogs: the calls of logging libraries work, other calls fail.

VictoriaLogs has no groups and streams: each row has them in its fields `log_group` and `log_stream`. Those that were
created are remembered in this process only, for calls that describe them.
"""

# ruff: noqa: PLC0415  (late imports: a process pays only for what it needs)
from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import esb_backends
import esb_rows
import esb_victorialogs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

IGNORED = {"PutRetentionPolicy", "DeleteRetentionPolicy", "TagLogGroup", "TagResource"}
RESPONSE_TIMEOUT = 10.0  # seconds; the caller waits, as for CloudWatch
TOKEN = "49039859444784167358967863780880000000000000000000000000"  # noqa: S105  (a sequence token; CloudWatch ignores it)

groups: dict[str, set[str]] = {}


def answer(client: Any, url: str, environ: Mapping[str, str]) -> None:
    """Answer the calls of a client, before anything is sent."""
    labels = esb_victorialogs.labels(environ, socket.gethostname())
    authorization = esb_backends.authorization(esb_backends.LOGS, environ)

    def remember(params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["esb-params"] = params

    def respond(model: Any, context: Mapping[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
        from botocore.awsrequest import AWSResponse

        params = context["esb-params"]
        if model.name == "PutLogEvents":
            put_log_events(params, url, labels, authorization)
        response = response_to(model.name, params, url)
        response["ResponseMetadata"] = {"HTTPStatusCode": 200, "HTTPHeaders": {}, "RetryAttempts": 0}
        return AWSResponse(url, 200, {}, None), response

    client.meta.events.register_last("before-parameter-build.cloudwatch-logs", remember)
    client.meta.events.register_first("before-call.cloudwatch-logs", respond)


def response_to(operation: str, params: Mapping[str, Any], url: str) -> dict[str, Any]:
    """CloudWatch's response; raises BotoCoreError for calls that read or search, which VictoriaLogs does better."""
    group, stream = params.get("logGroupName", ""), params.get("logStreamName", "")
    if operation == "PutLogEvents":
        groups.setdefault(group, set()).add(stream)
        return {"nextSequenceToken": TOKEN}
    if operation == "CreateLogGroup":
        groups.setdefault(group, set())
    elif operation == "CreateLogStream":
        groups.setdefault(group, set()).add(stream)
    elif operation == "DeleteLogGroup":
        groups.pop(group, None)
    elif operation == "DeleteLogStream":
        groups.get(group, set()).discard(stream)
    elif operation == "DescribeLogGroups":
        return {"logGroups": [{"logGroupName": name} for name in matching(groups, params.get("logGroupNamePrefix"))]}
    elif operation == "DescribeLogStreams":
        names = matching(groups.get(group, set()), params.get("logStreamNamePrefix"))
        return {"logStreams": [{"logStreamName": name, "uploadSequenceToken": TOKEN} for name in names]}
    elif operation not in IGNORED:
        raise not_in_stack(operation, url)
    return {}


def matching(names: dict[str, set[str]] | set[str], prefix: str | None) -> list[str]:
    return sorted(name for name in names if name.startswith(prefix or ""))


def not_in_stack(operation: str, url: str) -> Exception:
    from botocore.exceptions import BotoCoreError

    class OperationNotInStackError(BotoCoreError):  # type: ignore[misc]  # a class of the imported botocore
        fmt = (
            "logs.{operation}: logs are stored in VictoriaLogs, not CloudWatch; query them at {url}/select/logsql/query"
        )

    error: Exception = OperationNotInStackError(operation=operation, url=url)
    return error


def put_log_events(params: Mapping[str, Any], url: str, labels: dict[str, str], authorization: str) -> None:
    """Insert the events; raises botocore's EndpointConnectionError if VictoriaLogs did not confirm them."""
    place = {"log_group": params["logGroupName"], "log_stream": params["logStreamName"]}
    body = b"".join(
        esb_rows.encode({**esb_rows.row_of_line(piece, "INFO"), **place}, labels, event["timestamp"] / 1000)
        for event in params["logEvents"]
        for piece in esb_rows.pieces(event["message"].encode())
    )
    outcome = esb_victorialogs.post(url, body, authorization, timeout=RESPONSE_TIMEOUT) if body else ""
    if body and outcome != esb_victorialogs.STORED:
        from botocore.exceptions import EndpointConnectionError

        raise EndpointConnectionError(endpoint_url=url)
