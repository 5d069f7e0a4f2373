"""One encoder over every family of backbones: outputs, taps, freezing."""

import keras
import numpy as np
import pytest

from keras_cmr import layers
from keras_cmr import losses
from keras_cmr import models
from tests.models import tiny_backbones as tiny
from tests.testing import numpy
from tests.testing import run_config_test
from tests.testing import save_and_load

SIZE = tiny.SIZE
EVERY = {**tiny.CONVOLUTIONS, **tiny.TRANSFORMERS}
LEVELS = {
    "resnet": ["P2", "P3"],
    "densenet": ["P2", "P3"],
    "cspnet": ["P2", "P3"],
    "efficientnet": ["P1", "P2"],
    "mobilenet": ["P1", "P2", "P3"],
    "hgnetv2": ["stem", "stage1", "stage2"],
}


def build(name, **kwargs):
    keras.utils.set_random_seed(0)
    backbone = tiny.stir(EVERY[name]())
    kwargs = {"embedding_dim": 4, **kwargs}
    return models.ImageEncoder(backbone, SIZE, **kwargs)


def normal(tokens):
    """Layer normalisation by hand, without its gain and bias."""
    mean = tokens.mean(-1, keepdims=True)
    return (tokens - mean) / np.sqrt(tokens.var(-1, keepdims=True) + 1e-6)


@pytest.mark.parametrize("name", EVERY)
def test_output_is_the_backbones_own(name):
    encoder = build(name)
    images = tiny.pixels()
    outputs = {k: numpy(v) for k, v in encoder(images).items()}
    backbone = encoder.backbone
    inputs = (images / 127.5 - 1.0).astype("float32")
    if isinstance(backbone.input, dict):
        inputs = {next(iter(backbone.input)): inputs}
    own = backbone(inputs, training=False)
    if name == "hgnetv2":
        own = own["stage2"]
    own = numpy(own)
    expected = outputs["feature_map"]
    if name == "siglip":  # What attention pools of the map.
        expected = numpy(backbone.head(expected.reshape(2, 16, 8)))
    elif own.ndim == 3:
        prefix = {"vit": 1, "clip": 1, "dinov2": 4, "dinov3": 3}[name]
        assert own.shape[1] == prefix + 16
        own = own[:, prefix:].reshape(2, 4, 4, 8)
    np.testing.assert_allclose(expected, own, rtol=1e-5, atol=1e-5)
    kernel, bias = map(numpy, encoder.projection.weights)
    embedding = outputs["feature_map"].mean((1, 2)) @ kernel + bias
    np.testing.assert_allclose(
        outputs["embedding"], embedding, rtol=1e-4, atol=1e-4
    )
    levels = LEVELS.get(name, ["block_1", "block_2"])
    assert set(outputs) == {*levels, "feature_map", "embedding"}
    for level in levels:
        assert outputs[level].ndim == 4


@pytest.mark.parametrize("name", tiny.TRANSFORMERS)
def test_last_block_comes_before_the_last_norm(name):
    encoder = build(name)
    outputs = encoder(tiny.pixels())
    norm = {
        "vit": lambda b: b.get_layer("vit_encoder").layer_norm,
        "clip": lambda b: b.layer_norm,
        "siglip": lambda b: b.post_layer_norm,
    }.get(name, lambda b: b.layernorm)(encoder.backbone)
    gain, bias = map(numpy, norm.weights)
    by_hand = normal(numpy(outputs["block_2"])) * gain + bias
    np.testing.assert_allclose(
        numpy(outputs["feature_map"]), by_hand, rtol=1e-3, atol=1e-3
    )
    assert not np.allclose(
        numpy(outputs["block_1"]), numpy(outputs["block_2"]), atol=1e-3
    )


@pytest.mark.parametrize("name", tiny.TRANSFORMERS)
def test_places_of_the_map_are_those_of_the_image(name):
    """Without attention a patch changes its own place and no other."""
    encoder = build(name)
    for block in encoder.get_layer("trunk").layers:
        for layer in block._flatten_layers():
            if "attention" in layer.name or layer.name == "mha":
                for weight in layer.weights:
                    weight.assign(np.zeros(weight.shape))
    if name.startswith("dino"):
        for block in encoder.backbone.encoder.layers:
            for weight in block.attention.weights:
                weight.assign(np.zeros(weight.shape))
    images = tiny.pixels(1)
    changed = images.copy()
    changed[0, 8:16, 24:32] = 255 - changed[0, 8:16, 24:32]  # row 1, column 3
    before, after = (
        numpy(encoder(x)["feature_map"])[0] for x in (images, changed)
    )
    moved = np.argwhere(np.abs(before - after).max(-1) > 1e-4)
    assert moved.tolist() == [[1, 3]]


def test_token_is_what_the_backbone_sums_up_with():
    images = tiny.pixels()
    scaled = (images / 127.5 - 1.0).astype("float32")
    for name, pooled in {
        "vit": lambda backbone: backbone(scaled)[:, 0],
        "clip": lambda backbone: backbone({"images": scaled})[:, 0],
        "siglip": lambda backbone: backbone({"images": scaled}),
        "dinov2": lambda backbone: backbone({"images": scaled})[:, 0],
        "dinov3": lambda backbone: backbone({"pixel_values": scaled})[:, 0],
    }.items():
        encoder = build(name, pooling="token")
        outputs = encoder(images)
        assert set(outputs) == {"block_1", "block_2", "feature_map"} | {
            "embedding"
        }
        kernel, bias = map(numpy, encoder.projection.weights)
        expected = numpy(pooled(encoder.backbone)) @ kernel + bias
        np.testing.assert_allclose(
            numpy(outputs["embedding"]), expected, atol=1e-4
        )


@pytest.mark.parametrize(
    ("name", "taps", "expected"),
    [
        ("vit", (2,), ["block_2"]),
        ("clip", ["block_1", 2], ["block_1", "block_2"]),
        ("resnet", ("P3",), ["P3"]),
        ("mobilenet", (), []),
    ],
)
def test_taps(name, taps, expected):
    encoder = build(name, taps=taps)
    outputs = encoder(tiny.pixels())
    assert set(outputs) == {*expected, "feature_map", "embedding"}
    whole = build(name)(tiny.pixels())
    for level in expected:
        np.testing.assert_allclose(
            numpy(outputs[level]), numpy(whole[level]), atol=1e-5
        )


def test_levels_of_a_mobilenet_halve():
    outputs = build("mobilenet")(tiny.pixels())
    sizes = {level: outputs[level].shape[1] for level in LEVELS["mobilenet"]}
    assert sizes == {"P1": 16, "P2": 8, "P3": 4}
    np.testing.assert_array_equal(
        numpy(outputs["P3"]), numpy(outputs["feature_map"])
    )


@pytest.mark.parametrize(
    "name", ["resnet", "mobilenet", "hgnetv2", *tiny.TRANSFORMERS]
)
def test_trains_saves_and_loads(name, tmp_path):
    encoder = build(name)
    model = keras.Model(encoder.input, encoder.output["embedding"])
    model.compile(keras.optimizers.SGD(1e-2), loss="mse")
    before = {v.path: numpy(v) for v in encoder.trainable_variables}
    targets = np.random.default_rng(1).normal(size=(2, 4))
    model.fit(tiny.pixels(), targets, batch_size=2, verbose=0)
    for variable in encoder.trainable_variables:
        # Biases of keys cancel in the softmax; others may meet a dead ReLU.
        moved = (numpy(variable) != before[variable.path]).any()
        if name in tiny.TRANSFORMERS and "key" not in variable.path:
            assert moved, variable.path
    first = encoder.trainable_variables[0]
    assert (numpy(first) != before[first.path]).any()

    outputs = encoder(tiny.pixels())
    loaded = save_and_load(encoder, tmp_path / "encoder.keras")
    for level, value in loaded(tiny.pixels()).items():
        np.testing.assert_array_equal(numpy(value), numpy(outputs[level]))


@pytest.mark.parametrize("trained_at", [32, 64])
def test_trained_positions_of_dino_are_saved(trained_at, tmp_path):
    """KerasHub itself drops them where their sum has risen."""
    backbone = tiny.dinov2(trained_at=trained_at)
    encoder = models.ImageEncoder(backbone, SIZE, 4)
    table = backbone.embeddings.interpolated_position_embeddings
    table.assign(numpy(table) + np.linspace(0.0, 1.0, 8, dtype="float32"))
    loaded = save_and_load(encoder, tmp_path / "encoder.keras")
    np.testing.assert_array_equal(
        numpy(loaded(tiny.pixels())["embedding"]),
        numpy(encoder(tiny.pixels())["embedding"]),
    )


@pytest.mark.parametrize("name", ["resnet", "vit", "clip"])
def test_frozen_backbone_stays_so(name, tmp_path):
    encoder = build(name)
    encoder.backbone.trainable = False

    def step(encoder):
        model = keras.Model(encoder.input, encoder.output["embedding"])
        model.compile(keras.optimizers.SGD(1e-2), loss="mse")
        before = [numpy(v) for v in encoder.backbone.weights]
        head = numpy(encoder.projection.kernel)
        model.fit(tiny.pixels(), np.ones((2, 4)), batch_size=2, verbose=0)
        for old, variable in zip(before, encoder.backbone.weights, strict=True):
            np.testing.assert_array_equal(old, numpy(variable))
        assert (numpy(encoder.projection.kernel) != head).any()

    assert len(encoder.trainable_variables) == 2
    step(encoder)
    inference = numpy(encoder(tiny.pixels(), training=False)["feature_map"])
    training = numpy(encoder(tiny.pixels(), training=True)["feature_map"])
    np.testing.assert_allclose(training, inference, atol=1e-5)

    loaded = save_and_load(encoder, tmp_path / "encoder.keras")
    assert loaded.backbone.trainable is False
    assert len(loaded.trainable_variables) == 2
    step(loaded)
    loaded.backbone.trainable = True
    assert len(loaded.trainable_variables) > 2


def test_unused_parts_are_no_weights_of_the_encoder():
    clip = tiny.clip()
    encoder = models.ImageEncoder(clip, SIZE, 4)
    assert encoder.backbone is clip.vision_encoder
    text = {id(v) for v in clip.get_layer(index=0).weights}
    text |= {id(v) for v in clip.text_encoder.weights}
    assert not text & {id(v) for v in encoder.weights}
    vision = {id(v) for v in clip.vision_encoder.weights}
    head = {id(v) for v in encoder.projection.weights}
    assert {id(v) for v in encoder.weights} == vision | head

    siglip = tiny.siglip_vision()
    pooling = {id(v) for v in siglip.head.weights}
    weights = models.ImageEncoder(siglip, SIZE, 4).weights
    assert not pooling & {id(v) for v in weights}
    weights = models.ImageEncoder(siglip, SIZE, 4, pooling="token").weights
    assert pooling <= {id(v) for v in weights}


def test_pixels_are_scaled_by_channel(tmp_path):
    scale, offset = (0.5, 0.25, 1.0), (-1.0, 0.0, 3.0)
    backbone = tiny.resnet()
    encoder = models.ImageEncoder(backbone, SIZE, 4, scale=scale, offset=offset)
    images = tiny.pixels()
    by_hand = np.empty(images.shape, "float32")
    for channel in range(3):
        by_hand[..., channel] = images[..., channel] * scale[channel]
        by_hand[..., channel] += offset[channel]
    np.testing.assert_allclose(
        numpy(encoder(images)["feature_map"]),
        numpy(backbone(by_hand)),
        rtol=1e-4,
        atol=1e-4,
    )
    loaded = save_and_load(encoder, tmp_path / "encoder.keras")
    np.testing.assert_array_equal(
        numpy(loaded(images)["embedding"]), numpy(encoder(images)["embedding"])
    )


@pytest.mark.parametrize(
    "kwargs",
    [
        {"pooling": "flatten", "scale": 1.0, "offset": 0.0},
        {"pooling": "token", "taps": [1], "scale": [0.1, 0.2, 0.3]},
    ],
)
def test_config(kwargs):
    backbone = tiny.vit()
    run_config_test(
        models.ImageEncoder,
        {"backbone": backbone, "image_size": SIZE, **kwargs},
    )


@pytest.mark.parametrize(
    ("name", "policy"),
    [("vit", "mixed_float16"), ("siglip", "mixed_bfloat16")],
)
def test_half_precision(name, policy):
    keras.config.set_dtype_policy(policy)
    try:
        outputs = build(name)(tiny.pixels(1))
    finally:
        keras.config.set_dtype_policy("float32")
    for value in outputs.values():
        assert np.isfinite(numpy(value)).all()


@pytest.mark.parametrize("name", ["vit", "siglip", "mobilenet"])
def test_retriever_takes_it(name, tmp_path):
    level = LEVELS.get(name, ["block_1"])[0]
    keras.utils.set_random_seed(0)
    model = models.ComposedRetriever(
        build(name),
        models.LSTMTextEncoder(
            ["make", "red"], embedding_dim=4, word_dim=4, units=4
        ),
        fusion=layers.TIRG(),
        mutual_information=[layers.FusionImageMI(level=level)],
    )
    model.compile(
        keras.optimizers.Adam(1e-3),
        loss=losses.BatchSoftmax(),
        run_eagerly=True,  # tracing takes longer than the step
    )
    tokens = model.text_encoder.tokenize(["make red", "red"])
    batch = {
        "reference": tiny.pixels(),
        "modification": tokens,
        "target": tiny.pixels(seed=1),
    }
    logs = model.train_on_batch(batch, return_dict=True)
    assert np.isfinite(logs["loss"]) and "fusion_image_mi" in logs
    before = model.fingerprint
    loaded = save_and_load(model, tmp_path / "model.keras")
    assert loaded.fingerprint == before
    weights = loaded.image_encoder.get_layer("trunk").trainable_weights
    weights[0].assign(numpy(weights[0]) + 1e-3)
    assert loaded.fingerprint != before


def test_spatial_fusion_reads_patches():
    model = models.ComposedRetriever(
        build("vit"),
        models.LSTMTextEncoder(
            ["make", "red"], embedding_dim=4, word_dim=4, units=4
        ),
        fusion=layers.TIRGLastConv(),
    )
    queries = model.embed_queries(tiny.pixels(), ["make red", "red"])
    assert queries.shape == (2, 4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: models.ImageEncoder(keras.Sequential(), SIZE),
            "ResNetBackbone.*ViTBackbone.*Received: backbone=<Sequential",
        ),
        (
            lambda: models.ImageEncoder(tiny.clip().text_encoder, SIZE),
            "`backbone` must be a KerasHub feature-pyramid",
        ),
        (lambda: build("resnet", pooling="mean"), "`pooling` must be one of"),
        (
            lambda: build("resnet", pooling="token"),
            "class token.*Received: a ResNetBackbone without one",
        ),
        (
            lambda: models.ImageEncoder(
                tiny.vit(use_class_token=False), SIZE, pooling="token"
            ),
            "class token.*Received: a ViTBackbone without one",
        ),
        (
            lambda: build("vit", taps=(3,)),
            r"`taps` must be .*'block_1', 'block_2'\].*\['block_3'\]",
        ),
        (lambda: build("resnet", taps=("P9",)), r"'P2', 'P3'\].*\['P9'\]"),
        (
            lambda: models.ImageEncoder(tiny.vit(), 64),
            "`image_size` must be the size .* 32x32. Received: image_size=64",
        ),
        (
            lambda: build("resnet", scale=(1.0, 2.0)),
            r"`scale` must be a float or three floats. Received: scale=\(1.0",
        ),
        (
            lambda: build("vit", pooling="token").project(None),
            'pooling="token"` makes no embedding',
        ),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_patches_without_a_class_token():
    backbone = tiny.vit(use_class_token=False)
    outputs = models.ImageEncoder(backbone, SIZE, 4)(tiny.pixels())
    assert tuple(outputs["feature_map"].shape) == (2, 4, 4, 8)
