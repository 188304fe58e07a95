"""The pseudo parameters, with their values."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from esb_generator.cloudformation.resolving.results import NoValue, Result
from esb_generator.cloudformation.resource_values.resource_types import StackPlace
from esb_generator.values import Mark, Seq


def _no_value(_place: StackPlace, _at: Mark) -> Result:
    return NoValue.NO_VALUE


PSEUDO_PARAMETERS: Mapping[str, Callable[[StackPlace, Mark], Result]] = {
    "AWS::AccountId": lambda place, _: place.account_id,
    "AWS::NoValue": _no_value,
    "AWS::NotificationARNs": lambda _, at: Seq(at),
    "AWS::Partition": lambda place, _: place.partition,
    "AWS::Region": lambda place, _: place.region,
    "AWS::StackId": lambda place, _: place.stack_id,
    "AWS::StackName": lambda place, _: place.stack_name,
    "AWS::URLSuffix": lambda place, _: place.url_suffix,
}
