"""A training run that begins with the weights of another."""

from keras_cmr import models


def start_from(model, path):
    """Gives a retriever the weights of a trained one.

    Encoders, fusion and scale must be alike; what is frozen may differ. A term
    takes the weights of the other model's term of that name and shape; without
    one it begins anew.

    Args:
        model: `keras_cmr.models.ComposedRetriever`.
        path: Path of a run's folder or of a `.keras` file.

    Returns:
        str, the fingerprint of the trained model.

    Raises:
        ValueError: If there is no such model, or it is of another kind.
    """
    trained = models.load(path)
    for part, own in _parts(model).items():
        other = _parts(trained)[part]
        if type(own) is not type(other) or _shapes(own) != _shapes(other):
            raise ValueError(
                f"`start_from` must hold a model whose {part} is that of the "
                f"config, a {_describe(own)}. Received: {path}, where it is a "
                f"{_describe(other)}"
            )
    words = [
        list(getattr(m.text_encoder, "vocabulary", ()))
        for m in (model, trained)
    ]
    if words[0] != words[1]:
        raise ValueError(
            "`start_from` must hold a model trained on the same words. "
            f"Received: {path}, whose vocabulary differs"
        )
    terms = {term.name: term for term in trained.mutual_information}
    for part, own in _parts(model).items():
        own.set_weights(_parts(trained)[part].get_weights())
    for term in model.mutual_information:
        other = terms.get(term.name)
        if other is not None and _shapes(term) == _shapes(other):
            term.set_weights(other.get_weights())
    return trained.fingerprint


def _parts(model):
    return {
        "image encoder": model.image_encoder,
        "text encoder": model.text_encoder,
        "fusion": model.fusion,
        "scale": model.get_layer("scale"),
    }


def _shapes(layer):
    return [tuple(weight.shape) for weight in layer.weights]


def _describe(layer):
    count = layer.count_params()
    return f"{type(layer).__name__} with {count:,} weights"
