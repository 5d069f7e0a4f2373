"""The whole model: objective, towers, saving, in a fresh process too."""

import json
import subprocess
import sys

import keras
import numpy as np
import pytest
from PIL import Image

from keras_cmr import layers
from keras_cmr import losses
from keras_cmr import metrics
from keras_cmr import models
from keras_cmr.models import towers
from tests.gradients import zero_gradient_weights
from tests.testing import numpy

WORDS = ["add", "blue", "circle", "make", "red", "remove"]
TEXTS = ["make red circle blue", "remove circle", "add blue circle", "make red"]
ON_TENSORFLOW = keras.config.backend() == "tensorflow"
# Of few steps, tracing is most of the time; JAX is slow without.
FEW_STEPS = {"run_eagerly": ON_TENSORFLOW}


def tiny_model(fusion=None, terms=(), size=32, dim=8, dropout=0.1):
    return models.ComposedRetriever(
        models.ImageEncoder(
            models.small_resnet(
                stackwise_num_filters=[64, 32],
                stackwise_num_blocks=[1, 1],
                stackwise_num_strides=[1, 2],
            ),
            image_size=size,
            embedding_dim=dim,
            pooling="flatten",
        ),
        models.LSTMTextEncoder(
            WORDS, embedding_dim=dim, word_dim=8, units=8, dropout=dropout
        ),
        fusion=fusion or layers.TIRG(),
        mutual_information=terms,
    )


def both_terms(**kwargs):
    return [
        layers.TextImageMI(weight=0.1, **kwargs),
        layers.FusionImageMI(weight=0.2, level="P3", **kwargs),
    ]


def tiny_batch(model, ids=True):
    rng = np.random.default_rng(0)
    batch = {
        "reference": rng.integers(0, 255, (4, 32, 32, 3), "uint8"),
        "target": rng.integers(0, 255, (4, 32, 32, 3), "uint8"),
        "modification": model.text_encoder.tokenize(TEXTS),
    }
    if ids:
        batch["reference_id"] = np.array([0, 0, 1, 2], "int32")
        batch["target_id"] = np.array([5, 6, 6, 7], "int32")
    return batch


def compiled(model, **kwargs):
    model.compile(
        keras.optimizers.Adam(1e-3),
        loss=losses.BatchSoftmax(),
        metrics=[metrics.InBatchRecall()],
        **kwargs,
    )
    return model


def weights_of(model):
    return model.get_weights()


@pytest.mark.parametrize(
    "fusion",
    [
        layers.ImageOnly,
        layers.TextOnly,
        layers.Concatenation,
        layers.TIRG,
        layers.TIRGLastConv,
    ],
)
def test_query_and_target_have_the_learned_length(fusion):
    model = tiny_model(fusion())
    outputs = model(tiny_batch(model))
    assert set(outputs) == {"query", "target"}
    for rows in outputs.values():
        lengths = np.linalg.norm(numpy(rows), axis=1)
        np.testing.assert_allclose(lengths, 4.0, rtol=1e-5)


def test_objective_is_metric_loss_minus_weighted_estimates():
    model = compiled(tiny_model(terms=both_terms()))
    batch = tiny_batch(model)
    outputs = model(batch, training=False)
    loss = model.compute_loss(x=batch, y_pred=outputs, training=False)

    # The metric loss by hand; rows 1 and 2 share a target label.
    query, target = numpy(outputs["query"]), numpy(outputs["target"])
    total = 0.0
    for i in range(4):
        others = [j for j in range(4) if j == i or {i, j} != {1, 2}]
        scores = [float(query[i] @ target[j]) for j in others]
        own = float(query[i] @ target[i])
        total += np.log(np.sum(np.exp(scores))) - own
    expected = total / 4

    # Masks by hand: texts all differ; labels as in `tiny_batch`.
    target_differs = ~np.eye(4, dtype=bool)
    target_differs[1, 2] = target_differs[2, 1] = False
    features = outputs["features"]
    text_image, fusion_image = model.mutual_information
    for term, first, second in [
        (text_image, features["text"], features["target"]),
        (fusion_image, features["query"], features["target_maps"]["P3"]),
    ]:
        nats = term.nats(first, second, negatives=target_differs)
        expected -= term.weight * float(numpy(nats))
    assert float(numpy(loss)) == pytest.approx(expected, rel=1e-4)


def test_equal_texts_are_not_negatives():
    model = tiny_model(terms=both_terms())
    batch = tiny_batch(model)
    batch["modification"] = model.text_encoder.tokenize(
        ["remove circle", "make red", "remove circle", "make red blue"]
    )
    negatives = {
        name: numpy(mask) for name, mask in model._negatives(batch).items()
    }
    differ = ~np.eye(4, dtype=bool)
    differ[0, 2] = differ[2, 0] = False
    np.testing.assert_array_equal(negatives["text"], differ)
    assert not negatives["reference"][0, 1]
    assert negatives["reference"][0, 2]
    assert not negatives["target"][1, 2]


def test_without_ids_every_other_row_is_a_negative():
    model = compiled(tiny_model(terms=both_terms()), **FEW_STEPS)
    batch = tiny_batch(model, ids=False)
    negatives = numpy(model._negatives(batch)["target"])
    np.testing.assert_array_equal(negatives, ~np.eye(4, dtype=bool))
    assert np.isfinite(model.train_on_batch(batch)).all()


def test_train_step_reports_every_term_and_learns(monkeypatch):
    keras.utils.set_random_seed(0)
    model = compiled(tiny_model(terms=both_terms()))
    batch = tiny_batch(model)
    traced = []
    objective = model.compute_loss

    def counted(*args, **kwargs):
        traced.append(1)
        return objective(*args, **kwargs)

    monkeypatch.setattr(model, "compute_loss", counted)
    logs = [model.train_on_batch(batch, return_dict=True) for _ in range(15)]
    assert set(logs[0]) == {
        "loss",
        "metric_loss",
        "text_image_mi",
        "fusion_image_mi",
        "recall_at_1",
    }
    assert logs[-1]["loss"] < 0.5 * logs[0]["loss"]
    assert logs[-1]["fusion_image_mi"] > logs[0]["fusion_image_mi"]
    assert not ON_TENSORFLOW or traced == [1]


@pytest.mark.skipif(not ON_TENSORFLOW, reason="elsewhere it is Keras' own")
def test_train_step_equals_keras_own():
    """Same weights, same batch, same step as the stock trainer's."""
    results = []
    for step in ("ours", "keras"):
        keras.utils.set_random_seed(1)
        model = tiny_model(terms=both_terms())
        if step == "keras":
            model.train_step = super(models.ComposedRetriever, model).train_step
        compiled(model, **FEW_STEPS)
        logs = model.train_on_batch(tiny_batch(model), return_dict=True)
        results.append((logs, weights_of(model)))
    (our_logs, ours), (keras_logs, theirs) = results
    for name, value in keras_logs.items():
        assert our_logs[name] == pytest.approx(value, rel=1e-5), name
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def test_loss_is_scaled_under_mixed_float16():
    keras.utils.set_random_seed(0)
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = compiled(tiny_model(terms=both_terms()))
        before = weights_of(model)
        # The scale starts high: the first steps may overflow and be skipped.
        batch = tiny_batch(model)
        for _ in range(16):
            logs = model.train_on_batch(batch, return_dict=True)
        assert np.isfinite(list(logs.values())).all()
        moved = [
            np.abs(a - b).max()
            for a, b in zip(before, weights_of(model), strict=True)
        ]
        assert np.median(moved) > 1e-4
    finally:
        keras.config.set_dtype_policy("float32")


def test_every_trainable_weight_gets_a_gradient():
    keras.utils.set_random_seed(0)
    model = compiled(tiny_model(terms=both_terms()))
    batch = tiny_batch(model)

    def loss():
        outputs = model(batch, training=True)
        return model.compute_loss(x=batch, y_pred=outputs, training=True)

    # Words outside the batch don't move, but the table as a whole has a
    # gradient; so must everything else, however small beside the largest.
    assert zero_gradient_weights(model, loss, tolerance=0.0) == []


def test_towers_leave_the_terms_out():
    model = tiny_model(terms=both_terms())
    bare = tiny_model()
    for tower in ("query_encoder", "target_encoder"):
        count = getattr(model, tower).count_params()
        assert count == getattr(bare, tower).count_params()
    assert model.count_params() > bare.count_params()


def test_a_fusion_may_use_the_target_for_losses_but_not_for_the_query():
    model = compiled(tiny_model(fusion=layers.ComposeAE()), **FEW_STEPS)
    batch = tiny_batch(model)
    assert set(model.query_encoder.input) == {"reference", "modification"}
    outputs = model(batch, training=False)
    assert model.losses == []
    queries = model.embed_queries(batch["reference"], TEXTS)
    expected = numpy(outputs["query"]) / 4.0
    np.testing.assert_allclose(queries, expected, rtol=1e-4, atol=1e-5)
    model(batch, training=True)
    assert len(model.losses) == 3  # image, text, symmetry: with the target
    logs = model.train_on_batch(batch, return_dict=True)
    assert logs["loss"] > logs["metric_loss"] > 0


def test_embeddings_are_the_towers_unit_rows(tmp_path):
    model = tiny_model()
    batch = tiny_batch(model)
    outputs = model(batch, training=False)
    queries = model.embed_queries(batch["reference"], TEXTS)
    targets = model.embed_targets(batch["target"], batch_size=3)
    expected = numpy(outputs["query"]) / 4.0
    np.testing.assert_allclose(queries, expected, rtol=1e-4, atol=1e-5)
    expected = numpy(outputs["target"]) / 4.0
    np.testing.assert_allclose(targets, expected, rtol=1e-4, atol=1e-5)
    path = tmp_path / "a.png"
    Image.fromarray(batch["target"][0]).save(path)
    for form in ([path], [str(path)], [Image.open(path)], batch["target"][:1]):
        np.testing.assert_allclose(
            model.embed_targets(form), targets[:1], rtol=1e-4, atol=1e-5
        )
    assert model.embed_targets([]).shape == (0, 8)


@pytest.mark.parametrize("fusion", [layers.TIRG, layers.TIRGLastConv])
def test_a_reference_of_many_queries_is_embedded_once(fusion, monkeypatch):
    model = tiny_model(fusion=fusion())
    batch = tiny_batch(model)
    images = batch["reference"]
    alone = model.embed_queries(images, TEXTS)
    seen = []
    tower = model._reference_tower
    outputs = towers.outputs

    def counted(model, inputs):
        if model is tower:
            seen.append(len(inputs))
        return outputs(model, inputs)

    monkeypatch.setattr(towers, "outputs", counted)
    order = [0, 1, 0, 2, 3, 1]
    texts = [TEXTS[i] for i in order]
    again = model.embed_queries(images[order], texts)
    assert seen == [4]
    np.testing.assert_allclose(again, alone[order], atol=1e-5)


def test_texts_alone_are_the_text_encoders_unit_rows():
    model = tiny_model()
    rows = numpy(model.text_encoder(model.text_encoder.tokenize(TEXTS)))
    lengths = np.sqrt((rows**2).sum(axis=1, keepdims=True))
    assert np.abs(lengths - 1).max() > 1e-3  # so that scaling shows
    got = model.embed_texts(TEXTS, batch_size=3)
    assert got.shape == (4, 8) and got.dtype == np.float32
    np.testing.assert_allclose(got, rows / lengths, rtol=1e-4, atol=1e-5)
    assert model.embed_texts([]).shape == (0, 8)


FRESH = """
import json, sys
import numpy as np
import keras_cmr
model = keras_cmr.models.load(sys.argv[1])
data = np.load(sys.argv[2])
queries = model.embed_queries(data["reference"], sys.argv[3].split("|"))
targets = model.embed_targets(data["target"])
order = np.argsort(-(queries @ targets.T), axis=1)
print(json.dumps({"order": order.tolist(), "fingerprint": model.fingerprint}))
"""


def test_saved_model_ranks_alike_in_a_fresh_process(tmp_path):
    keras.utils.set_random_seed(3)
    model = compiled(tiny_model(terms=both_terms()), **FEW_STEPS)
    batch = tiny_batch(model)
    for _ in range(3):
        model.train_on_batch(batch)
    model.save(tmp_path / "model.keras")
    rng = np.random.default_rng(1)
    many = rng.integers(0, 255, (40, 32, 32, 3), "uint8")
    np.savez(tmp_path / "data.npz", reference=batch["reference"], target=many)
    queries = model.embed_queries(batch["reference"], TEXTS)
    order = np.argsort(-(queries @ model.embed_targets(many).T), axis=1)

    process = subprocess.run(
        [
            sys.executable,
            "-c",
            FRESH,
            str(tmp_path / "model.keras"),
            str(tmp_path / "data.npz"),
            "|".join(TEXTS),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    answer = json.loads(process.stdout.splitlines()[-1])
    assert answer["order"] == order.tolist()
    assert answer["fingerprint"] == model.fingerprint


def test_the_folder_of_a_run_is_its_model(tmp_path):
    model = tiny_model()
    with pytest.raises(ValueError, match=r"No such model: .*model\.keras"):
        models.load(tmp_path)
    model.save(tmp_path / "model.keras")
    assert models.load(tmp_path).fingerprint == model.fingerprint


def test_loaded_model_goes_on_training(tmp_path):
    keras.utils.set_random_seed(3)
    model = compiled(tiny_model(terms=both_terms(), dropout=0.0), **FEW_STEPS)
    batch = tiny_batch(model)
    model.train_on_batch(batch)
    model.save(tmp_path / "model.keras")
    again = models.load(tmp_path / "model.keras")
    for a, b in zip(weights_of(model), weights_of(again), strict=True):
        np.testing.assert_array_equal(a, b)
    first = model.train_on_batch(batch, return_dict=True)
    second = again.train_on_batch(batch, return_dict=True)
    assert first["loss"] == pytest.approx(second["loss"], rel=1e-4)


def test_fingerprint_follows_what_ranks():
    keras.utils.set_random_seed(0)
    model = tiny_model(terms=both_terms())
    before = model.fingerprint
    discriminator = model.mutual_information[0].discriminator
    weight = discriminator.trainable_weights[0]
    weight.assign(numpy(weight) + 1.0)
    assert model.fingerprint == before
    weight = model.image_encoder.projection.kernel
    weight.assign(numpy(weight) + 1e-3)
    assert model.fingerprint != before


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: tiny_model(
                terms=[layers.TextImageMI(), layers.TextImageMI(name="a")] * 2
            ),
            ValueError,
            "distinct names",
        ),
        (
            lambda: tiny_model(terms=[layers.FusionImageMI(level="P9")]),
            ValueError,
            r"must be one of \['P2', 'P3', 'feature_map'\].*\['P9'\]",
        ),
        (
            lambda: models.ImageEncoder(keras.Sequential(), 32),
            ValueError,
            "`backbone` must be a KerasHub feature-pyramid",
        ),
        (
            lambda: models.ImageEncoder(models.small_resnet(), 32, pooling="x"),
            ValueError,
            "`pooling` must be one of",
        ),
        (
            lambda: tiny_model().embed_queries(
                np.zeros((1, 32, 32, 3), "uint8"), [" "]
            ),
            ValueError,
            "at least one word",
        ),
        (
            lambda: tiny_model().embed_queries(
                np.zeros((2, 32, 32, 3), "uint8"), ["make red"]
            ),
            ValueError,
            "equally many. Received: 2 and 1",
        ),
        (
            lambda: tiny_model().embed_texts([" "]),
            ValueError,
            "at least one word",
        ),
        (
            lambda: models.ComposedRetriever(
                tiny_model().image_encoder,
                models.LSTMTextEncoder(WORDS, embedding_dim=6),
                fusion=layers.TIRG(),
            ).embed_texts(TEXTS),
            ValueError,
            "as wide as the image encoder's, 8. Received: 6",
        ),
        (
            lambda: tiny_model().embed_targets(["nowhere.png"]),
            ValueError,
            "No such image: nowhere.png",
        ),
        (
            lambda: tiny_model().embed_targets("nowhere.png"),
            TypeError,
            "must be a sequence of images",
        ),
        (
            lambda: tiny_model().embed_targets(np.zeros((1, 32, 32, 3))),
            ValueError,
            "dtype float64",
        ),
        (lambda: models.load("nowhere.keras"), ValueError, "No such model"),
        (lambda: models.load(__file__), ValueError, "must be a .keras file"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_load_refuses_other_models_and_damage(tmp_path):
    other = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    other.save(tmp_path / "other.keras")
    with pytest.raises(ValueError, match="must hold a ComposedRetriever"):
        models.load(tmp_path / "other.keras")
    tiny_model().save(tmp_path / "whole.keras")
    content = (tmp_path / "whole.keras").read_bytes()
    (tmp_path / "half.keras").write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match="or is damaged"):
        models.load(tmp_path / "half.keras")


def test_a_broken_image_is_named(tmp_path):
    path = tmp_path / "broken.png"
    path.write_bytes(b"not a picture")
    with pytest.raises(ValueError, match=r"Can't read image .*broken\.png"):
        tiny_model().embed_targets([path])


def test_prepared_images_embed_as_their_files_do(tmp_path):
    model = tiny_model()
    pixels = np.random.default_rng(0).integers(0, 256, (90, 70, 3), "uint8")
    path = tmp_path / "a.jpg"
    Image.fromarray(pixels).save(path)
    prepared = model.prepare_image(path)
    assert (prepared.shape, prepared.dtype) == ((32, 32, 3), "uint8")
    assert np.array_equal(prepared, models.images.load_image(path, 32))
    assert np.array_equal(model.prepare_image(prepared), prepared)
    np.testing.assert_array_equal(
        model.embed_targets([prepared]), model.embed_targets([path])
    )
