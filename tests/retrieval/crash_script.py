"""Run by test_storage.py in a process of its own: saves and gets killed.

crash_script.py at GALLERY NUMBER   die before the NUMBERth file event
crash_script.py loop GALLERY        add and save until killed
"""

import os
import signal
import sys

import numpy as np

from keras_cmr.retrieval import Gallery
from tests.retrieval.fake_model import FakeModel

WATCHED = ("open", "os.", "shutil.", "mmap.")


def add(gallery, count):
    rng = np.random.default_rng(len(gallery))
    images = rng.integers(0, 256, (count, 8, 8, 3), dtype=np.uint8)
    gallery.add(images, verbose=0)


def die_at(number):
    left = number

    def hook(event, _):
        nonlocal left
        if event.startswith(WATCHED):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


gallery = Gallery.open(sys.argv[2], FakeModel())
if sys.argv[1] == "at":
    add(gallery, 10)
    die_at(int(sys.argv[3]))
    gallery.save()
else:
    while True:
        add(gallery, 10)
        gallery.save()
        print(len(gallery), flush=True)
