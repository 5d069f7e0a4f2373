"""Do image files keep up with training? `fit` on files over `fit` on arrays.

python benchmarks/input_pipeline.py ../shared/data/fashion_products

The folder holds photos in Fashion200k's layout. Two measurements, in
alternating rounds: images a second that `batches` decodes, resizes and joins
with nothing else running, from files and from an array in memory; and a step
of `fit` on either. Writes `benchmarks/results/input_pipeline/<model>.json`.
"""

import dataclasses
import os
import sys
import time
from pathlib import Path

# Before TensorFlow is imported; README, "Speed".
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))  # this checkout, installed or not

import keras  # noqa: E402

import keras_cmr  # noqa: E402
from benchmarks import measuring  # noqa: E402

RESULTS = HERE / "results" / "input_pipeline"
SIZE = {"image_size": 224, "batch_size": 32, "rounds": 3, "steps": 8}
TOY = {"image_size": 32, "batch_size": 4, "rounds": 1, "steps": 1}


def sides(data_dir, image_size, batch_size):
    """The training batches from files and from memory, and the vocabulary."""
    train = keras_cmr.datasets.load(
        "fashion200k", data_dir, image_size=image_size, verbose=0
    ).train
    held = dataclasses.replace(train.images, pixels=train.images.pixels[:])
    in_memory = dataclasses.replace(train, images=held)
    batches = {
        name: split.batches(batch_size).repeat()
        for name, split in (("files", train), ("arrays", in_memory))
    }
    return batches, train.vocabulary


def build(backbone, vocabulary, image_size):
    model = keras_cmr.models.ComposedRetriever(
        keras_cmr.models.ImageEncoder(
            getattr(keras_cmr.models, backbone)(), image_size=image_size
        ),
        keras_cmr.models.LSTMTextEncoder(vocabulary),
        fusion=keras_cmr.layers.TIRG(),
    )
    model.compile(
        keras.optimizers.SGD(1e-3), loss=keras_cmr.losses.BatchSoftmax()
    )
    return model


def measure(data_dir, backbone, image_size, batch_size, rounds, steps):
    """Both measurements of both sides."""
    batches, vocabulary = sides(data_dir, image_size, batch_size)
    model = build(backbone, vocabulary, image_size)

    def read(dataset):
        def run(count):
            for _ in dataset.take(count):
                pass

        return lambda count: measuring.timed(run, count)

    def fit(dataset):
        def run(count):
            model.fit(dataset, steps_per_epoch=count, verbose=0, shuffle=False)

        run(2)  # tracing
        return lambda count: measuring.timed(run, count)

    found = {}
    for what, measured in (("read", read), ("fit", fit)):
        timings = measuring.alternate(
            {name: measured(dataset) for name, dataset in batches.items()},
            rounds,
            steps,
        )
        found[what] = {
            "ratio": measuring.ratios(timings, "files", "arrays"),
            "seconds_a_step": measuring.summary(timings),
            "rounds": timings,
        }
    wall = found["read"]["seconds_a_step"]["files"]["wall_seconds"]["median"]
    # A batch has a reference and a target a query.
    found["files_images_a_second"] = 2 * batch_size / wall
    return found


def main(arguments=None):
    parser = measuring.parser(__doc__)
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("--backbone", default="small_resnet")
    chosen = measuring.chosen(parser, arguments)
    config = {
        "backbone": chosen.backbone,
        **(TOY if chosen.smoke else SIZE),
    }
    before, start = measuring.hardware(), time.perf_counter()
    record = {
        "config": config,
        "environ": {"TF_ENABLE_ONEDNN_OPTS": "1"},
        **measure(chosen.data_dir, **config),
        "minutes": round((time.perf_counter() - start) / 60, 1),
    }
    path = (chosen.out or RESULTS) / f"{chosen.backbone}.json"
    measuring.write_record(path, record, before)
    ratio = record["fit"]["ratio"]["wall_seconds"]
    print(
        f"{record['files_images_a_second']:.0f} images a second from files; "
        f"fit on files / on arrays: {ratio['median']:.2f} "
        f"[{ratio['min']:.2f}, {ratio['max']:.2f}]"
    )


if __name__ == "__main__":
    main()
