import itertools

import keras
from keras import ops

from keras_cmr.layers.mutual_information.term import Term

FEATURES = ("text", "reference", "target", "query")


@keras.saving.register_keras_serializable(package="keras_cmr")
class PriorMatching(Term):
    """Draws a feature's distribution towards a uniform prior.

    An adversary, a perceptron on `sigmoid(feature)`, learns to tell features
    from draws of the uniform distribution on the unit cube; the feature
    learns to be taken for one of them (the non-saturating form):

        adversary: E[softplus(-T(u))] + E[softplus(T(sigmoid(feature)))]
        feature:   E[softplus(-T(sigmoid(feature)))]

    `nats` is minus the second line. With several features they share the
    adversary and must be of one size.

    The adversary takes its step inside the call, in training, with an
    optimiser that the layer owns. Its weights and that optimiser's state are
    non-trainable weights of the layer, like the moving averages of a
    BatchNormalization: the model's own optimiser never sees them, they are
    saved and resumed with the model, and any model on any backend can use the
    layer. The step's gradient is written out rather than asked of a backend,
    and everything is float32, whatever `dtype` says, so that loss scaling
    doesn't touch it.

    Nothing says that the paper used this term: it is the third of Deep
    InfoMax.

    Args:
        on: string or sequence of strings. Which features of
            `ComposedRetriever` to match: `"text"`, `"reference"`, `"target"`,
            `"query"`. Defaults to `"target"`.
        units: sequence of int. Widths of the adversary's hidden layers.
            Defaults to `(1000, 200)`, those of Deep InfoMax.
        optimizer: string, dict or `keras.optimizers.Optimizer`, the
            adversary's own. `None` means `Adam(1e-4)`. Defaults to `None`.
        weight: float. Weight of the term in the objective. Defaults to `0.1`.
        seed: int. Seed of weights and draws. Defaults to `0`.
        name: string. Under which training logs report `nats`.
            Defaults to `"prior_matching"`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        first: Features, float tensor of shape `(batch, dim)`.
        training: bool. Whether to add the loss and to train the adversary.

    Returns:
        `first`.

    Example:

    ```python
    import numpy as np
    import keras_cmr

    term = keras_cmr.layers.PriorMatching(units=(32, 16))
    features = np.random.normal(size=(4, 8))
    same = term(features, training=True)
    ```

    Reference:
    - [Hjelm et al., 2019](https://arxiv.org/abs/1808.06670)
    """

    def __init__(
        self,
        on="target",
        units=(1000, 200),
        optimizer=None,
        weight=0.1,
        seed=0,
        name="prior_matching",
        **kwargs,
    ):
        super().__init__(
            weight=weight, name=name, **{**kwargs, "dtype": "float32"}
        )
        chosen = (on,) if isinstance(on, str) else tuple(on)
        if not chosen or not set(chosen) <= set(FEATURES):
            raise ValueError(
                f"`on` must be one or several of {FEATURES}. Received: on={on}"
            )
        if not units or not all(isinstance(n, int) and n > 0 for n in units):
            raise ValueError(
                "`units` must be positive integers, one a hidden layer. "
                f"Received: units={units}"
            )
        if optimizer is None:
            optimizer = keras.optimizers.Adam(1e-4)
        if isinstance(optimizer, dict):
            # Keras writes into what it reads.
            optimizer = dict(optimizer)
        self.on = on if isinstance(on, str) else list(on)
        self.units = list(units)
        self.optimizer = keras.optimizers.get(optimizer)
        self.seed = seed
        self._draws = keras.random.SeedGenerator(seed)

    def build(self, first_shape):
        if len(first_shape) != 2 or first_shape[-1] is None:
            raise ValueError(
                "`first` must have the shape `(batch, dim)` with a known "
                f"`dim`. Received: first.shape={tuple(first_shape)}"
            )
        widths = [first_shape[-1], *self.units, 1]
        self.kernels, self.biases = [], []
        for i, shape in enumerate(itertools.pairwise(widths)):
            fixed = {"dtype": "float32", "autocast": False, "trainable": False}
            initializer = keras.initializers.GlorotUniform(self.seed + i)
            self.kernels.append(
                self.add_weight(shape, initializer, name=f"kernel_{i}", **fixed)
            )
            self.biases.append(
                self.add_weight(shape[1:], "zeros", name=f"bias_{i}", **fixed)
            )
        self.optimizer.build([*self.kernels, *self.biases])
        # JAX carries only the state that the layer declares as its own.
        self.optimizer_state = list(self.optimizer.variables)

    def call(self, first, training=None):
        return super().call(first, training=training)

    def nats(self, first, negatives=None, training=None):
        """Minus the loss of the features: a float32 scalar of at most 0.

        In training this also takes the adversary's step; `negatives` belongs
        to the other terms and changes nothing here.
        """
        features = ops.sigmoid(ops.cast(first, "float32"))
        # Copies, for Torch's gradient refuses weights that changed since.
        kernels = [ops.copy(kernel) for kernel in self.kernels]
        biases = [ops.copy(bias) for bias in self.biases]
        scores = _hidden_layers(features, kernels, biases)[-1]
        if training:
            self._train_adversary(ops.stop_gradient(features), kernels, biases)
        return -ops.mean(ops.softplus(-scores))

    def _train_adversary(self, features, kernels, biases):
        count = ops.shape(features)[0]
        prior = keras.random.uniform(ops.shape(features), seed=self._draws)
        layers = _hidden_layers(
            ops.concatenate([prior, features], axis=0), kernels, biases
        )
        is_prior = ops.cast(ops.arange(2 * count) < count, "float32")[:, None]
        # The derivative of both softplus terms by the score. Optimizers sum
        # over the replicas of `tf.distribute`, and Keras' losses divide by
        # their number: this one is a mean of 1.
        row = (1, 1)
        share = keras.losses.MeanSquaredError()(ops.zeros(row), ops.ones(row))
        slope = (ops.sigmoid(layers[-1]) - is_prior) * (
            share / ops.cast(count, "float32")
        )
        kernel_gradients, bias_gradients = [], []
        for i in reversed(range(len(kernels))):
            inputs = layers[i]
            kernel_gradients.insert(0, ops.matmul(ops.transpose(inputs), slope))
            bias_gradients.insert(0, ops.sum(slope, axis=0))
            if i:
                slope = ops.matmul(slope, ops.transpose(kernels[i]))
                slope = ops.where(inputs > 0, slope, 0.0)
        self.optimizer.apply(
            [
                ops.stop_gradient(g)
                for g in (*kernel_gradients, *bias_gradients)
            ],
            [*self.kernels, *self.biases],
        )

    def pairs(self, features):
        names = [self.on] if isinstance(self.on, str) else self.on
        return [(features[name],) for name in names]

    def masks(self, negatives):
        return [None] * (1 if isinstance(self.on, str) else len(self.on))

    def get_config(self):
        return {
            **super().get_config(),
            "on": self.on,
            "units": self.units,
            "optimizer": keras.saving.serialize_keras_object(self.optimizer),
            "seed": self.seed,
        }


def _hidden_layers(x, kernels, biases):
    """Inputs of every layer of the perceptron, then its scores."""
    layers = [x]
    for kernel, bias in zip(kernels, biases, strict=True):
        if len(layers) > 1:
            x = ops.relu(x)
            layers[-1] = x
        x = ops.matmul(x, kernel) + bias
        layers.append(x)
    return layers
