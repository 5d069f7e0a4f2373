# %% [markdown] extras="retrieval,gap"
# # Mutual information: what the terms do
#
# Texts, images and composed queries are embedded by different networks, and
# their embeddings lie in differently shaped distributions: the *modality gap*.
# A mutual-information term asks for dependence instead of likeness: of all
# images in the batch, can one tell from the text's embedding which belongs to
# it? A *discriminator* scores every pair; an *estimator* turns the scores into
# nats; the objective is the metric loss minus the weighted nats.
#
# Four things to see here: what the estimators measure where the truth is
# known, why false negatives must be masked, what a discriminator costs, and the
# gap of a model, in pictures, before and after training.

# %%
import json
import os
import time
from pathlib import Path

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"  # quick convolutions on any CPU

import keras
import matplotlib.pyplot as plt
import numpy as np

import keras_cmr
from keras_cmr import evaluation
from keras_cmr import layers
from keras_cmr import losses
from keras_cmr import models
from keras_cmr import visualization

SMOKE = "KERAS_CMR_SMOKE" in os.environ  # tiny sizes: to see that it runs
SEED = 0

# %% [markdown]
# ## The estimators, where the truth is known
#
# Take pairs `(x, y)` of correlated normal numbers: their mutual information is
# `-d/2 log(1 - ρ²)`, and the best possible score of a pair is known too, so no
# discriminator has to be trained. What do the estimators make of the best
# scores?

# %%
ESTIMATORS = {
    '"jsd"': losses.JensenShannonMI(),
    '"infonce"': losses.InfoNCEMI(),
    '"dv"': losses.DonskerVaradhanMI(),
}
DIM = 8
draws = np.random.default_rng(SEED)


def best_scores(batch, nats):
    """`log p(y|x) - log p(y)` of all pairs, at a given information."""
    square = 1 - np.exp(-2 * nats / DIM)  # rho squared
    x, noise = draws.normal(size=(2, batch, DIM))
    y = np.sqrt(square) * x + np.sqrt(1 - square) * noise
    ahead = y[None] - np.sqrt(square) * x[:, None]
    return (
        (y[None] ** 2 - ahead**2 / (1 - square)).sum(-1) / 2
        - DIM / 2 * np.log(1 - square)
    ).astype("float32")


def estimates(batch, nats, rounds):
    negatives = ~np.eye(batch, dtype=bool)
    scores = [best_scores(batch, nats) for _ in range(rounds)]
    return {
        name: [-float(loss(negatives, one)) for one in scores]
        for name, loss in ESTIMATORS.items()
    }


truth = np.linspace(0.25, 8, 3 if SMOKE else 12)
figure, panels = plt.subplots(1, 3, figsize=(10, 3.2), sharey=True)
for batch in (16, 256):
    found = [estimates(batch, nats, 2 if SMOKE else 8) for nats in truth]
    for panel, name in zip(panels, ESTIMATORS, strict=True):
        values = np.array([one[name] for one in found])
        mean, spread = values.mean(axis=1), values.std(axis=1)
        (line,) = panel.plot(truth, mean, label=f"batch of {batch}")
        panel.fill_between(
            truth,
            mean - spread,
            mean + spread,
            alpha=0.2,
            color=line.get_color(),
        )
for panel, name in zip(panels, ESTIMATORS, strict=True):
    panel.plot(truth, truth, ":", color="gray", label="truth")
    panel.set(title=name, xlabel="true nats", ylim=(-0.5, 9))
panels[0].set_ylabel("estimate")
panels[0].legend(frameon=False)
figure.tight_layout()

# %% [markdown]
# - `"jsd"` never exceeds `2 log 2 ≈ 1.39`: it grows with the dependence but is
#   not the information itself. It scatters least, also in small batches, and
#   is the default.
# - `"infonce"` can't tell of more than `log(batch)`, 2.8 nats with 16 rows:
#   where it is the estimator of choice, batches should be large.
# - `"dv"` has no such ceiling in principle. In a batch it is biased and
#   scatters the more, the more there is to measure.
#
# ## False negatives
#
# A batch of triplets holds rows that share a text, or whose targets show the
# same thing. Such a pair is not a negative. Counted as one, it asks the
# discriminator to tell apart what is the same. Below, 64 rows have only 16
# different contents. Every score is the best possible, and yet without the mask
# the estimates fall. In training that means a gradient away from right answers.

# %%
ROWS, CONTENTS = 64, 16
content = np.arange(ROWS) % CONTENTS
scores = best_scores(CONTENTS, 4.0)[content][:, content]
every_other = ~np.eye(ROWS, dtype=bool)
true_negatives = content[:, None] != content[None]
for name, loss in ESTIMATORS.items():
    masked = -float(loss(true_negatives, scores))
    bare = -float(loss(every_other, scores))
    print(f"{name:10} masked {masked:6.2f}   unmasked {bare:6.2f} nats")

# %% [markdown]
# `ComposedRetriever` builds these masks from the ids and texts of a batch; in a
# model of yours the argument `negatives` takes them
# ([notebook 02](02_layers_in_your_own_model.ipynb)).
#
# ## Discriminators: what a score costs
#
# `EncodeAndDotDiscriminator` maps either side on its own and takes inner
# products: all pairs, at all places of a map, are one matrix product. The
# `Concat` kinds see both sides together, pair by pair, and pay for every pair;
# `num_negatives` bounds that.

# %%
BATCH = 16 if SMOKE else 64
query = draws.normal(size=(BATCH, 64)).astype("float32")
target_map = draws.normal(size=(BATCH, 8, 8, 32)).astype("float32")
for discriminator in (
    layers.EncodeAndDotDiscriminator(units=64),
    layers.LocalConcatDiscriminator(units=64, num_negatives=8),
    layers.LocalConcatDiscriminator(units=64),
):
    shape = discriminator(query, target_map).shape
    start = time.process_time()
    discriminator(query, target_map)
    seconds = time.process_time() - start
    print(
        f"{type(discriminator).__name__:26} scores {tuple(shape)}, "
        f"{discriminator.count_params():,} weights, "
        f"{1000 * seconds:.0f} ms CPU"
    )

# %% [markdown]
# ## The gap of a model
#
# Two models on CSS scenes ([notebook 03](03_css.ipynb)): TIRG, and TIRG with
# both terms, from the same first weights. Each is looked at before its first
# step and after training.

# %%
css = keras_cmr.datasets.load(
    "css", scenes=24 if SMOKE else 600, seed=SEED, verbose=0
)
WIDTH = 32 if SMOKE else 256
EPOCHS = 1 if SMOKE else 3
MOST = 60 if SMOKE else 1000


def build(mutual_information):
    keras.utils.set_random_seed(SEED)
    model = models.ComposedRetriever(
        models.ImageEncoder(
            models.small_resnet(),
            image_size=64,
            embedding_dim=WIDTH,
            pooling="flatten",
        ),
        models.LSTMTextEncoder(css.train.vocabulary, WIDTH, WIDTH, WIDTH),
        fusion=layers.TIRG(),
        mutual_information=mutual_information,
    )
    model.compile(keras.optimizers.Adam(1e-3), loss=losses.BatchSoftmax())
    return model


def train(model):
    batches = css.train.batches(
        16 if SMOKE else 64,
        tokenize=model.text_encoder.tokenize,
        group_size=3,
        seed=SEED,
    )
    return model.fit(batches, epochs=EPOCHS, verbose=0).history


gaps, reports, histories = {}, {}, {}
for name, terms in {
    "TIRG": [],
    "TIRG + MI": [
        layers.TextImageMI(weight=0.1),
        layers.FusionImageMI(level="P3", weight=0.1),
    ],
}.items():
    model = build(terms)
    if not gaps:
        gaps["untrained"] = evaluation.modality_gap(model, css.test, MOST)
    histories[name] = train(model)
    gaps[name] = evaluation.modality_gap(model, css.test, MOST)
    reports[name] = evaluation.evaluate(
        model, css.test, benchmark=css.name, verbose=0
    )

# %% [markdown]
# Estimates in nats rise while the metric loss falls:

# %%
visualization.training_curves(histories["TIRG + MI"])

# %% [markdown]
# For every two kinds of embeddings: how far their centroids lie apart, how near
# matched pairs are and how near others, and how well a plane tells the kinds
# apart (0.5 is chance, 1.0 wholly).

# %%
for name, gap in gaps.items():
    print(f"--- {name}\n{gap}\n")

# %% [markdown]
# And as pictures (t-SNE: who is near whom means something, the distance
# between far groups does not). Look at *query* and *target* first. They are
# what a search compares, and the metric loss alone pulls them together. The
# *text* is met by no metric loss. `TextImageMI` works through a discriminator
# and need not move it. **A small gap is no merit by itself**: embeddings that
# are all equal have none.

# %% tags=["drawn"]
maps = {
    name: visualization.neighbour_map(gap.embeddings, most=40 if SMOKE else 250)
    for name, gap in gaps.items()
}
visualization.gap_picture(maps)

# %% [markdown]
# ## Do the terms help?
#
# On CSS with this recipe a little, over three seeds; the table has the
# interval, which understates the seeds' part. On your data that is a question
# for your data, and a sweep answers it with an interval over seeds
# ([guide](../docs/guides/mutual_information.md)):
#
# ```bash
# keras-cmr sweep configs/css_tirg.yaml --seeds 0,1,2 --out runs/terms \
#   --grid mutual_information=none,TextImageMI+FusionImageMI \
#   --grid estimator=jsd,infonce
# ```
#
# The paper that proposed the terms is
# [arXiv 2103.06032](https://arxiv.org/abs/2103.06032). Its weights, layer,
# estimator and result tables could not be read when this was written, so no
# default here is "the paper's" and no figure of it stands in the table.

# %%
HARDWARE = f"{evaluation.environment()['cpu']}, {os.cpu_count()} cores"
HERE = ("this notebook", HARDWARE, str(SEED))
rows = [
    (
        f"told apart, text and target, {name}",
        "none",
        f"{gap.pairs['text-target']['separability']:.3f}",
        *HERE,
    )
    for name, gap in gaps.items()
]
rows += [
    (
        f"R@1, {name}, quick",
        "none",
        visualization.percent(report.figures["R@1"]),
        *HERE,
    )
    for name, report in reports.items()
]
full = Path("../benchmarks/results/css")
if full.exists():
    seeds = json.loads((full / "mutual_information.json").read_text())
    one = evaluation.Report.load(full / "seeds" / "css_tirg_mi_0.json")
    for figure in ("R@1", "R@10"):
        change = {k: 100 * v for k, v in seeds["figures"][figure].items()}
        rows.append(
            (
                f"{figure}, what the terms add, 2,000 scenes, two epochs",
                "none",
                f"{change['difference']:+.1f} points "
                f"[{change['low']:+.1f}, {change['high']:+.1f}]",
                "python benchmarks/css.py seeds",
                f"{one.context['cpu']}, 2 cores",
                "0, 1, 2",
            )
        )
visualization.Table(
    "CSS, protocol tirg/caption-match",
    ("Figure", "Reported by others", "Ours", "Command", "Hardware", "Seed"),
    rows,
    note="Nobody else reports figures on these scenes."
    + (" Smoke sizes: the rows of this notebook say nothing." if SMOKE else ""),
)
