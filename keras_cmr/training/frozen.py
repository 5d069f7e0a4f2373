"""Training on stored features what follows a frozen backbone."""

import dataclasses

from keras_cmr.models.on_features import OnFeatures
from keras_cmr.models.on_features import needed_maps
from keras_cmr.training.feature_store import stored_features


def on_features(model, split, folder=None, verbose=1):
    """A retriever and a split that stand for others, without the backbone.

    What is returned trains like the model on the split, many times faster:
    the backbone sees each image once, before. Both models share their layers;
    when training is over, `fitted.hand_over(model)` completes `model`.

    Args:
        model: `keras_cmr.models.ComposedRetriever` with a frozen backbone.
        split: `keras_cmr.datasets.Split` of pixels.
        folder: `pathlib.Path` of the features, see `stored_features`.
        verbose: `0` hides progress bars.

    Returns:
        Tuple of an `OnFeatures`, not compiled, and a `Split` whose `pixels`
        are rows of features.
    """
    maps = needed_maps(model)

    def stored(pixels):
        return stored_features(
            model.image_encoder, maps, pixels, folder, verbose
        )

    own = split.images.reference_pixels
    images = dataclasses.replace(
        split.images,
        pixels=stored(split.images.pixels),
        reference_pixels=None if own is None else stored(own),
    )
    return OnFeatures(model), dataclasses.replace(split, images=images)
