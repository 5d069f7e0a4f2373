import keras
import numpy as np
import pytest

from keras_cmr import callbacks


def test_step_history_undoes_the_running_means():
    values = {"loss": [5.0, 1.0, 3.0, 2.0, 8.0], "other": [1.0] * 5}
    history = callbacks.StepHistory(every=2)
    for epoch in range(2):
        history.on_epoch_begin(epoch)
        for batch in range(5):
            means = {
                name: float(np.mean(steps[: batch + 1]))
                for name, steps in values.items()
            }
            history.on_train_batch_end(batch, means)
    # Means of steps 1-2 and 3-4; the fifth starts no record of its own.
    assert history.history["loss"] == pytest.approx([3.0, 2.5, 3.0, 2.5])
    assert history.history["other"] == pytest.approx([1.0] * 4)
    assert history.steps == [2, 4, 7, 9]


def test_step_history_in_fit():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    history = callbacks.StepHistory(every=3)
    model.fit(
        np.ones((8, 2)),
        np.ones((8, 1)),
        batch_size=1,
        epochs=2,
        callbacks=[history],
        verbose=0,
    )
    assert history.steps == [3, 6, 11, 14]
    assert history.history["loss"][-1] < history.history["loss"][0]


class Stub:
    """Ranks by hand: image rows are given, a query is its reference's row."""

    fingerprint = "0"

    def __init__(self, queries, targets):
        self.queries, self.targets = queries, targets

    def embed_queries(self, references, modifications, **kwargs):
        return self.queries

    def embed_targets(self, images, **kwargs):
        return self.targets


def test_recall_adds_figures_every_other_epoch():
    from keras_cmr.datasets import css

    split = css.generate(scenes=4, modifications=2, renders=1, verbose=0).test
    targets = np.eye(len(split.images), dtype="float32")
    wanted = [images[0] for images in split.queries.targets]
    callback = callbacks.Recall(split, every=2)
    callback.set_model(Stub(targets[wanted], targets))
    first, second = {}, {}
    callback.on_epoch_end(0, first)
    callback.on_epoch_end(1, second)
    assert first == {}
    assert second["val_R@1"] == 1.0
    callback = callbacks.Recall(split, prefix="test_")
    callback.set_model(Stub(-targets[wanted], targets))
    callback.on_epoch_end(1, second)
    assert (second["test_R@1"], second["val_R@1"]) == (0.0, 1.0)


@pytest.mark.parametrize(
    "make",
    [
        lambda: callbacks.StepHistory(0),
        lambda: callbacks.Recall(None, every=1.5),
        lambda: callbacks.HardNegativeMining(None, every=0),
        lambda: callbacks.RankedImages(None, "", every=0),
        lambda: callbacks.EmbeddingProjector(None, "", every=0),
    ],
)
def test_bad_every(make):
    with pytest.raises(ValueError, match="`every` must be a positive int"):
        make()
