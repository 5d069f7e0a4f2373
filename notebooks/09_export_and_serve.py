# %% [markdown] extras="retrieval,export"
# # Export and serve
#
# A trained retriever leaves Keras here: as a SavedModel that takes the bytes of
# picture files and plain texts, as TensorFlow Serving runs it, with a gallery
# inside; and as LiteRT and ONNX files that take pixels and token ids. Each file
# is run in its own runtime and compared with Keras, with float32 and with int8
# weights.

# %%
import io
import json
import os
import tempfile
from pathlib import Path

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"  # quick convolutions on any CPU

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

import keras_cmr
from keras_cmr import evaluation
from keras_cmr import export
from keras_cmr import layers
from keras_cmr import losses
from keras_cmr import models
from keras_cmr import visualization
from keras_cmr.evaluation.context import environment

SMOKE = "KERAS_CMR_SMOKE" in os.environ  # tiny sizes: to see that it runs
SEED = 0
SCENES, EPOCHS, WIDTH = (12, 1, 16) if SMOKE else (400, 4, 128)
keras.utils.set_random_seed(SEED)
work = Path(tempfile.mkdtemp())

# %% [markdown]
# ## Something to export
#
# TIRG on drawn scenes, trained for a few minutes: enough to see whether an
# export finds what the model finds. Yours comes from
# `keras_cmr.models.load("runs/mine/model.keras")`.

# %%
css = keras_cmr.datasets.load("css", scenes=SCENES, seed=SEED, verbose=0)
test = css.test
model = models.ComposedRetriever(
    models.ImageEncoder(
        models.small_resnet(), 64, embedding_dim=WIDTH, pooling="flatten"
    ),
    models.LSTMTextEncoder(
        css.train.vocabulary, WIDTH, word_dim=WIDTH, units=WIDTH
    ),
    fusion=layers.TIRG(),
)
model.compile(keras.optimizers.Adam(1e-3), loss=losses.BatchSoftmax())
model.fit(css.train.batches(32, group_size=3), epochs=EPOCHS, verbose=0)
report = evaluation.evaluate(model, test, benchmark=css, verbose=0)
print(report)

# %% [markdown]
# ## A SavedModel with a gallery inside
#
# The command is `keras-cmr export RUN --out exported --gallery GALLERY`. The
# folder is there whole or not at all. Its card has the model's fingerprint, by
# which a gallery knows whose queries it may be asked.

# %%
gallery = keras_cmr.retrieval.Gallery.create(work / "gallery", model)
gallery.add(list(test.images.pixels), ids=list(test.images.ids), verbose=0)
out = export.export_model(model, work / "exported", gallery=gallery)
card = export.read_card(out)
served = card["formats"]["saved_model"]
print(card["fingerprint"][:12], gallery.stats()["fingerprint"][:12])
print(json.dumps(served["signatures"]["search"], indent=1))

# %% [markdown]
# What a server does, without Keras: bytes and a text in, ids and cosines out.


# %%
def png(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


loaded = tf.saved_model.load(str(out / served["path"]))
chosen = [0, 1, 2]
references = test.reference_pixels[test.queries.references[chosen]]
texts = test.queries.modifications[chosen].tolist()
answer = loaded.signatures["search"](
    reference_bytes=tf.constant([png(picture) for picture in references]),
    modification=tf.constant(texts),
    k=tf.constant(5),
)
place = {id: row for row, id in enumerate(test.images.ids)}
pictures, captions = [], []
for reference, text, ids, scores in zip(
    references,
    texts,
    answer["ids"].numpy().astype(str),
    answer["scores"].numpy(),
    strict=True,
):
    found = [place[id] for id in ids]
    pictures += [reference, *test.images.pixels[found]]
    captions += [text, *(f"{score:.3f}" for score in scores)]
visualization.contact_sheet(pictures, captions, columns=6)

# %% [markdown]
# ## LiteRT and ONNX
#
# These take pixels and token ids; `preprocessing.json` says how to make them.
# ONNX needs `pip install "keras-cmr[export]"`; without, its rows are missing
# below. int8 makes the files smaller, and what that costs is measured, query by
# query, not assumed.

# %%
try:
    import onnxruntime
    import tf2onnx  # noqa: F401

    formats = ("litert", "onnx")
except ImportError:
    formats = ("litert",)
LENGTH = 16  # no text of CSS has more words


def with_litert(folder):
    def run(name, **inputs):
        path = folder / "litert" / f"{name}.tflite"
        asked = tf.lite.Interpreter(str(path)).get_signature_runner()
        return asked(**inputs)["embedding"]

    return run


def with_onnx(folder):
    def run(name, **inputs):
        path = folder / "onnx" / f"{name}.onnx"
        (rows,) = onnxruntime.InferenceSession(path).run(None, inputs)
        return rows

    return run


def embed(run):
    pixels = test.images.pixels
    tokens = model.text_encoder.tokenize(test.queries.modifications.tolist())
    padded = np.zeros((len(tokens), LENGTH), "int32")
    padded[:, : tokens.shape[1]] = tokens
    asked = test.reference_pixels[test.queries.references]
    steps = range(0, len(asked), 256)
    queries = [
        run(
            "query",
            reference=asked[n : n + 256],
            modification=padded[n : n + 256],
        )
        for n in steps
    ]
    targets = [
        run("target", image=pixels[n : n + 256])
        for n in range(0, len(pixels), 256)
    ]
    return np.concatenate(queries), np.concatenate(targets)


rows = [
    ("R@1, Keras, float32", f"{100 * report.figures['R@1']['value']:.2f}"),
]
for int8 in (False, True):
    folder = export.export_model(
        model, work / f"int8-{int8}", formats, int8=int8, text_length=LENGTH
    )
    files = export.read_card(folder)["files"]
    for name in formats:
        side = {"litert": with_litert, "onnx": with_onnx}[name](folder)
        ours = evaluation.evaluate_embeddings(*embed(side), test, benchmark=css)
        against = evaluation.compare(report, ours).figures["R@1"]
        size = sum(
            file["bytes"] for path, file in files.items() if name in path
        )
        rows.append(
            (
                f"R@1, {name}, {'int8' if int8 else 'float32'}, "
                f"{size / 1e6:.1f} MB",
                f"{100 * against['b']:.2f} ({100 * against['difference']:+.2f} "
                f"[{100 * against['low']:+.2f}, {100 * against['high']:+.2f}])",
            )
        )

# %% [markdown]
# ## TensorFlow Serving
#
# ```bash
# tensorflow_model_server --rest_api_port=8501 --model_name=cmr \
#     --model_base_path=$PWD/exported/saved_model
# ```
#
# and a question over HTTP: [the guide](../docs/guides/export.md), which has a
# reader of the ONNX files too that needs only ONNX Runtime, NumPy and Pillow.
#
# **Try next**: `engine="scann"` for a large gallery; a run of your own.

# %%
hardware = f"{environment()['cpu']}, {os.cpu_count()} cores"
visualization.Table(
    "What an export finds",
    ("Figure", "Reported by others", "Ours", "Command", "Hardware", "Seed"),
    [
        (name, "none", value, "this notebook", hardware, str(SEED))
        for name, value in rows
    ],
    note="In brackets: difference from Keras with its 95 % interval, paired "
    "by query." + (" Smoke sizes say nothing." if SMOKE else ""),
)
