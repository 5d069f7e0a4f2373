"""Modifications to embeddings, learned from scratch."""

import keras
from keras import layers

from keras_cmr.layers.quantization import dtype_config
from keras_cmr.layers.quantization import quantize_as
from keras_cmr.models.vocabulary import Vocabulary


@keras.saving.register_keras_serializable(package="keras_cmr")
class LSTMTextEncoder(keras.Model):
    """Word embeddings, one LSTM, its last real step, a projection.

    `embedding = Dense(embedding_dim)(Dropout(last step of LSTM(words)))`, not
    normalised. Padding is masked. The vocabulary is part of the model, so a
    saved one still reads plain text: `tokenize` is its way in.

    Args:
        vocabulary: Sequence of strings, the words of the *training* texts.
        embedding_dim: int. Size of the embedding. Defaults to `512`.
        word_dim: int. Size of a word's embedding. Defaults to `512`.
        units: int. Width of the LSTM. Defaults to `512`.
        dropout: float. Fraction of the last state dropped in training.
            Defaults to `0.1`.
        **kwargs: Passed to `keras.Model`.

    Call arguments:
        inputs: Int tensor of shape `(batch, length)`, token ids with 0 as
            padding on the right.

    Returns:
        Float tensor of shape `(batch, embedding_dim)`.

    Example:

    ```python
    import keras_cmr

    encoder = keras_cmr.models.LSTMTextEncoder(["make", "red"], 32)
    encoder(encoder.tokenize(["make it red"]))  # (1, 32)
    ```

    Reference:
    - [Vo et al., 2019](https://arxiv.org/abs/1812.07119)
    """

    def __init__(
        self,
        vocabulary,
        embedding_dim=512,
        word_dim=512,
        units=512,
        dropout=0.1,
        **kwargs,
    ):
        words = Vocabulary(vocabulary)
        # === Functional Model ===
        tokens = keras.Input((None,), dtype="int32", name="tokens")
        x = layers.Embedding(
            len(words), word_dim, mask_zero=True, name="words"
        )(tokens)
        # The fused GPU kernel refuses masks it can't prove right-padded
        # inside a compiled graph; texts are short, so plain steps it is.
        x = layers.LSTM(units, use_cudnn=False, name="lstm")(x)
        x = layers.Dropout(dropout, name="dropout")(x)
        embedding = layers.Dense(embedding_dim, name="projection")(x)
        super().__init__(inputs=tokens, outputs=embedding, **kwargs)

        # === Config ===
        self.vocabulary = words.words
        self.embedding_dim = embedding_dim
        self.word_dim = word_dim
        self.units = units
        self.dropout = dropout
        self._tokenize = words

    def tokenize(self, texts):
        """Token ids of `texts`: int32 array `(n, length)`, 0-padded."""
        return self._tokenize(texts)

    def get_config(self):
        return {
            "name": self.name,
            "vocabulary": list(self.vocabulary),
            "embedding_dim": self.embedding_dim,
            "word_dim": self.word_dim,
            "units": self.units,
            "dropout": self.dropout,
            "dtype": dtype_config(self),
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        dtype = config.pop("dtype", None)
        return quantize_as(cls(**config), dtype)
