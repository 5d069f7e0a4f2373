"""The model: encoders, fusion and mutual-information terms as one graph."""

import keras
from keras import ops

from keras_cmr.layers.scaled_normalization import ScaledNormalization
from keras_cmr.models.towers import Towers
from keras_cmr.models.trainers.built_optimizer import build_optimizer


@keras.saving.register_keras_serializable(package="keras_cmr")
class ComposedRetriever(Towers, keras.Model):
    """Composes a reference image and a modification into a query for a target.

    A functional graph: one image encoder for reference and target, one text
    encoder, a fusion, and one learned length for query and target, so that
    their inner product is `s^2 cos`. Training minimises

        `metric loss(query, target) - sum_i weight_i * I_i`

    where the metric loss is `compile(loss=...)` and each `I_i` is the estimate
    of a mutual-information term in nats. The terms belong to the objective
    alone: `query_encoder` and `target_encoder` don't contain them, so a
    trained model costs what it costs without. Over several devices the
    objective is that of the whole batch: docs/guides/many_devices.md.

    Args:
        image_encoder: `keras_cmr.models.ImageEncoder`.
        text_encoder: Model with a `tokenize(texts)` method, such as
            `keras_cmr.models.LSTMTextEncoder` or `TextEncoder`.
        fusion: `keras_cmr.layers.Fusion`.
        mutual_information: Sequence of `keras_cmr.layers.Term`: mutual-
            information terms and `PriorMatching`. Defaults to none.
        initial_scale: float. First value of the learned length `s`.
            Defaults to `4.0`.
        microbatch_size: int. In training, embed this many rows at a time
            while the objective sees the whole batch (gradient caching):
            memory for the time of a second forward pass, on TensorFlow and
            JAX. A BatchNormalization sees the statistics of its rows alone.
            `None` embeds the batch at once. Defaults to `None`.
        **kwargs: Passed to `keras.Model`.

    Call arguments:
        inputs: Dict with `"reference"` and `"target"`, pixels of shape
            `(batch, image_size, image_size, 3)` from 0 to 255, and
            `"modification"`, token ids `(batch, length)`. In training, equal
            values of the optional `"reference_id"` and `"target_id"`
            (int, `(batch,)`) say which images show the same content, so that
            they are not taken for negatives of each other.

    Returns:
        Dict with `"query"` and `"target"`, float tensors of shape
        `(batch, dim)` and length `s`, and the features the terms need.

    Example:

    ```python
    import keras_cmr

    model = keras_cmr.models.ComposedRetriever(
        keras_cmr.models.ImageEncoder(keras_cmr.models.small_resnet(), 64),
        keras_cmr.models.LSTMTextEncoder(["make", "red"]),
        fusion=keras_cmr.layers.TIRG(),
        mutual_information=[keras_cmr.layers.TextImageMI(weight=0.1)],
    )
    model.compile("adam", loss=keras_cmr.losses.BatchSoftmax())
    ```

    Reference:
    - [Gu et al., 2021](https://arxiv.org/abs/2103.06032)
    - [Vo et al., 2019](https://arxiv.org/abs/1812.07119)
    """

    def __init__(
        self,
        image_encoder,
        text_encoder,
        fusion,
        mutual_information=(),
        initial_scale=4.0,
        microbatch_size=None,
        **kwargs,
    ):
        if microbatch_size is not None and (
            not isinstance(microbatch_size, int) or microbatch_size < 1
        ):
            raise ValueError(
                "`microbatch_size` must be a positive int or `None`. "
                f"Received: microbatch_size={microbatch_size!r}"
            )
        terms = list(mutual_information)
        names = [term.name for term in terms]
        if len(set(names)) != len(names):
            raise ValueError(
                "The terms of `mutual_information` must have distinct names, "
                f"by which they are reported. Received: {names}"
            )
        # === Layers ===
        normalize = ScaledNormalization(initial_scale, name="scale")

        # === Functional Model ===
        image_shape = image_encoder.input.shape[1:]
        inputs = {
            "reference": keras.Input(image_shape, name="reference"),
            "modification": keras.Input(
                (None,), dtype="int32", name="modification"
            ),
            "target": keras.Input(image_shape, name="target"),
        }
        reference = image_encoder(inputs["reference"])
        target = image_encoder(inputs["target"])
        text = text_encoder(inputs["modification"])
        source = "feature_map" if fusion.uses_feature_map else "embedding"

        def compose(**target):
            composed = fusion(reference[source], text, **target)
            if fusion.uses_feature_map:
                composed = image_encoder.project(composed)
            return composed

        query = compose()
        trained = searched = normalize(query)
        if fusion.uses_target:
            # For its losses alone: `query_encoder` keeps the other one.
            trained = normalize(query := compose(target=target[source]))
        outputs = {"query": trained, "target": normalize(target["embedding"])}
        if terms:
            levels = {level for term in terms for level in term.levels}
            maps = set(target) - {"embedding"}
            unknown = sorted(levels - maps)
            if unknown:
                raise ValueError(
                    f"`level` of a mutual-information term must be one of "
                    f"{sorted(maps)}, the maps of the image encoder. "
                    f"Received: {unknown}"
                )
            outputs["features"] = {
                "text": text,
                "reference": reference["embedding"],
                "target": target["embedding"],
                "query": query,
                "target_maps": {k: target[k] for k in sorted(levels)},
            }
        super().__init__(inputs=inputs, outputs=outputs, **kwargs)

        # Outside the graph nothing else would build the terms before a file
        # is read into them.
        for term in terms:
            term.build_for(
                keras.tree.map_structure(lambda t: t.shape, outputs["features"])
            )

        # === Config ===
        self.image_encoder = image_encoder
        self.text_encoder = text_encoder
        self.fusion = fusion
        self.mutual_information = terms
        self.initial_scale = initial_scale
        self.microbatch_size = microbatch_size
        self._searched_query = searched
        self._reference_source = reference[source]

        # JAX needs every metric to exist before the first step.
        self.metric_loss_tracker = keras.metrics.Mean(name="metric_loss")
        self.estimate_trackers = [
            keras.metrics.Mean(name=term.name) for term in terms
        ]

    def call(self, inputs, training=None, mask=None):
        # The ids in a batch belong to the objective, not to the graph.
        of_graph = {name: inputs[name] for name in self.input}
        return super().call(of_graph, training=training, mask=mask)

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """Metric loss minus the weighted mutual-information estimates."""
        labels, embeddings = self._pairs(x, y_pred)
        # Of what a replica sees, Keras takes its share; here it sees all.
        loss = self._num_replicas * super().compute_loss(
            x=x,
            y=labels,
            y_pred=embeddings,
            sample_weight=sample_weight,
            training=training,
        )
        added = sum(map(self._aggregate_additional_loss, self.losses))
        self.metric_loss_tracker.update_state(loss - self._num_replicas * added)
        if self.mutual_information:
            negatives = self._negatives(x)
        for term, tracker in zip(
            self.mutual_information, self.estimate_trackers, strict=True
        ):
            estimate = term.estimate(
                y_pred["features"], negatives, training=training
            )
            tracker.update_state(estimate)
            loss = loss - term.weight * estimate
        return loss

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """Updates compiled metrics with `(labels, [query, target])`."""
        labels, embeddings = self._pairs(x, y_pred)
        return super().compute_metrics(x, labels, embeddings, sample_weight)

    def make_train_function(self, force=False):
        if keras.config.backend() == "tensorflow":
            build_optimizer(self)  # later, the step would be traced twice
        return super().make_train_function(force)

    def train_step(self, *args, **kwargs):
        """One step, that of the backend's file in `trainers`."""
        backend = keras.config.backend()
        if backend == "tensorflow":
            from keras_cmr.models.trainers.tensorflow import train_step

            return train_step(self, *args, **kwargs)
        if self.microbatch_size is None:
            return super().train_step(*args, **kwargs)
        if backend == "jax":
            from keras_cmr.models.trainers.jax import train_step

            return train_step(self, *args, **kwargs)
        raise ValueError(
            "`microbatch_size` needs the TensorFlow or JAX backend. Received: "
            f"microbatch_size={self.microbatch_size} on {backend}. Build the "
            "model with `microbatch_size=None`."
        )

    def test_step(self, *args, **kwargs):
        """One step of `evaluate`; under replicas that of `trainers`."""
        if self._num_replicas == 1:
            return super().test_step(*args, **kwargs)
        from keras_cmr.models.trainers.tensorflow import test_step

        return test_step(self, *args, **kwargs)

    @property
    def _num_replicas(self):
        """Of a `tf.distribute` strategy, whose replicas are in this step."""
        if keras.config.backend() != "tensorflow":
            return 1
        from keras_cmr.models.trainers import replicas

        return replicas.count()

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        # To learn the shapes, Keras' TensorFlow trainer would take a batch
        # of the first epoch, and fail at the dicts of several workers.
        super()._maybe_symbolic_build(
            data_batch={
                name: keras.KerasTensor([n or 2 for n in x.shape], x.dtype)
                for name, x in self.input.items()
            }
        )

    def _ids(self, x, name):
        if name in x:
            return x[name]
        return ops.arange(ops.shape(x["modification"])[0])

    def _pairs(self, x, y_pred):
        embeddings = ops.stack([y_pred["query"], y_pred["target"]], axis=1)
        return self._ids(x, "target_id"), embeddings

    def _negatives(self, x):
        """For each thing scored, which pairs of the batch don't share it."""
        tokens = x["modification"]
        same_text = ops.all(tokens[:, None, :] == tokens[None, :, :], axis=-1)
        negatives = {"text": ops.logical_not(same_text)}
        for image in ("reference", "target"):
            ids = self._ids(x, f"{image}_id")
            negatives[image] = ids[:, None] != ids[None, :]
        return negatives

    def get_config(self):
        serialize = keras.saving.serialize_keras_object
        return {
            "name": self.name,
            "image_encoder": serialize(self.image_encoder),
            "text_encoder": serialize(self.text_encoder),
            "fusion": serialize(self.fusion),
            "mutual_information": [
                serialize(term) for term in self.mutual_information
            ],
            "initial_scale": self.initial_scale,
            "microbatch_size": self.microbatch_size,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        deserialize = keras.saving.deserialize_keras_object
        config = dict(config)
        for key in ("image_encoder", "text_encoder", "fusion"):
            config[key] = deserialize(config[key], custom_objects)
        config["mutual_information"] = [
            deserialize(term, custom_objects)
            for term in config["mutual_information"]
        ]
        return cls(**config)
