"""`boto3.client("logs")` writes to VictoriaLogs: what logging libraries call is answered here, the rest is refused.

Groups and streams need no creation there: each row has them in its fields `log_group` and `log_stream`. That they were
created is remembered in this process alone, for those that ask.
"""

# ruff: noqa: PLC0415  (imports are late: a process that needs less pays less)
from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import esb_rows
import esb_victorialogs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

NOTHING_TO_DO = {"PutRetentionPolicy", "DeleteRetentionPolicy", "TagLogGroup", "TagResource"}
ANSWER_WAIT = 10.0  # seconds; the caller waits, as it would for CloudWatch
TOKEN = "49039859444784167358967863780880000000000000000000000000"  # noqa: S105  (a sequence token; CloudWatch ignores it)

groups: dict[str, set[str]] = {}


def answer(client: Any, url: str, environ: Mapping[str, str]) -> None:
    """Have the calls of a client answered before anything is sent to CloudWatch's address."""
    labels = esb_victorialogs.labels(environ, socket.gethostname())

    def remember(params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["esb-params"] = params

    def respond(model: Any, context: Mapping[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
        from botocore.awsrequest import AWSResponse

        params = context["esb-params"]
        if model.name == "PutLogEvents":
            put_log_events(params, url, labels)
        response = response_to(model.name, params, url)
        response["ResponseMetadata"] = {"HTTPStatusCode": 200, "HTTPHeaders": {}, "RetryAttempts": 0}
        return AWSResponse(url, 200, {}, None), response

    client.meta.events.register_last("before-parameter-build.cloudwatch-logs", remember)
    client.meta.events.register_first("before-call.cloudwatch-logs", respond)


def response_to(operation: str, params: Mapping[str, Any], url: str) -> dict[str, Any]:
    """What CloudWatch would answer; raises BotoCoreError where VictoriaLogs has its own, better way."""
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
    elif operation not in NOTHING_TO_DO:
        raise refusal(operation, url)
    return {}


def matching(names: dict[str, set[str]] | set[str], prefix: str | None) -> list[str]:
    return sorted(name for name in names if name.startswith(prefix or ""))


def refusal(operation: str, url: str) -> Exception:
    from botocore.exceptions import BotoCoreError

    class OperationNotInStackError(BotoCoreError):  # type: ignore[misc]  # a class of the botocore at hand
        fmt = "logs.{operation}: logs are kept by VictoriaLogs, not CloudWatch; query them at {url}/select/logsql/query"

    error: Exception = OperationNotInStackError(operation=operation, url=url)
    return error


def put_log_events(params: Mapping[str, Any], url: str, labels: dict[str, str]) -> None:
    """Insert the events; raises botocore's EndpointConnectionError if VictoriaLogs did not confirm that it has them."""
    place = {"log_group": params["logGroupName"], "log_stream": params["logStreamName"]}
    body = b"".join(
        esb_rows.encode({**esb_rows.row_of_line(piece, "INFO"), **place}, labels, event["timestamp"] / 1000)
        for event in params["logEvents"]
        for piece in esb_rows.pieces(event["message"].encode())
    )
    if body and esb_victorialogs.post(url, body, answer=ANSWER_WAIT) != esb_victorialogs.STORED:
        from botocore.exceptions import EndpointConnectionError

        raise EndpointConnectionError(endpoint_url=url)
