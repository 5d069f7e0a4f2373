"""Do pictures come from the disk as fast as the model embeds them?

python benchmarks/bulk_embedding.py

Generated JPEGs of 256 px are embedded by a small image encoder at 64 px, in
alternating rounds: by `embed_images`, which decodes in threads ahead of the
model and writes shards; by a plain loop that reads and embeds one batch after
another and writes nothing; and, with `--ray WORKERS`, by `embed_images` on
workers of this machine, their start included. The same vectors come out of
all of them, which is checked. Writes
`benchmarks/results/bulk_embedding/<pictures>.json`.
"""

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

# Before TensorFlow is imported; README, "Speed".
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))  # this checkout, installed or not

import numpy as np  # noqa: E402
from PIL import Image  # noqa: E402

import keras_cmr  # noqa: E402
from benchmarks import measuring  # noqa: E402
from keras_cmr.retrieval.bulk.shard_file import read_shard  # noqa: E402

RESULTS = HERE / "results" / "bulk_embedding"
SIZE = {"pictures": 2000, "rounds": 3, "shard_size": 512, "image_size": 64}
TOY = {"pictures": 12, "rounds": 1, "shard_size": 5, "image_size": 16}
BATCH = 256


def draw_pictures(folder, count):
    """JPEGs of 256 px with about the bytes of photos (30 KB)."""
    rng = np.random.default_rng(0)
    for number in range(count):
        coarse = rng.integers(0, 256, (40, 40, 3), np.uint8)
        picture = Image.fromarray(coarse).resize((256, 256), Image.BICUBIC)
        picture.save(folder / f"{number:06d}.jpg", quality=92)


def build(image_size):
    return keras_cmr.models.ComposedRetriever(
        keras_cmr.models.ImageEncoder(
            keras_cmr.models.small_resnet(), image_size=image_size
        ),
        keras_cmr.models.LSTMTextEncoder(["red"], embedding_dim=512),
        fusion=keras_cmr.layers.TIRG(),
    )


def plain_loop(folder, model):
    """One thread: read a batch, embed it, read the next."""
    paths = sorted(folder.iterdir())
    return np.concatenate(
        [
            model.embed_targets(paths[start : start + BATCH])
            for start in range(0, len(paths), BATCH)
        ]
    )


def bulk(folder, model, shard_size, cluster=None):
    out = Path(tempfile.mkdtemp(dir=folder.parent))
    try:
        keras_cmr.retrieval.embed_images(
            folder, model, out, shard_size, cluster, verbose=0
        )
        return np.concatenate(
            [read_shard(p).rows.vectors for p in sorted(out.glob("*.npz"))]
        )
    finally:
        shutil.rmtree(out)


def measure(pictures, rounds, shard_size, image_size, ray_workers=0):
    """Images a second of each side, and their ratios."""
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / "pictures"
        folder.mkdir()
        draw_pictures(folder, pictures)
        sample = next(folder.iterdir()).stat().st_size
        model = build(image_size)
        sides = {
            "plain": lambda: plain_loop(folder, model),
            "embed_images": lambda: bulk(folder, model, shard_size),
        }
        if ray_workers:
            cluster = keras_cmr.retrieval.RayCluster("local", ray_workers)
            sides["ray"] = lambda: bulk(folder, model, shard_size, cluster)
        # Also traces the model for each shape of batch.
        wanted = sides["plain"]()
        differences = {
            name: float(np.abs(run() - wanted).max())
            for name, run in sides.items()
            if name != "plain"
        }
        timings = measuring.alternate(
            {
                name: lambda steps, run=run: measuring.timed(
                    lambda _: run(), steps
                )
                for name, run in sides.items()
            },
            rounds,
            1,
        )
    wall = measuring.summary(timings)
    return {
        "bytes_of_a_picture": sample,
        "largest_difference": differences,
        "images_a_second": {
            name: pictures / wall[name]["wall_seconds"]["median"]
            for name in sides
        },
        "ratio_to_plain": {
            name: measuring.ratios(timings, name, "plain")
            for name in differences
        },
        "rounds": timings,
    }


def main(arguments=None):
    parser = measuring.parser(__doc__)
    parser.add_argument("--ray", type=int, default=0, help="workers as well")
    chosen = measuring.chosen(parser, arguments)
    config = {
        **(TOY if chosen.smoke else SIZE),
        "ray_workers": chosen.ray,
    }
    before, start = measuring.hardware(), time.perf_counter()
    record = {
        "config": config,
        "environ": {"TF_ENABLE_ONEDNN_OPTS": "1"},
        **measure(**config),
        "minutes": round((time.perf_counter() - start) / 60, 1),
    }
    path = (chosen.out or RESULTS) / f"{config['pictures']}.json"
    measuring.write_record(path, record, before)
    for name, speed in record["images_a_second"].items():
        print(f"{name}: {speed:.0f} images a second")


if __name__ == "__main__":
    main()
