"""Threads for what takes time, and a queue that is not endless."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

from keras_cmr.serving.refused import Refused


class Workers:
    """Runs functions in a bounded number of threads.

    A thread cannot be stopped: work whose client has given up (or was given
    up on) keeps its place until it ends. So what is counted here is the work,
    not the clients.

    Args:
        threads: Int. Functions that run at the same time.
        waiting: Int. Functions that may wait for a thread.
    """

    def __init__(self, threads, waiting):
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="search")
        self._places = threading.Semaphore(threads + waiting)

    async def run(self, function, *args):
        """What `function(*args)` returns, from a thread.

        Raises:
            Refused: 503, where as many wait as may.
        """
        if not self._places.acquire(blocking=False):
            raise Refused(503, "Too many requests are waiting.", retry_after=1)
        work = self._pool.submit(function, *args)
        work.add_done_callback(lambda _: self._places.release())
        return await asyncio.wrap_future(work)

    def close(self):
        """Drops what waits; what runs ends by itself."""
        self._pool.shutdown(wait=False, cancel_futures=True)
