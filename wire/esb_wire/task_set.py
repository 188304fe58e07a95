"""Tasks that nobody awaits."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


class TaskSet(set["asyncio.Task[None]"]):
    """The tasks that are not done: an event loop has weak references to its tasks only."""

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do work that waits. It raises nothing."""
        task = asyncio.get_running_loop().create_task(work)
        self.keep(task)
        return task

    def keep(self, task: asyncio.Task[None]) -> None:
        """Have the task here until it is done."""
        self.add(task)
        task.add_done_callback(self.discard)

    async def cancel(self) -> None:
        """Cancel the tasks, and wait for their ends."""
        tasks = list(self)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
