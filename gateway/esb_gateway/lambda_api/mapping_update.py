"""UpdateEventSourceMapping: what a request asks for, and the response. Pure.

"UpdateEventSourceMapping" in AWS's Lambda API reference. `Enabled` can be changed here; what else a mapping is, the
template says. A client that repeats what is so already is not refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from esb_gateway.lambda_api.errors import LambdaApiError
from esb_wire.offload import is_costly

_NAMES: Final = {"FunctionName": "FunctionArn"}  # of members that a description calls otherwise
_IMMEDIATE: Final = {True: "Enabling", False: "Disabling"}


def enabled_in(body: bytes, described: Mapping[str, Any]) -> bool:
    """Whether the mapping is to be enabled. Raises LambdaApiError for a request that asks for anything else."""
    try:
        wanted = None if is_costly(body) else json.loads(body or b"{}")  # all that can be said here is short
    except (ValueError, RecursionError):
        wanted = None
    if not isinstance(wanted, dict):
        raise LambdaApiError("InvalidRequestContentException", 400, "The request body is not a JSON object.")
    enabled = wanted.pop("Enabled", None)
    if not isinstance(enabled, bool | None):
        raise LambdaApiError("InvalidRequestContentException", 400, "Enabled is neither true nor false.")
    others = [name for name, value in wanted.items() if value is not None and not _is_so(name, value, described)]
    if others:
        raise LambdaApiError(
            "InvalidParameterValueException", 400,
            f"{', '.join(sorted(others))} of an event source mapping cannot be changed here; change the template and "
            "run esb build. Enabled alone can be changed.",
        )  # fmt: skip
    return described["State"] == "Enabled" if enabled is None else enabled


def answer(described: Mapping[str, Any], *, enabled: bool) -> dict[str, Any]:
    """The response, from the description before the change; AWS answers that it is under way (recorded)."""
    changes = (described["State"] == "Enabled") != enabled
    return {**described, **({"State": _IMMEDIATE[enabled]} if changes else {})}


def _is_so(name: str, value: Any, described: Mapping[str, Any]) -> bool:
    known = described.get(_NAMES.get(name, name))
    if name == "FunctionName":
        return value == known or str(known).endswith(f":{value}")
    return bool(known == value)
