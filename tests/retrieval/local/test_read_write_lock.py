import threading
import time

import pytest

from keras_cmr.retrieval.local.read_write_lock import ReadWriteLock


def started(target):
    thread = threading.Thread(target=target)
    thread.start()
    return thread


def test_readers_share_and_a_writer_is_alone():
    lock, inside, seen = ReadWriteLock(), [], []

    def enter(kind, hold):
        with hold():
            inside.append(kind)
            seen.append(tuple(inside))
            time.sleep(0.005)
            inside.remove(kind)

    threads = [
        started(
            lambda i=i: (
                enter("w", lock.write) if i % 5 == 0 else enter("r", lock.read)
            )
        )
        for i in range(40)
    ]
    for thread in threads:
        thread.join()
    assert len(seen) == 40
    assert all(set(group) == {"r"} or group == ("w",) for group in seen)
    assert max(map(len, seen)) > 1


def test_a_waiting_writer_goes_before_later_readers():
    lock, order = ReadWriteLock(), []

    def write():
        with lock.write():
            order.append("writer")

    def read():
        with lock.read():
            order.append("reader")

    with lock.read():
        writer = started(write)
        while not lock._writers_waiting:
            time.sleep(0.001)
        reader = started(read)
        time.sleep(0.02)
        assert order == []
    for thread in (writer, reader):
        thread.join(5)
        assert not thread.is_alive()
    assert order == ["writer", "reader"]


@pytest.mark.parametrize("kind", ["read", "write"])
def test_an_error_inside_releases_it(kind):
    lock = ReadWriteLock()
    with pytest.raises(KeyError), getattr(lock, kind)():
        raise KeyError
    with lock.write():
        pass
    with lock.read():
        pass
