"""Gradient caching: the whole batch's gradient, piece by piece."""

import keras
import keras_hub
import numpy as np
import pytest
from keras import ops

from keras_cmr import layers
from keras_cmr import losses
from keras_cmr import models
from tests.models.test_composed_retriever import FEW_STEPS
from tests.models.test_composed_retriever import WORDS
from tests.models.test_composed_retriever import tiny_model
from tests.testing import numpy

CACHED = keras.config.backend() in ("tensorflow", "jax")
needs_caching = pytest.mark.skipif(
    not CACHED, reason="gradient caching: TensorFlow and JAX only"
)
ROWS = 10
TEXTS = [
    "make red circle blue",
    "remove circle",
    "add blue circle",
    "make red",
    "remove red circle",
] * 2


@keras.saving.register_keras_serializable(package="keras_cmr_tests")
class Plain(keras_hub.models.FeaturePyramidBackbone):
    """A backbone without BatchNormalization."""

    def __init__(self, **kwargs):
        inputs = keras.Input((8, 8, 3))
        settings = {"padding": "same", "activation": "tanh"}
        low = keras.layers.Conv2D(4, 3, **settings)(inputs)
        high = keras.layers.Conv2D(
            6,
            3,
            strides=2,
            kernel_regularizer=keras.regularizers.L2(0.01),
            **settings,
        )(low)
        super().__init__(inputs, high, **kwargs)
        self.pyramid_outputs = {"P1": low, "P2": high}


class GatedSum(layers.Fusion):
    """No BatchNormalization, but dropout and a loss of its own."""

    def build(self, reference_shape, modification_shape):
        self.dropout = keras.layers.Dropout(0.3, seed=1)
        self.gate = self.add_weight((reference_shape[-1],), name="gate")

    def call(self, reference, modification, training=None):
        if training:
            text = ops.cast(modification, "float32")
            self.add_loss(ops.mean(ops.square(text)))
        modification = self.dropout(modification, training=training)
        return reference + self.gate * modification


def model_of(microbatch_size, fusion=GatedSum, **kwargs):
    keras.utils.set_random_seed(0)
    model = models.ComposedRetriever(
        models.ImageEncoder(Plain(), image_size=8, embedding_dim=6),
        models.LSTMTextEncoder(WORDS, embedding_dim=6, word_dim=4, units=4),
        fusion=fusion(),
        mutual_information=[
            layers.TextImageMI(weight=0.3),
            layers.FusionImageMI(level="P1", weight=0.3),
            layers.PriorMatching(weight=0.3, units=(8,)),
        ],
        microbatch_size=microbatch_size,
    )
    model.compile(
        keras.optimizers.SGD(1.0), loss=losses.BatchSoftmax(), **kwargs
    )
    return model


def batch_for(model, size=8, rows=ROWS):
    rng = np.random.default_rng(0)
    return {
        "reference": rng.integers(0, 255, (rows, size, size, 3), "uint8"),
        "target": rng.integers(0, 255, (rows, size, size, 3), "uint8"),
        "modification": model.text_encoder.tokenize(TEXTS[:rows]),
        "reference_id": np.arange(rows, dtype="int32") // 2,
        "target_id": np.arange(rows, dtype="int32") % 7,
    }


def step(model, steps=1, **kwargs):
    """Logs of the last of `steps` steps, and how far each weight moved."""
    batch = batch_for(model, **kwargs)
    before = [numpy(v) for v in model.variables]
    for _ in range(steps):
        logs = model.train_on_batch(batch, return_dict=True)
    after = [numpy(v) for v in model.variables]
    return logs, [b - a for a, b in zip(before, after, strict=True)]


@needs_caching
@pytest.mark.parametrize("microbatch_size", [4, 64])
def test_gradients_equal_the_plain_steps(microbatch_size):
    # SGD at rate 1 without momentum: what a weight moves by is its gradient.
    plain = model_of(None, **FEW_STEPS)
    # Dropout draws by call, so it only agrees where the pieces are the batch.
    rate = 0.3 if microbatch_size >= ROWS else 0.0
    cached = model_of(microbatch_size)
    for model in (plain, cached):
        model.fusion.dropout.rate = rate
        model.text_encoder.get_layer("dropout").rate = rate
    plain_logs, expected = step(plain)
    cached_logs, moved = step(cached)
    assert cached_logs.keys() == plain_logs.keys()
    for name, value in plain_logs.items():
        assert cached_logs[name] == pytest.approx(value, rel=1e-4), name
    paths = [v.path for v in cached.variables]
    for path, a, b in zip(paths, expected, moved, strict=True):
        if "seed" not in path:
            np.testing.assert_allclose(b, a, rtol=1e-3, atol=1e-5, err_msg=path)
    assert sum(np.abs(a).max() > 1e-4 for a in expected) > 20


class OwnOrNothing(layers.Fusion):
    """Its query is the weight, or zero where dropout struck."""

    def build(self, reference_shape, modification_shape):
        self.dropout = keras.layers.Dropout(0.5, seed=1)
        self.table = self.add_weight(
            (reference_shape[-1],), "ones", name="table"
        )

    def call(self, reference, modification, training=None):
        ones = ops.ones_like(reference)
        return self.table * self.dropout(ones, training=training)


@needs_caching
def test_both_passes_draw_the_same_dropout():
    """Three pieces: the weight moves as by one pass over their masks."""
    cached = model_of(4, fusion=OwnOrNothing)
    by_hand = model_of(None, fusion=OwnOrNothing, **FEW_STEPS)
    batch = batch_for(cached)
    masks = [
        numpy(
            by_hand.fusion.dropout(np.ones((rows, 6), "float32"), training=True)
        )
        for rows in (4, 4, 2)
    ]
    by_hand.fusion.dropout.rate = 0.0
    mask = np.concatenate(masks)
    by_hand.fusion.call = lambda reference, modification, training=None: (
        by_hand.fusion.table * mask
    )
    step(cached)
    by_hand.train_on_batch(batch)
    np.testing.assert_allclose(
        numpy(cached.fusion.table),
        numpy(by_hand.fusion.table),
        rtol=1e-4,
        atol=1e-6,
    )
    assert np.abs(numpy(cached.fusion.table) - 1.0).max() > 1e-3


@needs_caching
def test_batch_norm_averages_the_pieces_once():
    keras.utils.set_random_seed(0)
    cached = tiny_model()
    cached.microbatch_size = 2
    cached.compile("sgd", loss=losses.BatchSoftmax())
    keras.utils.set_random_seed(0)
    by_hand = tiny_model()
    batch = batch_for(cached, size=32, rows=4)
    for start in (0, 2):
        by_hand(
            {k: v[start : start + 2] for k, v in batch.items()}, training=True
        )
    cached.train_on_batch(batch)
    norms = [
        [numpy(v) for v in model.variables if "moving" in v.path]
        for model in (cached, by_hand)
    ]
    assert len(norms[0]) > 4
    for a, b in zip(*norms, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


@needs_caching
@pytest.mark.parametrize(
    ("microbatch_size", "policy", "jit_compile"),
    [
        (5, "float32", True),
        # Not compiled, JAX takes minutes for these steps.
        (5, "mixed_float16", keras.config.backend() == "jax"),
        (None, "mixed_bfloat16", True),
    ],
)
def test_learns_compiled_and_in_mixed_precision(
    microbatch_size, policy, jit_compile
):
    keras.config.set_dtype_policy(policy)
    try:
        model = model_of(microbatch_size)
        model.compile(
            keras.optimizers.Adam(3e-3),
            loss=losses.BatchSoftmax(),
            jit_compile=jit_compile,
        )
        first, _ = step(model)
        last, _ = step(model, steps=15)
    finally:
        keras.config.set_dtype_policy("float32")
    assert np.isfinite(list(last.values())).all()
    assert last["metric_loss"] < 0.9 * first["metric_loss"]


@pytest.mark.parametrize("value", [0, -1, 2.5, "all"])
def test_bad_microbatch_size(value):
    with pytest.raises(ValueError, match=r"`microbatch_size` .*Received"):
        model_of(value)


@pytest.mark.skipif(
    keras.config.backend() != "tensorflow", reason="TensorFlow's limit"
)
def test_jit_compile_needs_equal_pieces():
    model = model_of(4)
    model.compile("sgd", loss=losses.BatchSoftmax(), jit_compile=True)
    with pytest.raises(ValueError, match="must divide the batch size"):
        step(model)


@pytest.mark.skipif(CACHED, reason="TensorFlow and JAX have it")
def test_refused_where_it_is_missing():
    with pytest.raises(ValueError, match="needs the TensorFlow or JAX"):
        step(model_of(4))


def test_microbatch_size_is_saved(tmp_path):
    model = model_of(4, fusion=layers.TIRG)
    model.save(tmp_path / "model.keras")
    assert models.load(tmp_path / "model.keras").microbatch_size == 4
