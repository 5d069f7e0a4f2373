"""What an export costs in recall, and what it saves in size and CPU time.

keras-cmr quickstart --out runs/quickstart
python -m benchmarks.export runs/quickstart/tirg_mi --scenes 300

Exports the model of a run on CSS in every format, with float32 and with int8
weights, and embeds the whole test split with each file in its own runtime:
pixels and token ids, but PNG files' bytes and plain texts for the SavedModel.
Reported beside Keras itself in float32: size of what a server needs, CPU time
of one query asked alone (all threads of the process), largest difference of
an embedding, and R@1 and R@10 with the paired bootstrap over queries of
`keras_cmr.evaluation.compare`. Writes `benchmarks/results/export/css.json` and
`css.md`. `--smoke --out FOLDER` takes few scenes and an untrained model.
"""

import dataclasses
import functools
import io
import itertools
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks import measuring
from benchmarks.readme_block import fill_readme

RESULTS = Path(__file__).parent / "results" / "export"
GUIDE = Path(__file__).parents[1] / "docs" / "guides" / "export.md"
BATCH = 64
ALONE = 100
TEXT_LENGTH = 16  # no text of CSS has more words
FIGURES = ("R@1", "R@10")
BASE = "Keras"


def smoke_run():
    """An untrained model and its benchmark, both tiny."""
    from keras_cmr import datasets
    from keras_cmr import layers
    from keras_cmr import models

    css = datasets.css.generate(scenes=8, image_size=32, verbose=0)
    model = models.ComposedRetriever(
        models.ImageEncoder(models.small_resnet(), 32, embedding_dim=8),
        models.LSTMTextEncoder(css.train.vocabulary, 8, word_dim=8, units=8),
        fusion=layers.TIRG(),
    )
    return model, css


def trained_run(run, scenes):
    from keras_cmr import models
    from keras_cmr.config import Config
    from keras_cmr.experiment import load_benchmark

    config = Config.from_yaml(run / "config.yaml")
    if scenes is not None:
        config = dataclasses.replace(config, scenes=scenes)
    return models.load(run / "model.keras"), load_benchmark(config)


def keras_side(model):
    return (
        lambda pixels, texts: model.embed_queries(pixels, texts),
        lambda pixels: model.embed_targets(pixels),
    )


def saved_model_side(folder, model):
    import tensorflow as tf

    loaded = tf.saved_model.load(str(folder / "saved_model" / "1"))
    ask = loaded.signatures

    def query(pixels, texts):
        answer = ask["embed_queries"](
            reference_bytes=tf.constant(list(map(png, pixels))),
            modification=tf.constant(texts),
        )
        return answer["embedding"].numpy()

    def target(pixels):
        contents = tf.constant(list(map(png, pixels)))
        answer = ask["embed_targets"](image_bytes=contents)
        return answer["embedding"].numpy()

    return query, target


def onnx_side(folder, model):
    import onnxruntime

    def session(name):
        return onnxruntime.InferenceSession(
            folder / "onnx" / name, providers=["CPUExecutionProvider"]
        )

    queries, targets = session("query.onnx"), session("target.onnx")

    def query(pixels, texts):
        tokens = model.text_encoder.tokenize(texts)
        asked = {"reference": pixels, "modification": tokens}
        return queries.run(["embedding"], asked)[0]

    return query, lambda pixels: targets.run(["embedding"], {"image": pixels})[
        0
    ]


def litert_side(folder, model):
    import tensorflow as tf

    def runner(name):
        with warnings.catch_warnings():
            # The same interpreter has moved to a package of its own.
            warnings.filterwarnings("ignore", message=".*tf.lite.Interpreter")
            path = str(folder / "litert" / name)
            interpreter = tf.lite.Interpreter(path, num_threads=1)
        return interpreter.get_signature_runner()

    queries, targets = runner("query.tflite"), runner("target.tflite")

    def query(pixels, texts):
        tokens = model.text_encoder.tokenize(texts)
        _, length = queries.get_input_details()["modification"]["shape"]
        rows = np.zeros((len(tokens), length), np.int32)
        rows[:, : tokens.shape[1]] = tokens
        return queries(reference=pixels, modification=rows)["embedding"]

    return query, lambda pixels: targets(image=pixels)["embedding"]


SIDES = {
    "saved_model": ("SavedModel", saved_model_side),
    "onnx": ("ONNX", onnx_side),
    "litert": ("LiteRT", litert_side),
}


@functools.lru_cache(100_000)
def _png(shape, content):
    file = io.BytesIO()
    pixels = np.frombuffer(content, np.uint8).reshape(shape)
    Image.fromarray(pixels).save(file, "PNG", compress_level=1)
    return file.getvalue()


def png(pixels):
    """Made once, so that the timing is that of decoding."""
    return _png(pixels.shape, pixels.tobytes())


def embed(side, split):
    query, target = side
    pixels, queries = split.images.pixels, split.queries
    references = split.reference_pixels
    texts = queries.modifications.tolist()
    asked = [
        query(references[queries.references[rows]], texts[rows])
        for rows in batches(len(texts))
    ]
    found = [target(pixels[rows]) for rows in batches(len(pixels))]
    return np.concatenate(asked), np.concatenate(found)


def batches(count):
    starts = range(0, count, BATCH)
    return [slice(start, min(start + BATCH, count)) for start in starts]


def milliseconds(side, split, count):
    """CPU time of a query asked alone, the median of several rounds."""
    query, queries = side[0], split.queries
    rounds = []
    numbers = itertools.cycle(range(len(queries.references)))
    for _ in range(5):
        chosen = [next(numbers) for _ in range(max(1, count // 5))]
        asked = [
            (
                split.reference_pixels[queries.references[n : n + 1]],
                queries.modifications[n : n + 1].tolist(),
            )
            for n in chosen
        ]
        query(*asked[0])
        start = time.process_time()
        for one in asked:
            query(*one)
        rounds.append(1000 * (time.process_time() - start) / len(asked))
    return float(np.median(rounds))


def size(path):
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def measure(model, benchmark, alone):
    from keras_cmr.evaluation import compare
    from keras_cmr.evaluation import evaluate_embeddings
    from keras_cmr.export import export_model

    split = benchmark.test
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        # Weights alone: the optimiser's state serves nobody.
        model.compile()
        model.save(folder / "model.keras")
        sides = {BASE: (keras_side(model), folder / "model.keras")}
        for int8 in (False, True):
            out = export_model(
                model,
                folder / f"int8-{int8}",
                tuple(SIDES),
                int8=int8,
                text_length=TEXT_LENGTH,
            )
            for name, (title, side) in SIDES.items():
                title += " int8" if int8 else ""
                sides[title] = (side(out, model), out / name)
        reports, embeddings = {}, {}
        for title, (side, path) in sides.items():
            embeddings[title] = embed(side, split)
            reports[title] = evaluate_embeddings(
                *embeddings[title], split, benchmark=benchmark
            )
            rows[title] = {
                "megabytes": size(path) / 1e6,
                "cpu_ms": milliseconds(side, split, alone),
                "largest_difference": max(
                    float(np.abs(a - b).max())
                    for a, b in zip(
                        embeddings[title], embeddings[BASE], strict=True
                    )
                ),
                "figures": {
                    name: reports[title].figures[name] for name in FIGURES
                },
            }
            found = compare(reports[BASE], reports[title]).figures
            rows[title]["against_keras"] = {k: found[k] for k in FIGURES}
            print(title, rows[title], flush=True)
    return {
        "queries": len(split.queries.references),
        "images": len(split.images),
        "image_size": model.image_size,
        "weights": model.count_params(),
        "fingerprint": model.fingerprint,
        "rows": rows,
    }


def table(record):
    """The rows as Markdown."""
    lines = [
        "| | MB | CPU ms a query | largest difference | "
        + " | ".join(f"{name} (difference)" for name in FIGURES)
        + " |",
        "|---|---|---|---|" + "---|" * len(FIGURES),
    ]
    for title, row in record["rows"].items():
        cells = [
            f"{row['megabytes']:.1f}",
            f"{row['cpu_ms']:.1f}",
            f"{row['largest_difference']:.1g}",
        ]
        for name in FIGURES:
            found = row["against_keras"][name]
            cells.append(
                f"{100 * found['b']:.2f} ({100 * found['difference']:+.2f} "
                f"[{100 * found['low']:+.2f}, {100 * found['high']:+.2f}])"
            )
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main(arguments=None):
    parser = measuring.parser(__doc__)
    parser.add_argument("run", type=Path, nargs="?", help="folder of a run")
    parser.add_argument(
        "--scenes", type=int, help="base scenes tested; default: the run's"
    )
    chosen = measuring.chosen(parser, arguments)
    before = measuring.hardware()
    if chosen.smoke:
        model, benchmark = smoke_run()
    elif chosen.run is None:
        parser.error("give the folder of a run on CSS")
    else:
        model, benchmark = trained_run(chosen.run, chosen.scenes)
    record = measure(model, benchmark, 10 if chosen.smoke else ALONE)
    out = chosen.out or RESULTS
    measuring.write_record(out / "css.json", record, before)
    (out / "css.md").write_text(table(record))
    if chosen.out is None:
        fill_readme("export", "\n" + table(record) + "\n", GUIDE)
    print(table(record))


if __name__ == "__main__":
    main()
