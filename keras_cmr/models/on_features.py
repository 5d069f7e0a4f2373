"""A retriever without its frozen backbone: it takes what that gives."""

import math

import keras
import numpy as np
from keras import ops

from keras_cmr.models.composed_retriever import ComposedRetriever
from keras_cmr.models.trainers.built_optimizer import build_optimizer


class FeatureHead(keras.Model):
    """What an `ImageEncoder` does after its backbone.

    Its images are rows of numbers, the tensors of `maps` one after the other,
    as `extractor` makes them. Its layers are those of the encoder: training
    one trains the other.

    Args:
        encoder: `ImageEncoder`.
        maps: Sequence of str. `"pooled"`, what the projection takes; or
            `"feature_map"`, from which it can be made; and levels.
    """

    def __init__(self, encoder, maps):
        # === Functional Model ===
        shapes = [tuple(x.shape[1:]) for x in _tensors(encoder, maps)]
        ends = np.cumsum([math.prod(shape) for shape in shapes]).tolist()
        row = keras.Input((ends[-1],), name="features")
        outputs = {
            name: ops.reshape(row[:, start:end], (-1, *shape))
            for name, shape, start, end in zip(
                maps, shapes, [0, *ends], ends, strict=False
            )
        }
        if "pooled" in outputs:
            embedding = encoder.projection(outputs.pop("pooled"))
        else:
            embedding = encoder.project(outputs["feature_map"])
        outputs["embedding"] = embedding
        super().__init__(inputs=row, outputs=outputs)

        # === Config ===
        self.encoder_config = keras.saving.serialize_keras_object(encoder)
        self.maps = list(maps)
        self.project = encoder.project

    def get_config(self):
        # For the fingerprint: without the backbone it is nothing to revive.
        return {"encoder": self.encoder_config, "maps": self.maps}


class OnFeatures(ComposedRetriever):
    """A retriever that shares everything but the backbone with another.

    It trains and embeds like any `ComposedRetriever`, but its images are rows
    of `extractor`. `hand_over` completes the training of the other.

    Args:
        model: `ComposedRetriever` with a frozen backbone.
    """

    def __init__(self, model):
        super().__init__(
            FeatureHead(model.image_encoder, needed_maps(model)),
            model.text_encoder,
            fusion=model.fusion,
            mutual_information=model.mutual_information,
            initial_scale=model.initial_scale,
            microbatch_size=model.microbatch_size,
        )
        # All that the two do not share: the learned length.
        scale = model.get_layer("scale").get_weights()
        self.get_layer("scale").set_weights(scale)

    def hand_over(self, model):
        """Gives `model` what it does not share already: the learned length."""
        scale = self.get_layer("scale").get_weights()
        model.get_layer("scale").set_weights(scale)
        if model.compiled:
            # It never took a step, and a file can't hold one not built.
            build_optimizer(model)

    def _read(self, images):
        return np.asarray(images)


def needed_maps(model):
    """Names of what a retriever needs of its backbone, sorted.

    Raises:
        ValueError: If the backbone is not frozen.
    """
    if model.image_encoder.backbone.trainable:
        raise ValueError(
            "Features can be stored of a frozen backbone alone: set "
            "`image_encoder.backbone.trainable = False`. Received: one that "
            "is trained"
        )
    maps = {x for term in model.mutual_information for x in term.levels}
    maps.add("feature_map" if model.fusion.uses_feature_map else "pooled")
    return sorted(maps)


def extractor(encoder, maps):
    """Model from pixels to rows of features, for `FeatureHead`."""
    flat = [
        ops.reshape(x, (-1, math.prod(x.shape[1:])))
        for x in _tensors(encoder, maps)
    ]
    rows = ops.concatenate(flat, axis=-1) if len(flat) > 1 else flat[0]
    return keras.Model(encoder.input, rows, name="extractor")


def _tensors(encoder, maps):
    known = {**encoder.output, "pooled": encoder.pooled}
    return [known[name] for name in maps]
