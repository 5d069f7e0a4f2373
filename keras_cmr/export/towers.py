"""What is exported of a retriever: functions from tensors to unit rows."""

from typing import NamedTuple

import tensorflow as tf


class Tower(NamedTuple):
    """A function of tensors and what it takes.

    Args:
        call: Function from the inputs, by name, to `{"embedding": rows}`,
            rows of length 1.
        inputs: Dict from a name to a `tf.TensorSpec`.
        model: `keras.Model` whose weights it uses.
    """

    call: object
    inputs: dict
    model: object

    def named_inputs(self):
        """The inputs, each with its name in its `tf.TensorSpec`."""
        return {
            name: tf.TensorSpec(spec.shape, spec.dtype, name)
            for name, spec in self.inputs.items()
        }

    def described(self):
        """Inputs and outputs for a card."""
        outputs = [
            ("embedding", tf.float32, [None, self.model.output.shape[-1]])
        ]
        inputs = [
            (name, spec.dtype, spec.shape.as_list())
            for name, spec in self.inputs.items()
        ]
        return {
            kind: {
                name: {"dtype": dtype.name, "shape": shape}
                for name, dtype, shape in specs
            }
            for kind, specs in (("inputs", inputs), ("outputs", outputs))
        }


def towers(model, text_length=None):
    """The towers of a `ComposedRetriever`, by name.

    `"query"` takes `reference` and `modification`, `"target"` takes `image`,
    and `"text"`, if texts alone are comparable with images, `modification`.
    Pictures are uint8 pixels of the model's size, texts token ids.

    Args:
        model: `ComposedRetriever`.
        text_length: int, if every row of token ids has so many. `None` for
            rows of any length.
    """
    size = model.image_size
    pixels = tf.TensorSpec((None, size, size, 3), tf.uint8)
    tokens = tf.TensorSpec((None, text_length), tf.int32)

    def query(reference, modification):
        inputs = {"reference": reference, "modification": modification}
        return _embed(model.query_encoder, inputs)

    def target(image):
        return _embed(model.target_encoder, image)

    found = {
        "query": Tower(
            query,
            {"reference": pixels, "modification": tokens},
            model.query_encoder,
        ),
        "target": Tower(target, {"image": pixels}, model.target_encoder),
    }
    text_encoder = model.text_encoder

    def text(modification):
        return _embed(text_encoder, modification)

    if text_encoder.output.shape[-1] == model.target_encoder.output.shape[-1]:
        found["text"] = Tower(text, {"modification": tokens}, text_encoder)
    return found


def _embed(tower, inputs):
    rows = tf.cast(tower(inputs, training=False), tf.float32)
    return {"embedding": rows / tf.norm(rows, axis=-1, keepdims=True)}
