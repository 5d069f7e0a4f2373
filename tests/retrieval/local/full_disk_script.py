"""Run by test_full_disk.py in a process of its own: `HOW FOLDER`.

Gives every write less and less room, by `limit` (the length of a file, EFBIG)
or by `full` (a small file system that is filled up, ENOSPC). Prints lines of
JSON: the room, the write, and the error's type and words, or `null`.
"""

import json
import os
import resource
import sys
from pathlib import Path

from keras_cmr.retrieval import Gallery
from tests.retrieval.dictionary import clustered_rows
from tests.retrieval.fake_model import FakeModel
from tests.retrieval.local.writes import content
from tests.retrieval.local.writes import equal

how, folder = sys.argv[1], Path(sys.argv[2])
filler = folder.with_name("filler")
rows = clustered_rows(400)


def leave(room):
    if how == "limit":
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, -1))
    else:
        free = os.statvfs(folder)
        free = free.f_bavail * free.f_bsize
        filler.write_bytes(bytes(max(0, free - room)))


def leave_all():
    if how == "limit":
        resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))
    else:
        filler.unlink(missing_ok=True)


gallery = Gallery.create(folder, FakeModel(), 0.5, exact_below=256)
gallery.add_embeddings(rows[:300], [str(i) for i in range(300)])
gallery.compact()
writes = {
    "add": lambda: gallery.add_embeddings(rows[300:302], ["x", "y"]),
    "update": lambda: gallery.update(["1"], metadata=[{"room": room}]),
    "remove": lambda: gallery.remove(["2"]),
    "compact": gallery.compact,
}
for room in (0, 12_000, 60_000):
    for name, write in writes.items():
        before, error = content(gallery), None
        leave(room)
        try:
            write()
        except Exception as caught:
            error = type(caught).__name__, str(caught)
        leave_all()
        opened = Gallery.open(folder, FakeModel())
        opened.verify()
        assert equal(content(opened), content(gallery)), (room, name)
        if error:
            assert equal(content(gallery), before), (room, name)
            # Written the same instant: what failed is in nobody's way.
            opened.update(["3"], metadata=[{"room": room, "after": name}])
            gallery.refresh()
        gallery.remove([id for id in ("x", "y") if id in gallery])
        if "2" not in gallery:
            gallery.add_embeddings(rows[2:3], ["2"])
        print(json.dumps([room, name, error]), flush=True)
gallery.compact()
gallery.verify()
