"""Fakes of `esb_wire.offload.Offload` without processes."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Callable
from typing import Any

from esb_wire.offload import Backlog


class FakeOffload:
    """Does the work at once, with copies of everything, as another process does."""

    def __init__(self) -> None:
        self.works: list[str] = []
        self.broken: Exception | None = None  # what all work fails with
        self.backlog = Backlog()

    async def read(self, size: int, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        with self.backlog.holding(size):
            return await self.run(work, *args, **kwargs)

    async def run(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if self.broken is not None:
            raise self.broken
        self.works.append(work.__name__)
        work, args, kwargs = pickle.loads(pickle.dumps((work, args, kwargs)))
        try:
            return pickle.loads(pickle.dumps(work(*args, **kwargs)))
        except Exception as error:
            raise pickle.loads(pickle.dumps(error)) from None

    def close(self) -> None:
        """Nothing is left of it."""


class GatedOffload(FakeOffload):
    """Does its work when the gate opens."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.asked = asyncio.Event()

    async def run(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self.asked.set()
        await self.gate.wait()
        return await super().run(work, *args, **kwargs)
