# %% [markdown] extras="retrieval"
# # FashionIQ, CIRR, and files for their servers
#
# Two benchmarks of real photos and free text. Their photos can't be handed on,
# so the models here are trained and shown on **drawn scenes in their file
# layout**; where the organisers' annotation files are on the disk, these are
# read too, and counted.
#
# What there is to learn: what the readers want, why one model has four
# FashionIQ figures, and how to write the files that CIRR's server takes without
# losing one of a few submissions to a typing error.

# %%
import json
import os
import tempfile
from pathlib import Path

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"  # quick convolutions on any CPU

import keras
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

import keras_cmr
from keras_cmr import evaluation
from keras_cmr import visualization

SMOKE = "KERAS_CMR_SMOKE" in os.environ  # tiny sizes: to see that it runs
SEED = 0
DATA = Path(os.environ.get("KERAS_CMR_DATA", "data")) / "annotations"
work = Path(tempfile.mkdtemp())

# %% [markdown]
# ## The real annotation files, if they are here
#
# `load` wants the images, and counts those that are missing. To read
# annotations without photos, every name becomes a link to one grey picture.


# %%
def with_grey_pictures(annotations, folder, paths):
    """`annotations`, and a grey picture at every path, in a new folder."""
    root = work / folder
    root.mkdir()
    for part in annotations.iterdir():
        (root / part.name).symlink_to(part.resolve())
    for number, path in enumerate(sorted(paths)):
        if number % 50_000 == 0:  # file systems limit the links to a file
            picture = root / f"grey{number}.png"
            Image.new("RGB", (8, 8), "gray").save(picture)
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        os.link(picture, root / path)
    return root


def entries(pattern):
    return [json.loads(path.read_text()) for path in sorted(DATA.glob(pattern))]


have = DATA.is_dir() and not SMOKE
if have:
    fashioniq_dir = with_grey_pictures(
        DATA / "fashion_iq",
        "fashioniq_names",
        {
            f"images/{name}.png"
            for names in entries("fashion_iq/image_splits/*.json")
            for name in names
        },
    )
    cirr_dir = with_grey_pictures(
        DATA / "cirr",
        "cirr_names",
        {
            f"img_raw/{path}"
            for paths in entries("cirr/image_splits/*.json")
            for path in paths.values()
        },
    )
    for category in ("dress", "shirt", "toptee"):
        one = keras_cmr.datasets.load(
            "fashioniq", data_dir=fashioniq_dir, category=category, verbose=0
        )
        print(
            f"FashionIQ {category:6}  train {len(one.train.queries):5,}  "
            f"val {len(one.test.queries):5,} queries of "
            f"{len(one.test.images):5,} images  "
            f"test {len(one.server.queries):5,}"
        )
    cirr = keras_cmr.datasets.load("cirr", data_dir=cirr_dir, verbose=0)
    print(
        f"CIRR  val {len(cirr.test.queries):,} queries of "
        f"{len(cirr.test.images):,} images, test1 "
        f"{len(cirr.server.queries):,} of {len(cirr.server.images):,}"
    )
else:
    print("No annotation files here: only drawn scenes are used below.")

# %% [markdown]
# ## Drawn scenes in CIRR's layout
#
# `captions/cap.rc2.*.json`, `image_splits/split.rc2.*.json` and `img_raw/`. A
# query belongs to an *image set* of six: here the reference, the targets of its
# three modifications and two strangers. `test1` has no answers.

# %%
css = keras_cmr.datasets.load(
    "css", scenes=40 if SMOKE else 600, seed=SEED, verbose=0
)


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def draw(images, rows, folder, names):
    for row in rows:
        path = folder / f"{names[row]}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(images.pixels[row]).save(path)


def cirr_part(split, name, folder, scenes, answers=True):
    """Some scenes of a split as one split of CIRR."""
    queries, draws = split.queries, np.random.default_rng(SEED)
    chosen = [i for i, r in enumerate(queries.references) if r in scenes]
    rows = set()
    items = []
    for number in chosen:
        reference = int(queries.references[number])
        same = [i for i in chosen if queries.references[i] == reference]
        members = [reference, *(int(queries.targets[i][0]) for i in same)]
        while len(members) < 6:
            other = int(draws.choice(scenes))
            members += [other] if other not in members else []
        rows.update(members)
        target = f"{name}-{int(queries.targets[number][0])}"
        items.append(
            {
                "pairid": number,
                "reference": f"{name}-{reference}",
                "caption": str(queries.modifications[number]),
                "img_set": {
                    "id": reference,
                    "members": [f"{name}-{row}" for row in members],
                },
                **(
                    {"target_hard": target, "target_soft": {}}
                    if answers
                    else {}
                ),
            }
        )
    names = {row: f"{name}-{row}" for row in sorted(rows)}
    draw(split.images, rows, folder / "img_raw" / name, names)
    part = {"train": "train", "dev": "val", "test1": "test1"}[name]
    write(folder / "captions" / f"cap.rc2.{part}.json", items)
    write(
        folder / "image_splits" / f"split.rc2.{part}.json",
        {one: f"./{name}/{one}.png" for one in names.values()},
    )


scenes = np.unique(css.test.queries.references)
half = len(scenes) // 2
drawn = work / "cirr_drawn"
cirr_part(css.train, "train", drawn, np.unique(css.train.queries.references))
cirr_part(css.test, "dev", drawn, scenes[:half])
cirr_part(css.test, "test1", drawn, scenes[half:], answers=False)
cirr = keras_cmr.datasets.load("cirr", data_dir=drawn, image_size=64, verbose=0)
print(
    f"train {len(cirr.train.queries):,} queries, "
    f"val {len(cirr.test.queries):,}, "
    f"test1 {len(cirr.server.queries):,}; answers of test1 known here: "
    f"{sum(map(len, cirr.server.queries.targets))}"
)

# %% tags=["drawn"]
first = cirr.test.queries
sheet = [cirr.test.images.pixels[first.references[0]]]
labels = ["reference: " + first.modifications[0]]
for member in first.subsets[0]:
    sheet.append(cirr.test.images.pixels[member])
    labels.append("target" if member in first.targets[0] else "of its set")
visualization.contact_sheet(sheet, labels, columns=6)

# %% [markdown]
# ## A model, and CIRR's two rules
#
# `cirr/val` searches the whole gallery without the reference; `cirr/subset`
# ranks the five others of the image set: chance is 20 %.

# %%
WIDTH = 32 if SMOKE else 256
keras.utils.set_random_seed(SEED)
model = keras_cmr.models.ComposedRetriever(
    keras_cmr.models.ImageEncoder(
        keras_cmr.models.small_resnet(), 64, WIDTH, pooling="flatten"
    ),
    keras_cmr.models.LSTMTextEncoder(
        cirr.train.vocabulary, WIDTH, WIDTH, WIDTH
    ),
    fusion=keras_cmr.layers.TIRG(),
)
model.compile(keras.optimizers.Adam(1e-3), loss=keras_cmr.losses.BatchSoftmax())
batches = cirr.train.batches(
    16 if SMOKE else 64,
    tokenize=model.text_encoder.tokenize,
    group_size=3,
    seed=SEED,
)
history = model.fit(batches, epochs=1 if SMOKE else 3, verbose=0).history
cirr_reports = evaluation.evaluate(
    model, cirr.test, protocol="all", benchmark=cirr, verbose=0
)
print(cirr_reports)

# %% tags=["drawn"]
visualization.training_curves(history)

# %% tags=["drawn"]
query_rows, image_rows = evaluation.embed_split(model, cirr.test, verbose=0)
visualization.ranked_pictures(
    visualization.ranked_examples(
        query_rows, image_rows, cirr.test, [0, 1, 2], k=5
    )
)

# %% [markdown]
# ## Files for CIRR's server
#
# Fifty names a query, and three of the image set. `write_cirr` validates what
# it writes before it is put in place. `validate_cirr` names the first fault of
# any such file, also of one that other code wrote.

# %%
query_rows, image_rows = evaluation.embed_split(model, cirr.server, verbose=0)
written = evaluation.write_cirr(
    cirr.server, query_rows, image_rows, work / "sent"
)
for path in written:
    content = json.loads(path.read_text())
    query = cirr.server.queries.ids[0]
    print(f"{path.name}: {len(content) - 2} queries")
    print(f"  {query}: {', '.join(content[query][:3])}, ...")

# %% [markdown]
# And now what happens to a file with a fault: one name twice, as in a list that
# was padded.

# %%
content = json.loads(written[0].read_text())
content[query][1] = content[query][0]
broken = work / "broken.json"
broken.write_text(json.dumps(content))
try:
    evaluation.validate_cirr(broken, cirr.server)
except ValueError as error:
    print(str(error).replace(str(work), "..."))

# %% [markdown]
# The organisers' own example files pass, where they are here:

# %%
examples = sorted(DATA.glob("cirr/demo_submission/*.json")) if have else []
if examples:
    real = keras_cmr.datasets.load("cirr", data_dir=cirr_dir, verbose=0)
    for path in examples:
        evaluation.validate_cirr(path, real.server)
        print(f"{path.name}: valid")
else:
    print("No example files here.")

# %% [markdown]
# CIRCO's server wants 50 numbers a query: `write_circo`, `validate_circo`, used
# alike. From the command line: `keras-cmr submit cirr --model runs/cirr
# --data-dir data/cirr --out sent`.
#
# ## FashionIQ: one model, four figures
#
# Each item has *two* captions, and papers differ in what they make of them
# (`captions=`), in what is searched, and in whether the reference may be found.
# Every combination has a name here. The scenes again, now in FashionIQ's
# layout, with a second person's caption that says the same in other words:


# %%
def other_words(text):
    return f"please {text}"


def fashioniq_part(split, part, folder, extra):
    """A split's questions as FashionIQ's, `extra` images in the list."""
    queries, items, rows = split.queries, [], set()
    names = [f"{part}{row:06d}" for row in range(len(split.images))]
    for number in range(len(queries)):
        reference, target = (
            int(queries.references[number]),
            int(queries.targets[number][0]),
        )
        text = str(queries.modifications[number])
        items.append(
            {
                "candidate": names[reference],
                "target": names[target],
                "captions": [text, other_words(text)],
            }
        )
        rows |= {reference, target}
    others = [row for row in range(len(names)) if row not in rows][:extra]
    rows |= set(others)
    draw(split.images, rows, folder / "images", names)
    write(folder / "captions" / f"cap.dress.{part}.json", items)
    write(
        folder / "image_splits" / f"split.dress.{part}.json",
        [names[row] for row in sorted(rows)],
    )


drawn = work / "fashioniq_drawn"
fashioniq_part(css.train, "train", drawn, 0)
fashioniq_part(css.test, "val", drawn, 20 if SMOKE else 1_000)
RULES = ("joined", "both-orders", "separate")
by_rule = {}
for rule in RULES:
    fashioniq = keras_cmr.datasets.load(
        "fashioniq",
        data_dir=drawn,
        category="dress",
        captions=rule,
        image_size=64,
        verbose=0,
    )
    print(
        f"{rule:11} {len(fashioniq.test.queries):5,} queries, such as "
        f'"{fashioniq.test.queries.modifications[1]}"'
    )
    by_rule[rule] = evaluation.evaluate(
        model, fashioniq.test, protocol="all", benchmark=fashioniq, verbose=0
    )

# %% tags=["drawn"]
figure, axes = plt.subplots(figsize=(9, 3))
protocols = list(by_rule["separate"])
for place, rule in enumerate(RULES):
    axes.bar(
        np.arange(len(protocols)) + (place - 1) * 0.27,
        [
            100 * by_rule[rule][name].figures["R@10"]["value"]
            for name in protocols
        ],
        0.27,
        label=f'captions="{rule}"',
    )
axes.set_xticks(range(len(protocols)), protocols, fontsize=8)
axes.set_ylabel("R@10, per cent")
axes.set_title("The same model, the same pictures", loc="left")
axes.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=8)
figure.tight_layout()

# %% [markdown]
# A table that gives "FashionIQ R@10" and not the rule can't be compared with
# another one. A `Report` holds the name, and `compare` refuses two that differ.
#
# ## Reported, and ours
#
# No model of ours was trained on FashionIQ or CIRR: we had no photos, and the
# figures of drawn scenes can't be set beside anybody's. Papers' tables mix the
# rules above, so none is quoted here.

# %%
HARDWARE = f"{evaluation.environment()['cpu']}, {os.cpu_count()} cores"
rows = [
    (
        f"{name}, {figure}, drawn scenes",
        "none: our scenes",
        visualization.percent(report.figures[figure]),
        "this notebook",
        HARDWARE,
        str(SEED),
    )
    for reports in (cirr_reports, by_rule["separate"])
    for name, report in reports.items()
    for figure in list(report.figures)[:1]
]
visualization.Table(
    "One model of drawn scenes, under the rules of two benchmarks",
    ("Figure", "Reported by others", "Ours", "Command", "Hardware", "Seed"),
    rows,
    note="Figures may be compared down the models of one rule, never down the "
    "rules of one model." + (" Smoke sizes: no figures." if SMOKE else ""),
)
