import asyncio
import threading

import pytest

from keras_cmr.serving.refused import Refused
from keras_cmr.serving.workers import Workers


def test_results_and_errors_come_back():
    async def ask():
        workers = Workers(2, 0)
        assert await workers.run(divmod, 7, 2) == (3, 1)
        with pytest.raises(ZeroDivisionError):
            await workers.run(divmod, 1, 0)
        workers.close()

    asyncio.run(ask())


def test_a_full_house_refuses_and_recovers():
    async def ask():
        workers, gate = Workers(1, 1), threading.Event()
        tasks = [
            asyncio.create_task(workers.run(gate.wait, 10)) for _ in range(2)
        ]
        await asyncio.sleep(0.05)
        with pytest.raises(Refused) as refused:
            await workers.run(int)
        assert (refused.value.status, refused.value.retry_after) == (503, 1)
        gate.set()
        assert await asyncio.gather(*tasks) == [True, True]
        assert await workers.run(int) == 0
        workers.close()

    asyncio.run(ask())


def test_given_up_work_keeps_its_place_until_it_ends():
    async def ask():
        workers, gate = Workers(1, 1), threading.Event()
        started = []
        running = asyncio.create_task(workers.run(gate.wait, 10))
        await asyncio.sleep(0.05)
        waiting = asyncio.create_task(workers.run(started.append, 1))
        await asyncio.sleep(0.05)
        for task in (running, waiting):
            task.cancel()
        await asyncio.gather(running, waiting, return_exceptions=True)
        # The one that waited has left; the one that runs has not.
        third = asyncio.create_task(workers.run(int))
        await asyncio.sleep(0.05)
        with pytest.raises(Refused):
            await workers.run(int)
        gate.set()
        assert await third == 0
        assert started == []
        workers.close()

    asyncio.run(ask())
