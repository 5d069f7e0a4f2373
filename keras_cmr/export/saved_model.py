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
    try:
        tokenize = GraphTokenizer(model.text_encoder)
    except NotImplementedError:
        tokenize = None
    functions = _signatures(model, tokenize, candidates)
    # What a file must hold; the Keras objects themselves are left out.
    served = tf.Module()
    served.weights = [
        weight.value
        for tower in towers(model).values()
        for weight in tower.model.weights
    ]
    served.tokenize = tokenize
    served.candidates = candidates
    options = None
    if candidates is not None and candidates.card["engine"] == "scann":
        options = tf.saved_model.SaveOptions(namespace_whitelist=["Scann"])
    tf.saved_model.save(served, str(folder), functions, options)
    return {name: _described(f) for name, f in functions.items()}


def _signatures(model, tokenize, candidates):
    """Concrete functions by the name of their signature."""
    if tokenize is None:
        text, read, spec = "tokens", lambda tokens: tokens, TOKENS
    else:
        text, read, spec = "modification", tokenize, TEXTS
    called = towers(model)

    def decode(contents):
        return decode_pictures(contents, model.image_size)

    def query(reference_bytes, texts):
        return called["query"].call(decode(reference_bytes), read(texts[text]))

    def embed_queries(reference_bytes, **texts):
        return query(reference_bytes, texts)

    def embed_targets(image_bytes):
        return called["target"].call(decode(image_bytes))

    def embed_texts(**texts):
        return called["text"].call(read(texts[text]))

    def search(reference_bytes, k, **texts):
        queries = query(reference_bytes, texts)["embedding"]
        ids, scores = candidates.search(queries, k)
        return {"ids": ids, "scores": scores}

    asked = {"reference_bytes": BYTES, text: spec}
    found = {
        "embed_queries": _traced(embed_queries, asked),
        "embed_targets": _traced(embed_targets, {"image_bytes": BYTES}),
    }
    found["serving_default"] = found["embed_queries"]
    if "text" in called:
        found["embed_texts"] = _traced(embed_texts, {text: spec})
    if candidates is not None:
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
