"""The Keras models, batches and steps that train_step.py times."""

import keras
import numpy as np

from keras_cmr import layers
from keras_cmr import losses
from keras_cmr import metrics
from keras_cmr import models

NUM_WORDS = 50
TEXT_LENGTH = 8
TERMS = {
    "none": (),
    "text": (layers.TextImageMI,),
    "fusion": (layers.FusionImageMI,),
    "both": (layers.TextImageMI, layers.FusionImageMI),
}


def batch(size, image_size, seed=0):
    """A batch of random triplets, as `batches` of a benchmark gives them."""
    random = np.random.default_rng(seed)
    pixels = (size, image_size, image_size, 3)
    tokens = random.integers(2, NUM_WORDS + 2, (size, TEXT_LENGTH))
    lengths = random.integers(4, TEXT_LENGTH + 1, (size, 1))
    tokens[np.arange(TEXT_LENGTH) >= lengths] = 0
    tokens[0] = 2  # one text of full length
    return {
        "reference": random.integers(0, 256, pixels, "uint8"),
        "modification": tokens.astype("int32"),
        "target": random.integers(0, 256, pixels, "uint8"),
    }


def tirg(
    image_size,
    backbone="resnet_18",
    pooling="average",
    terms="none",
    optimizer="sgd",
    dropout=0.1,
    dim=512,
    compiled_metrics=(),
    **kwargs,
):
    """A compiled TIRG model; `kwargs` are those of `ComposedRetriever`."""
    keras.utils.set_random_seed(0)
    model = models.ComposedRetriever(
        models.ImageEncoder(
            getattr(models, backbone)(),
            image_size,
            embedding_dim=dim,
            pooling=pooling,
        ),
        models.LSTMTextEncoder(
            [f"word{i}" for i in range(NUM_WORDS)],
            embedding_dim=dim,
            word_dim=dim,
            units=dim,
            dropout=dropout,
        ),
        fusion=layers.TIRG(),
        mutual_information=[term() for term in TERMS[terms]],
        **kwargs,
    )
    model.compile(
        keras.optimizers.SGD(1e-2, momentum=0.9)
        if optimizer == "sgd"
        else keras.optimizers.Adam(1e-3),
        loss=losses.BatchSoftmax(),
        metrics=[getattr(metrics, name)() for name in compiled_metrics],
    )
    return model


def count_trained(model):
    return sum(int(np.prod(w.shape)) for w in model.trainable_weights)


def named_weights(model):
    """dict of name to array: what training changes, by stable names."""
    parts = {"images": model.image_encoder, "texts": model.text_encoder}
    parts["scale"] = None
    named = {}
    for name in ("images", "texts"):
        for weight in parts[name].trainable_weights:
            named[f"{name}/{weight.path}"] = weight
    for branch in ("gate", "residual"):
        for i, layer in enumerate(getattr(model.fusion, branch).layers):
            for weight in layer.trainable_weights:
                named[f"fusion/{branch}/{i}/{weight.name}"] = weight
    named["fusion/mix"] = model.fusion.mix
    named["scale/scale"] = model.get_layer("scale").scale
    return {k: keras.ops.convert_to_numpy(w) for k, w in named.items()}


def fit_steps(model, data):
    """A function that trains `n` steps as a user does, through `fit`."""
    import tensorflow as tf

    dataset = tf.data.Dataset.from_tensors(data).repeat()

    def run(steps):
        # `shuffle=False`: Keras warns that it can't shuffle a tf.data set.
        history = model.fit(
            dataset, steps_per_epoch=steps, verbose=0, shuffle=False
        )
        return history.history["loss"][0]

    return run
