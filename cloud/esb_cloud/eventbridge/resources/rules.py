"""Operations on rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from esb_cloud.aws.service import Call, Result
from esb_cloud.aws.stack import Stack
from esb_cloud.eventbridge.errors import check_name, check_one_of, not_found, refused, too_long
from esb_cloud.eventbridge.resources.buses import DEFAULT, bus_name, require_bus
from esb_cloud.eventbridge.resources.paging import after, page, read_tags
from esb_cloud.sql.tables.rules import NewRule, Rule
from esb_cloud.sql.transaction import Transaction
from esb_schemas.schedules.expressions import InvalidSchedule, parse
from esb_wire.errors import AwsError
from esb_wire.patterns import EVENTBRIDGE, InvalidPattern, compile_pattern

_STATES: Final = ("ENABLED", "DISABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")
_KEPT: Final = ("EventPattern", "ScheduleExpression", "State", "Description", "RoleArn")
_MAX_PATTERN: Final = 4096  # characters


def put_rule(transaction: Transaction, call: Call) -> Result:
    """Create a rule or replace one; its targets stay."""
    parameters = call.parameters
    name, bus = parameters["Name"], bus_name(call)
    check_name(name, "name")
    require_bus(transaction, bus)
    data = {"State": "ENABLED", **{key: parameters[key] for key in _KEPT if parameters.get(key)}}
    _check(data, bus)
    rule = transaction.rules.find(bus, name)
    if rule is None:
        tags = read_tags(parameters.get("Tags", ()))
        transaction.rules.add(NewRule(bus, name, data, tags, transaction.wall_ms // 1000, call.base_url))
    else:
        transaction.rules.change_data(rule, data)
    if "ScheduleExpression" in data:
        transaction.signal(SCHEDULES)
    return {"RuleArn": rule_arn(call.stack, bus, name)}


def delete_rule(transaction: Transaction, call: Call) -> Result:
    """One that is not there is no error."""
    bus = require_bus(transaction, bus_name(call)).name
    rule = transaction.rules.find(bus, call.parameters["Name"])
    if rule is not None:
        if rule.targets:
            raise refused("Rule can't be deleted since it has targets.")
        transaction.rules.remove(rule)
    return {}


def describe_rule(transaction: Transaction, call: Call) -> Result:
    rule = require_rule(transaction, call)
    return {**_show(call.stack, rule), "CreatedBy": call.stack.account}


def list_rules(transaction: Transaction, call: Call) -> Result:
    prefix, begin = call.parameters.get("NamePrefix", ""), after(call)
    rules = transaction.rules.of_bus(require_bus(transaction, bus_name(call)).name)
    found = [rule for rule in rules if rule.name.startswith(prefix) and rule.name > begin]
    return page(call, "Rules", found, lambda rule: rule.name, lambda rule: _show(call.stack, rule))


def list_rule_names_by_target(transaction: Transaction, call: Call) -> Result:
    arn, begin = call.parameters["TargetArn"], after(call)
    rules = transaction.rules.of_bus(require_bus(transaction, bus_name(call)).name)
    found = [rule.name for rule in rules if rule.name > begin and any(target["Arn"] == arn for target in rule.targets)]
    return page(call, "RuleNames", found, str, str)


def enable_rule(transaction: Transaction, call: Call) -> Result:
    return _set_state(transaction, call, "ENABLED")


def disable_rule(transaction: Transaction, call: Call) -> Result:
    return _set_state(transaction, call, "DISABLED")


# -- shared ------------------------------------------------------------------------------------------------------------

SCHEDULES: Final = "event schedules"  # signalled when one has changed


def rule_arn(stack: Stack, bus: str, name: str) -> str:
    return stack.arn("events", f"rule/{name}" if bus == DEFAULT else f"rule/{bus}/{name}")


def require_rule(transaction: Transaction, call: Call, parameter: str = "Name") -> Rule:
    """The rule that a call names. Raises AwsError if there is none."""
    bus, name = require_bus(transaction, bus_name(call)).name, call.parameters[parameter]
    rule = transaction.rules.find(bus, name)
    if rule is None:
        raise no_rule(bus, name)
    return rule


def no_rule(bus: str, name: str) -> AwsError:
    return not_found(f"Rule {name} does not exist on EventBus {bus}.")


def check_pattern(text: str) -> None:
    """Raises AwsError for a text that is too long, or no pattern (InvalidEventPatternException)."""
    if len(text) > _MAX_PATTERN:
        raise refused(too_long(text, "eventPattern", _MAX_PATTERN))
    try:
        compile_pattern(text, EVENTBRIDGE)
    except InvalidPattern as error:
        raise AwsError("InvalidEventPatternException", f"Event pattern is not valid. Reason: {error}") from None


def _check(data: Mapping[str, Any], bus: str) -> None:
    pattern, schedule = data.get("EventPattern"), data.get("ScheduleExpression")
    if pattern is None and schedule is None:
        raise refused("Parameter(s) EventPattern or ScheduleExpression must be specified.")
    check_one_of(data["State"], _STATES, "state")
    if schedule is not None:
        if bus != DEFAULT:
            raise refused("ScheduleExpression is supported only on the default event bus.")
        try:
            parse(schedule)
        except InvalidSchedule:
            raise refused("Parameter ScheduleExpression is not valid.") from None
    if pattern is not None:
        check_pattern(pattern)


def _set_state(transaction: Transaction, call: Call, state: str) -> Result:
    rule = require_rule(transaction, call)
    transaction.rules.change_data(rule, {**rule.data, "State": state})
    transaction.signal(SCHEDULES)
    return {}


def _show(stack: Stack, rule: Rule) -> Result:
    return {"Name": rule.name, "Arn": rule_arn(stack, rule.bus, rule.name), "EventBusName": rule.bus, **rule.data}
