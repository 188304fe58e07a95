"""Whether slots are missing, and whether they may start now: decisions, from the capacity and from how starts went."""

from __future__ import annotations

from math import inf

from esb_gateway.execution.pools.capacity import Capacity, capacity_of, slots_to_start
from esb_gateway.execution.pools.pool_state import PoolState
from esb_gateway.execution.pools.slots import Failure
from esb_gateway.invocation import Function


class SlotStarts:
    """Says how many slots to start, how long their init may take, and after failures when to try again.

    `function` is what they run, and `capacity` follows from it, from its containers, and from the slots that are
    withdrawn. With `one_each`, a container has one slot, and the next one after its end.
    """

    capacity: Capacity

    def __init__(self, function: Function, state: PoolState) -> None:
        self.function = function
        self._limits = state.limits
        self._slots = state.slots
        self._backoff = state.backoff
        self._init_overran = False  # of the last slot that started or was killed: the next init is suppressed
        self._containers = 1
        self.one_each = False
        self._draining = False
        self.resize()

    def use(self, function: Function) -> None:
        """The function has other limits now."""
        self.function = function
        self.resize()

    def set_containers(self, containers: int, *, one_each: bool) -> None:
        """So many containers take slots."""
        self._containers = containers
        self.one_each = one_each
        self.resize()

    def set_draining(self, draining: bool) -> None:
        """Whether the pool drains, and so needs no minimum."""
        self._draining = draining
        self.resize()

    def resize(self) -> None:
        """Compute the capacity anew: what it follows from has changed."""
        self.capacity = capacity_of(
            self.function,
            self._containers,
            one_each=self.one_each,
            draining=self._draining,
            withdrawn=self._slots.withdrawn(),
        )

    def reset(self) -> None:
        """Forget how slots started until now, because the code that they run has changed."""
        self._backoff.reset()
        self._init_overran = False

    def init_took(self, seconds: float) -> None:
        """A slot polls for the first time, or is killed because it did not within its time (infinite)."""
        self._init_overran = seconds > self._limits.init

    def missing(self, waiting: int) -> int:
        """The number of slots to start if so many invocations wait; 0 or less if none is missing."""
        slots = self._slots
        taken = slots.in_place() if self.one_each else slots.active
        if taken >= self.capacity.slots:
            return 0
        return slots_to_start(self.capacity, active=taken, starting=slots.starting_without_work(), waiting=waiting)

    def retry_at(self, now: float) -> float:
        """When slots may start again; infinite if they may now."""
        return self._backoff.retry_at if now < self._backoff.retry_at else inf

    def failure(self, now: float) -> Failure | None:
        """Why nothing runs before the next attempt to start; None: something may."""
        return None if self._slots.can_serve() else self._backoff.failure(now)

    @property
    def suppresses_init(self) -> bool:
        """Whether the next slot's init is a part of an invocation, and takes its time (AWS: "suppressed init")."""
        return self._init_overran

    def init_limit(self, *, waited_for: bool) -> float:
        """Seconds that the init of a slot may take."""
        return self._limits.init if waited_for else self._limits.provisioned_init
