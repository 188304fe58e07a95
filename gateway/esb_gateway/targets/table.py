"""The targets by the service in the ARN: to add one, write its module and add its row here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from esb_gateway.targets.lambda_ import invoke_function
from esb_gateway.targets.target import Target

SEND: Final[Mapping[str, Target]] = MappingProxyType({"lambda": invoke_function})
