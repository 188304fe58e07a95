"""One aspect of a resource: its desired and its live value, and the steps from one to the other."""

from __future__ import annotations

from dataclasses import dataclass

from esb_provisioner.resources.reading import UNKNOWN, IsUnknown
from esb_provisioner.steps import Step


@dataclass(frozen=True)
class Reset:
    """A way to resolve drift that deletes data. The user requests it with `option`; `offer` says what is lost.

    Without `steps`, the resource is deleted and created.
    """

    option: str
    offer: str
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Aspect:
    """A row of `--explain`, from which the plan is made.

    `desired` is the file's value as text, empty if the file has none; `live` is the server's, UNKNOWN if the server
    cannot return it. `same` overrides the comparison of the texts. If the values differ, the `steps` repair that. A
    `hint` instead of steps means drift, which no call can repair without deleting data: it says how to resolve it by
    hand. A `reset` does it on request. `drift` is the message for it, unless it is about the file.
    """

    key: str
    desired: str
    live: str | IsUnknown
    steps: tuple[Step, ...] = ()
    hint: str = ""
    same: bool | None = None
    drift: str = ""
    reset: Reset | None = None

    @property
    def differs(self) -> bool:
        if not self.desired or self.live is UNKNOWN:
            return False
        return self.live != self.desired if self.same is None else not self.same
