"""A training run that begins with the weights of another."""

import dataclasses
from pathlib import Path

from keras_cmr import models
from keras_cmr.durable import replace_file
from keras_cmr.models.fingerprint import nameless
from keras_cmr.training.run_folder import START


@dataclasses.dataclass(frozen=True)
class Start:
    """The trained model that a run begins with.

    Args:
        path: `Path` of its `.keras` file.
        model: `keras_cmr.models.ComposedRetriever`.
        fingerprint: str, the model's.
    """

    path: Path
    model: models.ComposedRetriever
    fingerprint: str

    def keep(self, out):
        """Copies the model to the folder of the run that begins with it."""
        if not (out / START).exists():
            replace_file(out / START, self.path.read_bytes())

    def give(self, model):
        """Gives a retriever the weights of the trained one.

        Words, encoders, fusion and scale must be alike; what is frozen may
        differ. A term takes the weights of the trained model's term of that
        name and shape; without one it begins anew.

        Raises:
            ValueError: If the trained model is of another kind.
        """
        if _words(model) != _words(self.model):
            raise ValueError(
                "`start_from` must hold a model of the same words, those of "
                f"the training texts. Received: {self.path}, whose text "
                "encoder knows others"
            )
        parts = _parts(self.model)
        for name, own in _parts(model).items():
            other = parts[name]
            if type(own) is not type(other) or _shapes(own) != _shapes(other):
                raise ValueError(
                    f"`start_from` must hold a model whose {name} is that of "
                    f"the config, a {_describe(own)}. Received: {self.path}, "
                    f"where it is a {_describe(other)}"
                )
        for name, own in _parts(model).items():
            own.set_weights(parts[name].get_weights())
        terms = {term.name: term for term in self.model.mutual_information}
        for term in model.mutual_information:
            other = terms.get(term.name)
            if other is not None and _shapes(term) == _shapes(other):
                term.set_weights(other.get_weights())


def find_start(config, out=None):
    """What `start_from` of a config names.

    Args:
        config: `Config`.
        out: `pathlib.Path` of the run, where `Start.keep` may have kept it.

    Returns:
        `Start`, or `None` where a run begins with random weights.

    Raises:
        ValueError: If there is no such model.
    """
    if config.start_from is None:
        return None
    path = Path(config.start_from)
    if out is not None and (out / START).exists():
        path = out / START
    elif path.is_dir():
        path = path / "model.keras"
    try:
        model = models.load(path)
    except ValueError as error:
        raise ValueError(
            "`start_from` must be the folder of a finished run, or a .keras "
            f"file. Received: start_from={config.start_from!r}. {error}"
        ) from None
    return Start(path, model, model.fingerprint)


def _words(model):
    """What makes numbers of a text: words, or a tokenizer with its own."""
    config = model.text_encoder.get_config()
    key = "vocabulary" if "vocabulary" in config else "tokenizer"
    return nameless(config[key])


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
    return f"{type(layer).__name__} with {layer.count_params():,} weights"
