"""One aspect of a resource: what the file says, what the server has, and how to make the second like the first."""

from __future__ import annotations

from dataclasses import dataclass

from esb_provisioner.resources.reading import UNKNOWN, IsUnknown
from esb_provisioner.steps import Step


@dataclass(frozen=True)
class Reset:
    """A way to resolve drift by losing data, which the user asks for by the `option`; the `offer` says what is lost.

    Without `steps`, the resource is deleted and created.
    """

    option: str
    offer: str
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Aspect:
    """A row of `--explain`, and from it the plan.

    `desired` is the file's value as text, empty if the file does not say; `live` is the server's, UNKNOWN if the server
    cannot return it. They are equal if the texts are, unless `same` says so or not. If they differ, the `steps` repair
    that; with a `hint` instead, no call can without losing data: it is drift, and the hint says how to resolve it by
    hand; a `reset` does it on request. `drift` is the sentence for it, unless it is about the file.
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
