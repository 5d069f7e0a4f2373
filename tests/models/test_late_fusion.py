"""Late fusion is the weighted sum it says, over spaces of any kind."""

import hashlib

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

from keras_cmr import models
from keras_cmr.models import word_average
from keras_cmr.models.word_average import WordAverage
from tests.models import text_families
from tests.testing import numpy

NAMES = ["cat", "dog", "car"]
VECTORS = {
    "cat": [1.0, 0.0, 0.0],
    "dog": [0.6, 0.8, 0.0],
    "car": [0.0, 0.0, 1.0],
    "pet": [0.8, 0.6, 0.0],
}


class Texts:
    """Vectors of a dict; one more can be counted in its identity."""

    def __init__(self, salt=b""):
        self.salt = salt

    def __call__(self, texts):
        return np.array([VECTORS[text] for text in texts], "float32")

    def identity(self):
        return hashlib.sha256(self.salt).digest()


def classifier(scale=4.0):
    """Features are the mean colour; its channels vote for the classes."""
    images = keras.Input((8, 8, 3))
    pooled = layers.GlobalAveragePooling2D()(layers.Rescaling(1 / 255)(images))
    head = layers.Dense(3, activation="softmax")
    outputs = {"features": pooled, "probabilities": head(pooled)}
    head.set_weights([scale * np.eye(3), np.zeros(3)])
    return keras.Model(images, outputs, name="colours")


def space(**kwargs):
    kwargs = {"num_classes": 3, **kwargs}
    return models.ClassNameSpace(classifier(), Texts(), NAMES, **kwargs)


def pictures():
    rng = np.random.default_rng(3)
    return rng.integers(0, 256, (4, 8, 8, 3), "uint8")


def unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


@pytest.fixture(scope="module", params=["clip", "siglip"])
def preset(request, tmp_path_factory):
    """Folder of a preset, its backbone, texts it knows."""
    import keras_hub

    folder = tmp_path_factory.mktemp(request.param)
    backbone, tokenizer = text_families.FAMILIES[request.param]()
    backbone.save_to_preset(str(folder))
    tokenizer.save_to_preset(str(folder))
    converter = {
        "clip": keras_hub.layers.CLIPImageConverter,
        "siglip": keras_hub.layers.SigLIPImageConverter,
    }[request.param](image_size=(16, 16), scale=1 / 100, offset=-0.5)
    converter.save_to_preset(str(folder))
    return folder, backbone


def test_class_names_bring_pictures_among_words():
    """Against ConSE by its formula, picture by picture."""
    images = pictures()
    rows = space(num_classes=2, image_share=0.36).embed_images(images)
    names = np.array([VECTORS[name] for name in NAMES])
    for row, image in zip(rows, images, strict=True):
        features = image.mean((0, 1)) / 255
        votes = np.exp(4 * features)
        votes[np.argmin(votes)] = 0
        meaning = sum(
            vote / votes.sum() * (name - names.mean(0))
            for vote, name in zip(votes, names, strict=True)
        )
        wanted = np.concatenate([0.6 * unit(features), 0.8 * unit(meaning)])
        np.testing.assert_allclose(row, wanted, atol=1e-5)


def test_names_that_the_texts_lack_count_for_nothing():
    class Lacking(Texts):
        def knows(self, text):
            return text != "dog"

    images = pictures()
    lacking = models.ClassNameSpace(classifier(), Lacking(), NAMES, 3)
    rows = lacking.embed_images(images)[:, 3:]
    for row, image in zip(rows, images, strict=True):
        cat, _, car = np.exp(4 * image.mean((0, 1)) / 255)
        # Of two names the mean lies between them: one side or the other.
        side = np.sign(cat - car) * np.array([1, 0, -1])
        np.testing.assert_allclose(row, side * np.sqrt(0.125), atol=1e-5)


def test_a_text_has_no_features():
    rows = space().embed_texts(["pet", "car"])
    mean = np.mean([VECTORS[name] for name in NAMES], axis=0)
    wanted = unit(np.array([VECTORS["pet"], VECTORS["car"]]) - mean)
    np.testing.assert_array_equal(rows[:, :3], 0)
    np.testing.assert_allclose(rows[:, 3:], wanted, atol=1e-6)


@pytest.mark.parametrize("weight", [0.2, 0.5, 0.9])
def test_scores_are_weighted_sums_of_two_searches(weight):
    model = models.LateFusion(space(), weight)
    images = pictures()
    candidates = model.embed_targets(images)
    by_image = candidates[:1] @ candidates.T
    by_text = model.embed_texts(["car"]) @ candidates.T
    both = model.embed_queries(images[:1], ["car"]) @ candidates.T
    wanted = (1 - weight) * by_image + weight * by_text
    # Equal but for the length of the query, which changes no order.
    ratio = both / wanted
    np.testing.assert_allclose(ratio, ratio[0, 0], rtol=1e-4)
    assert ratio[0, 0] >= 1


def test_rows_have_length_1_and_repeated_references_are_one():
    model = models.LateFusion(space())
    images = pictures()[[0, 1, 0]]
    rows = model.embed_queries(images, ["car", "cat", "car"])
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(rows[0], rows[2])


def test_fingerprint_tells_settings_and_weights_apart():
    first = models.LateFusion(space()).fingerprint
    assert models.LateFusion(space()).fingerprint == first
    others = [
        space(num_classes=2),
        space(image_share=0.4),
        models.ClassNameSpace(classifier(5.0), Texts(), NAMES, 3),
        models.ClassNameSpace(classifier(), Texts(b"other"), NAMES, 3),
        models.ClassNameSpace(classifier(), Texts(), ["cat", "dog", "pet"], 3),
    ]
    prints = {models.LateFusion(other).fingerprint for other in others}
    assert len(prints | {first}) == 6
    # The candidates are the same: one gallery serves any weight.
    model = models.LateFusion(space())
    other = model.weighted(0.9)
    assert (model.text_weight, other.text_weight) == (0.5, 0.9)
    assert other.fingerprint == first


def test_photos_are_turned_upright(tmp_path):
    pixels = np.zeros((8, 8, 3), "uint8")
    pixels[:4] = 255
    upright = Image.fromarray(pixels)
    upright.save(tmp_path / "upright.png")
    turned = upright.transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    turned.save(tmp_path / "turned.png", exif=exif)
    model = models.LateFusion(space())
    for name in ("upright.png", "turned.png"):
        read = model.prepare_image(tmp_path / name)
        np.testing.assert_array_equal(read, pixels)
    with Image.open(tmp_path / "turned.png") as opened:
        np.testing.assert_array_equal(model.prepare_image(opened), pixels)


# KerasHub leaves the file of SigLIP's vocabulary open.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_presets_embed_as_their_backbones_do(preset):
    folder, backbone = preset
    model = models.LateFusion.from_recipe(str(folder))
    assert model.image_size == 16 and model.recipe == str(folder)
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (3, 16, 16, 3), "uint8")
    scaled = (images / 100 - 0.5).astype("float32")
    wanted = numpy(backbone.get_vision_embeddings(scaled))
    np.testing.assert_allclose(
        model.embed_targets(images), unit(wanted), atol=1e-4
    )
    texts = ["make it red", "remove"]
    tokens = model.space._texts.encoder.tokenize(texts)
    wanted = unit(numpy(backbone.get_text_embeddings(tokens)))
    np.testing.assert_allclose(model.embed_texts(texts), wanted, atol=1e-4)
    for text_side in (False, True):
        before = models.LateFusion(model.space).fingerprint
        tower = model.space._texts.encoder if text_side else model.space._images
        tower.weights[0].assign(tower.weights[0] + 1)
        assert models.LateFusion(model.space).fingerprint != before


def test_words_weigh_by_their_rarity(monkeypatch):
    table = np.eye(3, 4, dtype="float32"), {"the": 0, "red": 1, "car": 2}
    monkeypatch.setattr(word_average, "word_table", lambda package: table)
    texts = WordAverage("any", smoothing=0.1)
    [row] = texts(["The red-car zzxqy"])
    harmonic = np.log(3) + np.euler_gamma
    weights = [0.1 / (0.1 + 1 / (rank * harmonic)) for rank in (1, 2, 3)]
    np.testing.assert_allclose(row[:3], unit(np.array(weights)), rtol=1e-5)
    assert texts.identity() != WordAverage("any", smoothing=0.2).identity()
    with pytest.raises(ValueError, match="zzxqy"):
        texts(["red", "zzxqy"])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: models.LateFusion(object()), "must have `embed_images`"),
        (lambda: models.LateFusion(space(), "much"), "must be a number"),
        (lambda: models.LateFusion(space(), 1.0), "between 0 and 1.*1.0"),
        (lambda: space(num_classes=4), "from 1 to 3. Received: num_classes=4"),
        (lambda: space(image_share=1), "image_share=1"),
        (
            lambda: models.ClassNameSpace(classifier(), Texts(), ["cat"]),
            "must be 3, one for each",
        ),
        (
            lambda: models.LateFusion.from_package("efficientnet-b0", "x"),
            "efficientnet-lite0.*Received",
        ),
        (
            lambda: models.LateFusion(space()).embed_queries(pictures(), ["a"]),
            "equally many. Received: 4 and 1",
        ),
        (
            lambda: models.LateFusion(space()).embed_texts([]),
            "must hold a text",
        ),
        (
            lambda: models.LateFusion(space()).embed_targets([]),
            "must hold an image",
        ),
        (
            lambda: models.LateFusion.from_recipe("none/such"),
            "name of a KerasHub preset. Received",
        ),
    ],
)
def test_errors(make, message):
    with pytest.raises((TypeError, ValueError), match=message):
        make()


def test_a_preset_must_know_images_and_texts(tmp_path):
    text_families.bert()[0].save_to_preset(str(tmp_path))
    message = r"one of CLIP or SigLIP.*BertBackbone"
    with pytest.raises(ValueError, match=message):
        models.LateFusion.from_preset(tmp_path)


def test_missing_packages_name_the_command(monkeypatch):
    from importlib import metadata

    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", missing)
    with pytest.raises(ImportError, match=r"keras-cmr\[pretrained\]"):
        models.LateFusion.from_package()
