"""Whether a gateway is ready to serve, and with what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from esb_schemas.agreements.provisioned import Difference


@dataclass(slots=True)
class Readiness:
    """The gateway is ready when `waiting_for` is empty. `refusal` is the reason why it keeps its old configuration.

    `draining`: it is about to stop and accepts no more connections. `drift` and `not_provisioned` are what the last run
    of the provisioner left as it was, and what it could not do; `configuration` is the digest of what it provisioned,
    None without a run. `refresh` is called before any of this is shown.
    """

    waiting_for: set[str] = field(default_factory=set)
    refusal: str | None = None
    draining: bool = False
    drift: tuple[Difference, ...] = ()
    not_provisioned: tuple[str, ...] = ()
    configuration: str | None = None
    refresh: Callable[[], object] = lambda: None

    def drifted(self) -> frozenset[str]:
        """The resources that have drifted: `table Orders`."""
        return frozenset(each.resource for each in self.drift)
