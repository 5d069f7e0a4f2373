"""Pictures' bytes and plain texts in, embeddings or hits out."""

import keras
import tensorflow as tf

from keras_cmr.export.pictures_in_graph import decode_pictures
from keras_cmr.export.texts_in_graph import GraphTokenizer
from keras_cmr.export.towers import towers

BYTES = tf.TensorSpec((None,), tf.string)
TEXTS = tf.TensorSpec((None,), tf.string)
TOKENS = tf.TensorSpec((None, None), tf.int32)


def write_saved_model(model, folder, candidates=None):
    """Writes a SavedModel that needs nothing of Keras.

    Args:
        model: `ComposedRetriever` on the TensorFlow backend.
        folder: Path to write to.
        candidates: `Candidates` for the signature `search`, or `None`.

    Returns:
        Dict from a signature's name to its inputs and outputs.
    """
    served = _Served(model, candidates)
    functions = served.signatures()
    options = None
    if candidates is not None and candidates.card["engine"] == "scann":
        options = tf.saved_model.SaveOptions(namespace_whitelist=["Scann"])
    tf.saved_model.save(served, str(folder), functions, options)
    return {name: _described(f) for name, f in functions.items()}


class _Served(tf.Module):
    def __init__(self, model, candidates):
        super().__init__()
        self._size = model.image_size
        self._towers = towers(model)
        self._weights = [
            weight.value
            for tower in self._towers.values()
            for weight in tower.model.weights
        ]
        self._candidates = candidates
        try:
            self._tokenize = GraphTokenizer(model.text_encoder)
        except NotImplementedError:
            self._tokenize = None

    def signatures(self):
        """Concrete functions by the name of their signature."""
        if self._tokenize is None:
            text, read, spec = "tokens", lambda tokens: tokens, TOKENS
        else:
            text, read, spec = "modification", self._tokenize, TEXTS

        def query(reference_bytes, text):
            return self._towers["query"].call(
                decode_pictures(reference_bytes, self._size), read(text)
            )

        def embed_queries(reference_bytes, **texts):
            return {"embedding": query(reference_bytes, texts[text])}

        def embed_targets(image_bytes):
            pixels = decode_pictures(image_bytes, self._size)
            return {"embedding": self._towers["target"].call(pixels)}

        def embed_texts(**texts):
            return {"embedding": self._towers["text"].call(read(texts[text]))}

        def search(reference_bytes, k, **texts):
            queries = query(reference_bytes, texts[text])
            ids, scores = self._candidates.search(queries, k)
            return {"ids": ids, "scores": scores}

        asked = {"reference_bytes": BYTES, text: spec}
        found = {
            "embed_queries": _traced(embed_queries, asked),
            "embed_targets": _traced(embed_targets, {"image_bytes": BYTES}),
        }
        found["serving_default"] = found["embed_queries"]
        if "text" in self._towers:
            found["embed_texts"] = _traced(embed_texts, {text: spec})
        if self._candidates is not None:
            number = {"k": tf.TensorSpec((), tf.int32)}
            found["search"] = _traced(search, {**asked, **number})
        return found


def _traced(function, inputs):
    specs = {
        name: tf.TensorSpec(spec.shape, spec.dtype, name)
        for name, spec in inputs.items()
    }
    return tf.function(function, autograph=False).get_concrete_function(**specs)


def _described(function):
    arguments = keras.tree.flatten(function.structured_input_signature)
    return {
        "inputs": {spec.name: _spec(spec) for spec in arguments},
        "outputs": {
            name: _spec(spec)
            for name, spec in function.structured_outputs.items()
        },
    }


def _spec(spec):
    return {"dtype": spec.dtype.name, "shape": spec.shape.as_list()}
