# %% [markdown]
# # Layers in your own model
#
# You have a Keras model, perhaps a training loop too, and want only a part of
# this package: a fusion such as TIRG, or a mutual-information term. Every part
# is a plain Keras layer or loss, so nothing else has to change.
#
# This notebook builds a small composed-retrieval model from bare Keras layers,
# puts TIRG and two terms into it, trains it first by `fit` and then by a loop
# of its own, and cuts out the towers to keep. It runs on TensorFlow, JAX and
# Torch: change one word below.

# %%
import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")  # or "jax", or "torch"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"  # quick convolutions on any CPU

import keras
import numpy as np
from keras import layers
from keras import ops

import keras_cmr

SMOKE = "KERAS_CMR_SMOKE" in os.environ  # tiny sizes: to see that it runs
SEED = 0
keras.utils.set_random_seed(SEED)
print("Keras", keras.__version__, "on", keras.backend.backend())

# %% [markdown]
# ## Data: arrays, as you may have them
#
# Drawn scenes of coloured shapes (CSS). A row is a reference picture, a
# modification in words, and the target that is meant. `content` numbers what
# a target shows: two pictures of the same content are both right answers.

# %%
SIDE = 32
css = keras_cmr.datasets.load(
    "css", scenes=24 if SMOKE else 1500, image_size=SIDE, verbose=0
)
tokenize = keras_cmr.models.Vocabulary(css.train.vocabulary)


def triplets(split):
    queries = split.queries
    targets = [right[0] for right in queries.targets]
    return {
        "reference": split.images.pixels[queries.references],
        "text": tokenize(queries.modifications.tolist()),
        "target": split.images.pixels[targets],
        "content": queries.target_labels,
    }


train = triplets(css.train)
{name: values.shape for name, values in train.items()}

# %%
some = [0, 3, 6, 9]
pictures, captions = [], []
for row in some:
    pictures += [train["reference"][row], train["target"][row]]
    captions += [css.train.queries.modifications[row], "the target"]
keras_cmr.visualization.contact_sheet(pictures, captions, columns=4, side=96)

# %% [markdown]
# ## Encoders: yours
#
# An image encoder that gives a vector and, from the middle of the network, a
# feature map; a text encoder that gives a vector. These are ten lines of
# Keras; take any others.

# %%
DIM = 32 if SMOKE else 128


def image_encoder():
    pixels = keras.Input((SIDE, SIDE, 3))
    x = layers.Rescaling(1 / 127.5, offset=-1)(pixels)
    maps = []
    for filters in (32, 64, 128):
        x = layers.Conv2D(filters, 3, strides=2, padding="same")(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
        maps.append(x)
    vector = layers.Dense(DIM)(layers.Flatten()(x))
    return keras.Model(pixels, [vector, maps[1]], name="image_encoder")


def text_encoder():
    ids = keras.Input((None,), dtype="int32")
    words = layers.Embedding(
        len(css.train.vocabulary) + 2, DIM, mask_zero=True
    )(ids)
    return keras.Model(ids, layers.GRU(DIM)(words), name="text_encoder")


images, texts = image_encoder(), text_encoder()

# %% [markdown]
# ## The graph: a fusion and two terms
#
# - `TIRG()(reference, text)` composes the query. Any other fusion of the
#   package goes in its place; all are called alike.
# - `TextImageMI` and `FusionImageMI` return their first argument. In training
#   they add their loss to the model's; outside it they are the identity and
#   compute nothing. Put one where its tensor passes by.
# - `negatives` says which pairs of a batch do *not* belong together. Rows that
#   want the same content, or have the same text, are no negatives of each
#   other; without the mask the term would push right answers apart.
# - `ScaledNormalization` gives query and target one learned length `s`, so that
#   their inner product is `s² cos`.

# %%
inputs = {
    "reference": keras.Input((SIDE, SIDE, 3), name="reference"),
    "text": keras.Input((None,), dtype="int32", name="text"),
    "target": keras.Input((SIDE, SIDE, 3), name="target"),
    "content": keras.Input((), dtype="int32", name="content"),
}
reference, _ = images(inputs["reference"])
target, target_map = images(inputs["target"])
text = texts(inputs["text"])

content, words = inputs["content"], inputs["text"]
other_content = ops.not_equal(content[:, None], content[None, :])
other_text = ops.any(ops.not_equal(words[:, None], words[None, :]), axis=-1)

heard = keras_cmr.layers.TextImageMI(weight=0.1)(
    text, target, negatives=ops.logical_and(other_content, other_text)
)
fusion = keras_cmr.layers.TIRG()
composed = fusion(reference, heard)
query = keras_cmr.layers.FusionImageMI(weight=0.1)(
    composed, target_map, negatives=other_content
)
scale = keras_cmr.layers.ScaledNormalization()
pairs = ops.stack([scale(query), scale(target)], axis=1)
model = keras.Model(inputs, pairs)

# %% [markdown]
# ## a. `fit`
#
# The metric loss is the package's `BatchSoftmax`: of all targets in the batch,
# which one is meant? It takes content labels and `(batch, 2, dim)`. The terms
# need no mention: their losses are the model's own. So `loss` in the log is
# the metric loss minus the weighted nats.

# %%
# XLA compiles convolutions for CPUs badly; JAX can't do without it.
compiled = keras.backend.backend() == "jax"
model.compile(
    keras.optimizers.Adam(2e-3),
    loss=keras_cmr.losses.BatchSoftmax(),
    metrics=[keras_cmr.metrics.InBatchRecall(k=1)],
    jit_compile=compiled,
)
fitted = model.fit(
    train,
    train["content"],
    batch_size=16 if SMOKE else 96,
    epochs=1 if SMOKE else 6,
    verbose=0,
)
keras_cmr.visualization.training_curves(fitted.history)

# %% [markdown]
# ## b. A loop of your own
#
# The same model without `fit`. `model.losses` holds what the terms added in
# the last call; that is the only line to remember.

# %%
loss_of = keras_cmr.losses.BatchSoftmax()
optimizer = keras.optimizers.Adam(5e-4)
optimizer.build(model.trainable_variables)


def tensorflow_step(batch):
    import tensorflow as tf

    with tf.GradientTape() as tape:
        found = model(batch, training=True)
        loss = loss_of(batch["content"], found) + sum(model.losses)
    weights = model.trainable_weights
    optimizer.apply(tape.gradient(loss, weights), weights)
    return loss


def torch_step(batch):
    import torch

    model.zero_grad()
    found = model(batch, training=True)
    loss = loss_of(batch["content"], found) + sum(model.losses)
    loss.backward()
    weights = model.trainable_weights
    with torch.no_grad():
        optimizer.apply([weight.value.grad for weight in weights], weights)
    return loss


def jax_step(batch):
    import jax

    def objective(trainable, others):
        found, others, added = model.stateless_call(
            trainable, others, batch, training=True, return_losses=True
        )
        return loss_of(batch["content"], found) + sum(added), others

    state = [
        [variable.value for variable in variables]
        for variables in (
            model.trainable_variables,
            model.non_trainable_variables,
            optimizer.variables,
        )
    ]
    (loss, others), gradients = jax.value_and_grad(objective, has_aux=True)(
        *state[:2]
    )
    trainable, kept = optimizer.stateless_apply(state[2], gradients, state[0])
    for variables, values in (
        (model.trainable_variables, trainable),
        (model.non_trainable_variables, others),
        (optimizer.variables, kept),
    ):
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
    return loss


step = {
    "tensorflow": tensorflow_step,
    "torch": torch_step,
    "jax": jax_step,
}[keras.backend.backend()]

draws = np.random.default_rng(SEED)
for number in range(2 if SMOKE else 20):
    rows = draws.choice(len(train["content"]), 16 if SMOKE else 96, False)
    batch = {name: values[rows] for name, values in train.items()}
    loss = step({k: ops.convert_to_tensor(v) for k, v in batch.items()})
    if number % 5 == 0:
        shown = float(ops.convert_to_numpy(loss))
        print(f"step {number:2}  loss {shown:.3f}")

# %% [markdown]
# ## c. A bare loss on scores
#
# No layer at all: an estimator is a `keras.losses.Loss` of a mask of true
# negatives and all-pairs scores, wherever the scores come from. Here they are
# the inner products that the model has just learned. InfoNCE can't tell of
# more than `log(batch)` nats.

# %%
found = ops.convert_to_numpy(model(batch, training=False))
scores = found[:, 0] @ found[:, 1].T
negatives = batch["content"][:, None] != batch["content"][None, :]
nats = -float(keras_cmr.losses.InfoNCEMI()(negatives, scores))
print(f"{nats:.2f} nats of at most {np.log(len(scores)):.2f}")

# %% [markdown]
# ## What to keep: the towers
#
# The query tower is what a service needs for questions, the target tower what
# fills a gallery. Call the trained fusion once more on the text *before* the
# term, and the tower holds no discriminator: it costs what it would cost
# without the terms.

# %%
query_tower = keras.Model(
    [inputs["reference"], inputs["text"]], scale(fusion(reference, text))
)
target_tower = keras.Model(inputs["target"], scale(target))
print(f"in training  {model.count_params():9,} parameters")
print(f"query tower  {query_tower.count_params():9,}")
print(f"target tower {target_tower.count_params():9,}")

# %% [markdown]
# ## Measured by a named rule
#
# `evaluate` knows a model by two methods and a fingerprint, so a model of yours
# needs a dozen lines. The rule `tirg/caption-match`: search all pictures of the
# test split but the reference; a hit shows the content that is meant. Its
# shape-colour combinations are largely ones that training never showed.


# %%
class Mine:
    """What `evaluate` and `Gallery` want of a model."""

    fingerprint = "notebook-02"

    def embed_queries(self, images, modifications, batch_size=256, verbose=0):
        tokens = tokenize(modifications)
        return query_tower.predict(
            [np.stack(images), tokens], batch_size=batch_size, verbose=0
        )

    def embed_targets(self, images, batch_size=256, verbose=0):
        return target_tower.predict(
            np.stack(images), batch_size=batch_size, verbose=0
        )


report = keras_cmr.evaluation.evaluate(
    Mine(), css.test, benchmark=css.name, verbose=0
)
print(report)

# %% [markdown]
# Two queries that were answered and two that were not. Look at the wrong ones:
# is it the place, the colour, or the shape that went wrong?

# %%
query_rows, image_rows = keras_cmr.evaluation.embed_split(
    Mine(), css.test, verbose=0
)
chosen = [
    *np.flatnonzero(report.ranks == 1)[:2],
    *np.flatnonzero(report.ranks > 1)[:2],
]
keras_cmr.visualization.ranked_pictures(
    keras_cmr.visualization.ranked_examples(
        query_rows, image_rows, css.test, chosen, k=5
    ),
    side=96,
)

# %% [markdown]
# ## What this run found
#
# Nobody else reports figures for this toy: 32 pixels, a network of three
# convolutions, scenes drawn by us. It shows that the parts work, not what they
# can do; [notebook 03](03_css.ipynb) trains in earnest.
#
# **Try next**: another fusion (`FiLM`, `Combiner`), `estimator="infonce"`, the
# weight `0` in place of `0.1`, or `KERAS_BACKEND="jax"`.

# %%
best = report.figures["R@1"]
keras_cmr.visualization.Table(
    "CSS, 32 px, a model of bare Keras layers with TIRG and two terms",
    ("Figure", "Reported by others", "Ours", "Command", "Hardware", "Seed"),
    [
        (
            f"R@1, {report.protocol}, {report.num_queries:,} queries",
            "none: our own toy",
            keras_cmr.visualization.percent(best),
            "this notebook",
            f"{report.context['cpu']}, {os.cpu_count()} cores",
            str(SEED),
        )
    ],
    note="Smoke sizes: no figure." if SMOKE else "",
)
