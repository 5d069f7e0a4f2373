# %% [markdown] extras="retrieval,pretrained"
# # Your own photos in ten lines
#
# A folder of pictures, an example, a few words. This notebook searches by an
# image, by words and by both: first without any training, then with a model
# trained on questions of the right kind. The difference between the two is what
# composed retrieval is about.
#
# Set `PHOTOS` to a folder of yours. Where there is none, scenes of coloured
# shapes are drawn into one, so that everything here runs and can be shown.

# %%
import os
import tempfile
from pathlib import Path

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"  # quick convolutions on any CPU

import keras
from PIL import Image

import keras_cmr
from keras_cmr import evaluation
from keras_cmr import visualization

SMOKE = "KERAS_CMR_SMOKE" in os.environ  # tiny sizes: to see that it runs
SEED = 0
PHOTOS = Path("photos")
work = Path(tempfile.mkdtemp())

css = keras_cmr.datasets.load(
    "css", scenes=24 if SMOKE else 600, seed=SEED, verbose=0
)
drawn = SMOKE or not PHOTOS.is_dir()
if drawn:
    PHOTOS = work / "drawn"
    PHOTOS.mkdir()
    queries = css.test.queries
    some = slice(9 if SMOKE else 150)  # questions, with their answers
    shown = {*queries.references[some].tolist()}
    shown.update(*queries.targets[some])
    for row in shown:
        pixels = css.test.images.pixels[row]
        Image.fromarray(pixels).save(PHOTOS / f"{row:04d}.png")
print("Searched here:", "drawn scenes, NOT photos" if drawn else "your photos")

# %% [markdown]
# ## Ten lines
#
# The first call looks at every picture once and keeps what it saw in a cache;
# later calls look at new and changed ones only. Nothing is written into the
# folder.

# %%
photos = keras_cmr.search_folder(PHOTOS, cache=work / "late", verbose=0)
# A hit's id is its path below the folder.
first = photos.gallery.ids[0]
alike = photos.search(image=first, k=5)
print(f"{len(photos):,} pictures")
alike.picture()

# %% [markdown]
# Image and words together. The answer can be kept as one picture or as one page
# to send to somebody: `found.save("hits.png")`, `found.save("hits.html")`.

# %%
TEXT = str(css.test.queries.modifications[0]) if drawn else "at night"
found = photos.search(image=first, text=TEXT, k=5)
found.save(work / "hits.html")
found.picture()

# %% [markdown]
# ## What that can't do
#
# Nothing was trained. Image and text were embedded apart and *added*, which is
# called late fusion: the text is a wish beside the image, not a change of it.
# "without", "instead of" and "replace black with blue" are read as the words in
# them. What the packaged default knows, and what not, it says itself:

# %%
print(photos.model.limits)

# %% [markdown]
# Where a hub can be reached, `model="late-fusion:clip_vit_base_patch16"` knows
# colours, persons and much else. It still adds.
#
# ## A model that composes
#
# Composing is learned from triplets: reference, modification, target. For your
# pictures they are a table of three columns
# ([how](../keras_cmr/datasets/triplets/README.md)). For the drawn scenes there
# is a generator, so the same search can be seen with a model that was trained
# on questions of this kind, on *other* scenes than those searched.

# %%
WIDTH = 32 if SMOKE else 256
keras.utils.set_random_seed(SEED)
model = keras_cmr.models.ComposedRetriever(
    keras_cmr.models.ImageEncoder(
        keras_cmr.models.small_resnet(), 64, WIDTH, pooling="flatten"
    ),
    keras_cmr.models.LSTMTextEncoder(css.train.vocabulary, WIDTH, WIDTH, WIDTH),
    fusion=keras_cmr.layers.TIRG(),
    mutual_information=[keras_cmr.layers.TextImageMI(weight=0.1)],
)
model.compile(keras.optimizers.Adam(1e-3), loss=keras_cmr.losses.BatchSoftmax())
batches = css.train.batches(
    16 if SMOKE else 64,
    tokenize=model.text_encoder.tokenize,
    group_size=3,
    seed=SEED,
)
model.fit(batches, epochs=1 if SMOKE else 3, verbose=0)
report = evaluation.evaluate(model, css.test, benchmark="css", verbose=0)
print(report)

# %% [markdown]
# The same folder, the same question, one argument more:

# %%
if drawn:
    trained = keras_cmr.search_folder(
        PHOTOS, model, cache=work / "trained", verbose=0
    )
    answer = trained.search(image=first, text=TEXT, k=5).picture()
else:
    answer = "A model of drawn scenes says nothing about your photos."
answer

# %% [markdown]
# From the command line, with a model trained by `keras-cmr train`:
#
# ```bash
# keras-cmr index photos --model runs/mine
# keras-cmr search --image a.jpg --text "at night" --model runs/mine
# ```
#
# ## Reported, and ours
#
# There is no figure for "your photos" until you have questions with answers:
# ten lines of `triplets.csv` are a start, a hundred give an interval. What the
# trained model does on CSS's test questions:

# %%
visualization.Table(
    "Composed search, drawn scenes, protocol tirg/caption-match",
    ("Figure", "Reported by others", "Ours", "Command", "Hardware", "Seed"),
    [
        (
            f"{figure}, quick training",
            "none: our scenes",
            visualization.percent(report.figures[figure]),
            "this notebook",
            f"{report.context['cpu']}, {os.cpu_count()} cores",
            str(SEED),
        )
        for figure in ("R@1", "R@10")
    ],
    note="Smoke sizes: no figures." if SMOKE else "",
)
