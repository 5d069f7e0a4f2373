"""Run by test_kill.py in a process of its own, and killed.

kill_script.py embed SOURCE OUT NUMBER   die before the NUMBERth file event
kill_script.py index SOURCE OUT          run until killed from outside

Prints a line whenever the model is asked, and "done" at the end.
"""

import os
import signal
import sys
import time

from keras_cmr.retrieval import embed_images
from keras_cmr.retrieval import index_images
from tests.retrieval.fake_model import FakeModel

SHARD_SIZE = 3
WATCHED = ("open", "os.", "shutil.")


class TellingModel(FakeModel):
    def embed_targets(self, images):
        print("asked", flush=True)
        time.sleep(0.02)
        return super().embed_targets(images)


def die_at(number, out):
    left = number

    def hook(event, arguments):
        nonlocal left
        if event.startswith(WATCHED) and out in str(arguments):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def main(task, source, out, number=None):
    arguments = {"shard_size": SHARD_SIZE, "verbose": 0}
    if task == "embed":
        die_at(int(number), out)
        embed_images(source, TellingModel(), out, **arguments)
    else:
        index_images(source, out, TellingModel(), **arguments)
    print("done", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
