import json
import os

import numpy as np
import pytest

from keras_cmr.retrieval import embed_images
from keras_cmr.retrieval.bulk.shard_file import read_shard
from tests.retrieval.bulk.conftest import BROKEN
from tests.retrieval.bulk.conftest import picture
from tests.retrieval.fake_model import FakeModel


class CountingModel(FakeModel):
    def __init__(self):
        super().__init__()
        self.seen = 0

    def embed_targets(self, images):
        self.seen += len(images)
        return super().embed_targets(images)


def run(source, model, out, **arguments):
    return embed_images(
        source, model, out, shard_size=5, verbose=0, **arguments
    )


def content(out):
    found = {}
    for path in sorted(out.glob("shard-*.npz")):
        rows = read_shard(path).rows
        found |= dict(zip(rows.ids, rows.vectors, strict=True))
    return found


def files(out):
    return {
        path.name: path.read_bytes()
        for path in out.iterdir()
        if path.name != "write.lock"
    }


def test_shards_hold_every_picture_and_list_the_broken(
    photos, model, vectors, tmp_path
):
    out = tmp_path / "out"
    summary = run(photos, model, out)
    assert (summary.written, summary.kept) == (11, 0)
    [(id, reason)] = summary.skipped
    assert id == BROKEN and "cannot identify" in reason
    assert summary.images_per_second > 0 and "1 unreadable" in str(summary)
    assert sorted(files(out)) == [
        "plan.json",
        *(f"shard-00000{n}.npz" for n in range(3)),
        "skipped.jsonl",
    ]
    found = content(out)
    assert list(found) == sorted(vectors)
    for id, vector in vectors.items():
        assert np.abs(found[id] - vector).max() < 1e-6
    lines = (out / "skipped.jsonl").read_text().splitlines()
    assert [json.loads(line)["id"] for line in lines] == [BROKEN]
    rows = read_shard(out / "shard-000000.npz").rows
    assert rows.paths[0] == str((photos / "a/00.png").resolve())


def test_a_second_run_embeds_only_what_is_missing(photos, tmp_path):
    out, model = tmp_path / "out", CountingModel()
    run(photos, model, out)
    before, model.seen = files(out), 0
    summary = run(photos, model, out)
    assert (summary.written, summary.kept, model.seen) == (0, 11, 0)
    assert [id for id, _ in summary.skipped] == [BROKEN]
    (out / "shard-000001.npz").unlink()
    summary = run(photos, model, out)
    assert (summary.written, summary.kept, model.seen) == (4, 7, 4)
    assert files(out) == before


def test_metadata_of_a_table_is_in_the_shards(photos, model, tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("id,path,price\nx,photos/a/00.png,3\ny,photos/b/01.png,\n")
    run(table, model, tmp_path / "out")
    rows = read_shard(tmp_path / "out" / "shard-000000.npz").rows
    assert rows.ids == ["x", "y"]
    assert rows.metadata == [{"price": 3}, {}]


def test_another_source_is_refused(photos, model, tmp_path):
    out = tmp_path / "out"
    run(photos, model, out)
    before = files(out)
    path = photos / "b/01.png"
    status = path.stat()
    picture(path, 99)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 10**9))
    with pytest.raises(ValueError, match=r"has changed.*shard-000000\.npz"):
        run(photos, model, out)
    (out / "shard-000000.npz").unlink()
    assert run(photos, model, out).written == 5
    (photos / "c/08.png").unlink()
    with pytest.raises(ValueError, match=r"has changed.*shard-000002\.npz"):
        run(photos, model, out)
    for path in (photos / "c").iterdir():
        path.unlink()
    (photos / "b/10.png").unlink()
    (photos / BROKEN).unlink()
    (out / "shard-000001.npz").unlink()
    with pytest.raises(ValueError, match=r"shorter.*shard-000002\.npz"):
        run(photos, model, out)
    assert files(out).keys() == before.keys()


def test_a_source_that_grew_at_its_end_embeds_the_last_shard(
    photos, model, tmp_path
):
    out = tmp_path / "out"
    run(photos, model, out)
    picture(photos / "z.png", 50)
    with pytest.raises(ValueError, match=r"has changed.*shard-000002\.npz"):
        run(photos, model, out)
    (out / "shard-000002.npz").unlink()
    assert run(photos, model, out).written == 3
    assert list(content(out))[-1] == "z.png"


def test_another_plan_is_refused(photos, model, tmp_path):
    out = tmp_path / "out"
    run(photos, model, out)
    with pytest.raises(ValueError, match="Shards of another model"):
        run(photos, FakeModel("fedcba"), out)
    with pytest.raises(ValueError, match=r"`shard_size` must be 5.*: 4"):
        embed_images(photos, model, out, shard_size=4, verbose=0)
    with pytest.raises(ValueError, match="which holds"):
        run(photos, model, photos)
    with pytest.raises(ValueError, match="must be a folder"):
        run(photos, model, photos / "a/00.png")
    (out / "plan.json").write_text("[]")
    with pytest.raises(ValueError, match=r"Damaged: .*plan\.json"):
        run(photos, model, out)


def test_a_damaged_shard_is_named(photos, model, tmp_path):
    out = tmp_path / "out"
    run(photos, model, out)
    path = out / "shard-000001.npz"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(ValueError, match=r"Damaged shard: .*000001\.npz"):
        run(photos, model, out)


def test_strict_stops_and_keeps_what_is_done(photos, model, tmp_path):
    out = tmp_path / "out"
    with pytest.raises(ValueError, match=rf"`strict=True`.*'{BROKEN}'"):
        run(photos, model, out, strict=True)
    assert [path.name for path in out.glob("shard*")] == ["shard-000000.npz"]
    assert run(photos, model, out).kept == 5


def test_two_programs_do_not_write_one_folder(photos, model, tmp_path):
    out = tmp_path / "out"

    class Greedy(FakeModel):
        def embed_targets(self, images):
            with pytest.raises(BlockingIOError, match="another program"):
                run(photos, model, out)
            return super().embed_targets(images)

    assert run(photos, Greedy(), out).written == 11


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"shard_size": 0}, ValueError, "`shard_size` must be at least 1"),
        ({"shard_size": 2.0}, TypeError, "`shard_size` must be an integer"),
        ({"cluster": "auto"}, TypeError, "`cluster` must be.*RayCluster"),
        ({"model": 3}, TypeError, "`model` must have"),
    ],
)
def test_bad_arguments(photos, model, tmp_path, arguments, error, message):
    given = {"source": photos, "model": model, "out": tmp_path / "o"}
    with pytest.raises(error, match=message):
        embed_images(**{**given, **arguments})
    assert not (tmp_path / "o").exists()
