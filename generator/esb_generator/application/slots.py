"""The number of slots of a function without a maximum. Pure."""

from __future__ import annotations

from esb_generator.model import Application, Function
from esb_schemas.contract import default_max_capacity, settings


def with_slots(application: Application, function_memory: int) -> Application:
    """The application, each of whose functions may use `function_memory` MB unless it sets a maximum of its own.

    The maximum is written only where it is not the contract's default.
    """
    return application._replace(functions=tuple(_with_slots(each, function_memory) for each in application.functions))


def _with_slots(function: Function, function_memory: int) -> Function:
    entry, usual = function.entry, settings(function.entry)
    slots = max(usual.min_capacity, default_max_capacity(usual.memory_size, function_memory))
    if entry.scaling.max_capacity is not None or slots == usual.max_capacity:
        return function
    return function._replace(entry=entry._replace(scaling=entry.scaling._replace(max_capacity=slots)))
