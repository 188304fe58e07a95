"""Operations on the targets of rules. What a target could not do here is refused when it is put."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from esb_cloud.aws.service import Call, Result
from esb_cloud.eventbridge.errors import check_name, limit_exceeded, refused, too_long
from esb_cloud.eventbridge.inputs import PREDEFINED, Variable, parse_template
from esb_cloud.eventbridge.json_paths import InvalidPath, parse_path
from esb_cloud.eventbridge.resources.paging import after, page
from esb_cloud.eventbridge.resources.rules import SCHEDULES, require_rule
from esb_cloud.eventbridge.shapes import OTHER_TARGETS
from esb_cloud.sql.transaction import Transaction
from esb_wire.patterns import read_json

MAX_TARGETS: Final = 5
MAX_AGE: Final = 86_400
MAX_RETRIES: Final = 185

_ARN: Final = re.compile(r"arn:aws[\w-]*:(?P<service>[\w-]+):[\w-]*:\d{12}:(?P<resource>.+)", re.ASCII)
_QUEUE: Final = re.compile(r"arn:aws[\w-]*:sqs:[\w-]+:\d{12}:[\w-]{1,80}(\.fifo)?", re.ASCII)
_INPUTS: Final = ("Input", "InputPath", "InputTransformer")
_SERVED: Final = ("lambda", "sqs", "sns", "events")
_MAX_PATHS: Final = 100
_MAX_INPUT: Final = 8192  # characters of Input and InputTemplate; EventBridge API reference, Target
_MAX_PATH: Final = 256


def put_targets(transaction: Transaction, call: Call) -> Result:
    """Add targets, or replace those with the same id."""
    rule = require_rule(transaction, call, "Rule")
    given: list[dict[str, Any]] = call.parameters["Targets"]
    for number, target in enumerate(given, 1):
        _check(target, number)
    targets = {target["Id"]: target for target in (*rule.targets, *given)}
    if len(targets) > MAX_TARGETS:
        raise limit_exceeded()
    transaction.rules.change_targets(rule, list(targets.values()))
    transaction.signal(SCHEDULES)
    return {"FailedEntryCount": 0, "FailedEntries": []}


def remove_targets(transaction: Transaction, call: Call) -> Result:
    """Ids that no target has are entries that failed."""
    rule = require_rule(transaction, call, "Rule")
    ids: list[str] = call.parameters["Ids"]
    transaction.rules.change_targets(rule, [target for target in rule.targets if target["Id"] not in ids])
    known = {target["Id"] for target in rule.targets}
    failed = [
        {
            "TargetId": identifier,
            "ErrorCode": "ResourceNotFoundException",
            "ErrorMessage": f"Rule {rule.name} does not have a target with the Id {identifier}.",
        }
        for identifier in ids
        if identifier not in known
    ]
    return {"FailedEntryCount": len(failed), "FailedEntries": failed}


def list_targets_by_rule(transaction: Transaction, call: Call) -> Result:
    begin = after(call)
    targets = sorted(require_rule(transaction, call, "Rule").targets, key=lambda target: str(target["Id"]))
    found = [target for target in targets if target["Id"] > begin]
    return page(call, "Targets", found, lambda target: str(target["Id"]), dict)


def service_of(arn: str) -> str:
    """`lambda`, `sqs`, `sns`, `event-bus`, `api-destination`; else that of the ARN, or empty."""
    found = _ARN.fullmatch(arn)
    if found is None:
        return ""
    return found["resource"].partition("/")[0] if found["service"] == "events" else found["service"]


def _check(target: Mapping[str, Any], number: int) -> None:
    identifier, arn = target.get("Id", ""), target.get("Arn", "")
    check_name(identifier, f"targets.{number}.member.id")
    for problem in (*_problems_of_length(target, number), *_problems(target, arn)):
        raise refused(problem.replace("{id}", identifier))


def _problems_of_length(target: Mapping[str, Any], number: int) -> Iterator[str]:
    """So that a document is never read that would take long."""
    transformer = target.get("InputTransformer", {})
    texts = (
        ("input", target.get("Input", ""), _MAX_INPUT),
        ("inputPath", target.get("InputPath", ""), _MAX_PATH),
        ("inputTransformer.inputTemplate", transformer.get("InputTemplate", ""), _MAX_INPUT),
        *(
            ("inputTransformer.inputPathsMap", path, _MAX_PATH)
            for path in transformer.get("InputPathsMap", {}).values()
        ),
    )
    for name, text, most in texts:
        if len(text) > most:
            yield too_long(text, f"targets.{number}.member.{name}", most)


def _problems(target: Mapping[str, Any], arn: str) -> Iterator[str]:
    service = service_of(arn)
    if not service:
        yield f"Parameter {arn} is not valid. Reason: Provided Arn is not in correct format."
    elif service not in (*_SERVED, "event-bus", "api-destination"):
        yield (
            f"Target {{id}} is not available in this stack: {service}. Use a function, a queue, a topic, another bus "
            "or an API destination."
        )
    for name in OTHER_TARGETS:
        if name in target:
            yield f"Parameter {name} of target {{id}} is for targets that are not available in this stack."
    if "HttpParameters" in target and service != "api-destination":
        yield "Parameter HttpParameters of target {id} is for API destinations."
    fifo = service == "sqs" and arn.endswith(".fifo")
    if fifo and not target.get("SqsParameters", {}).get("MessageGroupId"):
        yield "Parameter(s) SqsParameters must be specified for target: {id}."
    if service == "sns" and arn.endswith(".fifo"):
        yield "Target {id} is a FIFO topic, which EventBridge does not send to."
    yield from _problems_of_input(target)
    yield from _problems_of_retries(target)


def _problems_of_input(target: Mapping[str, Any]) -> Iterator[str]:
    if sum(name in target for name in _INPUTS) > 1:
        yield "Only one of Input, InputPath, or InputTransformer must be provided for target {id}."
    if "Input" in target and not _is_json(target["Input"]):
        yield "JSON syntax error in input for target {id}."
    if "InputPath" in target and not _is_path(target["InputPath"]):
        yield "Parameter InputPath of target {id} is not a valid JSON path."
    transformer = target.get("InputTransformer")
    if transformer is not None:
        yield from _problems_of_transformer(transformer)


def _problems_of_transformer(transformer: Mapping[str, Any]) -> Iterator[str]:
    paths, template = transformer.get("InputPathsMap", {}), transformer.get("InputTemplate", "")
    if not template:
        yield "Parameter InputTemplate of target {id} is missing."
    if len(paths) > _MAX_PATHS:
        yield f"Parameter InputPathsMap of target {{id}} has more than {_MAX_PATHS} entries."
    for name, path in paths.items():
        if name.upper().startswith("AWS") or not _is_path(path):
            yield f"Invalid InputPathsMap for target {{id}}: {name}."
    for part in parse_template(template):
        if isinstance(part, Variable) and part.name not in paths and part.name not in PREDEFINED:
            yield f"InputTemplate for target {{id}} contains invalid placeholder {part.name}."


def _problems_of_retries(target: Mapping[str, Any]) -> Iterator[str]:
    policy = target.get("RetryPolicy", {})
    if not 60 <= policy.get("MaximumEventAgeInSeconds", MAX_AGE) <= MAX_AGE:
        yield f"Parameter MaximumEventAgeInSeconds of target {{id}} must be between 60 and {MAX_AGE}."
    if not 0 <= policy.get("MaximumRetryAttempts", MAX_RETRIES) <= MAX_RETRIES:
        yield f"Parameter MaximumRetryAttempts of target {{id}} must be between 0 and {MAX_RETRIES}."
    dead_letters = target.get("DeadLetterConfig", {}).get("Arn")
    if dead_letters is not None and (not _QUEUE.fullmatch(dead_letters) or dead_letters.endswith(".fifo")):
        yield "Parameter DeadLetterConfig of target {id} is not the ARN of a standard queue."


def _is_json(text: str) -> bool:
    try:
        read_json(text)
    except ValueError:
        return False
    return True


def _is_path(text: str) -> bool:
    try:
        parse_path(text)
    except InvalidPath:
        return False
    return True
