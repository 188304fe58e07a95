"""The pseudo parameters, with their values."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from esb_generator.cloudformation.resolving.results import NoValue, Result
from esb_generator.cloudformation.resource_values.resource_types import StackIdentity
from esb_generator.values import Mark, Seq


def _no_value(_identity: StackIdentity, _at: Mark) -> Result:
    return NoValue.NO_VALUE


PSEUDO_PARAMETERS: Mapping[str, Callable[[StackIdentity, Mark], Result]] = {
    "AWS::AccountId": lambda identity, _: identity.account_id,
    "AWS::NoValue": _no_value,
    "AWS::NotificationARNs": lambda _, at: Seq(at),
    "AWS::Partition": lambda identity, _: identity.partition,
    "AWS::Region": lambda identity, _: identity.region,
    "AWS::StackId": lambda identity, _: identity.stack_id,
    "AWS::StackName": lambda identity, _: identity.stack_name,
    "AWS::URLSuffix": lambda identity, _: identity.url_suffix,
}
