"""Tasks that nobody awaits are kept until they are done."""

from __future__ import annotations

import asyncio

from esb_wire.task_set import TaskSet


def test_a_task_is_there_until_it_is_done() -> None:
    async def run() -> None:
        tasks, end = TaskSet(), asyncio.Event()

        async def work() -> None:
            await end.wait()

        task = tasks.start(work())
        assert tasks == {task}
        end.set()
        await task
        assert not tasks

    asyncio.run(run())


def test_tasks_that_are_cancelled_have_ended() -> None:
    ended = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    async def run() -> None:
        tasks = TaskSet()
        for _ in range(2):
            tasks.start(work())
        await asyncio.sleep(0)
        await tasks.cancel()
        assert not tasks

    asyncio.run(run())
    assert ended == [True, True]
