"""The operation TestEventPattern."""

from __future__ import annotations

from typing import Final

from esb_cloud.aws.service import Call, Result
from esb_cloud.eventbridge.errors import refused
from esb_cloud.eventbridge.events.evaluating import is_match
from esb_cloud.eventbridge.resources.rules import check_pattern
from esb_cloud.sql.computing import Question
from esb_cloud.sql.transaction import Transaction
from esb_wire.offload import is_costly

_EVENT_FIELDS: Final = ("id", "account", "source", "time", "region", "detail-type")


def match_test_event(transaction: Transaction, call: Call) -> Result:
    """Whether an event, which needs the fields that every event has, matches."""
    pattern, event = call.parameters["EventPattern"], call.parameters["Event"]
    check_pattern(pattern)
    (matched,) = transaction.compute([Question(is_match, (pattern, event, _EVENT_FIELDS), is_costly(event))])
    if matched is None:
        raise refused("Parameter Event is not valid.")
    return {"Result": matched}
