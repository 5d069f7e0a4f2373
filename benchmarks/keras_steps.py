"""The Keras models, batches and steps that train_step.py times.

python -m benchmarks.keras_steps '{"image_size": 64, ...}'   a worker
"""

import json
import sys
import time

import keras
import numpy as np

from benchmarks import measuring
from benchmarks import triplets
from keras_cmr import layers
from keras_cmr import losses
from keras_cmr import metrics
from keras_cmr import models

TERMS = {
    "none": (),
    "text": (layers.TextImageMI,),
    "fusion": (layers.FusionImageMI,),
    "both": (layers.TextImageMI, layers.FusionImageMI),
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
            [f"word{i}" for i in range(triplets.NUM_WORDS)],
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
    encoders = {"images": model.image_encoder, "texts": model.text_encoder}
    named = {
        f"{name}/{weight.path}": weight
        for name, encoder in encoders.items()
        for weight in encoder.trainable_weights
    }
    for branch in ("gate", "residual"):
        for i, layer in enumerate(getattr(model.fusion, branch).layers):
            for weight in layer.trainable_weights:
                named[f"fusion/{branch}/{i}/{weight.name}"] = weight
    named["fusion/mix"] = model.fusion.mix
    named["scale/scale"] = model.get_layer("scale").scale
    return {k: keras.ops.convert_to_numpy(w) for k, w in named.items()}


def fit_steps(model, data):
    """A function that trains `n` steps as a user does, through `fit`."""
    import tensorflow as tf  # the JAX machine of accelerator.py has none

    # An endless dataset's autotuner sleeps for doubling times and `fit` waits
    # for it to wake: up to half of the wall time, and nothing of the step's.
    options = tf.data.Options()
    options.autotune.enabled = False
    dataset = tf.data.Dataset.from_tensors(data).repeat().with_options(options)

    def run(steps):
        model.fit(dataset, steps_per_epoch=steps, verbose=0, shuffle=False)

    return run


class Steps:
    """What a worker answers: see `measuring.serve`.

    Args:
        batch_size, image_size: int.
        memory_limit_mib: float. Where the process ends itself, or `None`.
        **model: Arguments of `tirg`.
    """

    def __init__(self, batch_size, image_size, memory_limit_mib=None, **model):
        if memory_limit_mib:
            measuring.guard_memory(memory_limit_mib)
        self.model = tirg(image_size, **model)
        self.data = triplets.batch(batch_size, image_size)
        self.run = fit_steps(self.model, self.data)

    def parameters(self):
        return count_trained(self.model)

    def warm_up(self, steps):
        self.run(steps)

    def measure(self, steps):
        return measuring.timed(self.run, steps)

    def save(self, path):
        np.savez(path, **named_weights(self.model))

    def losses(self, steps):
        """The loss of the batch before each of the next steps."""
        found = []
        for _ in range(steps):
            self.model.reset_metrics()  # else a mean over the steps
            logs = self.model.train_on_batch(self.data, return_dict=True)
            found.append(float(logs["metric_loss"]))
        return found

    def memory(self, steps):
        """Memory that training takes above that of the built model."""
        before = measuring.memory_mib("VmRSS")
        measuring.forget_memory_peak()
        start = time.perf_counter()
        self.run(1)
        first = time.perf_counter() - start
        timing = measuring.timed(self.run, steps)
        peak = measuring.memory_mib("VmHWM")
        return {
            "before_mib": before,
            "peak_mib": peak,
            "training_mib": peak - before,
            "first_step_seconds": first,
            **timing,
        }


if __name__ == "__main__":
    measuring.serve(Steps(**json.loads(sys.argv[1])))
