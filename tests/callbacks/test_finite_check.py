import keras
import numpy as np
import pytest

from keras_cmr import callbacks


class Terms(keras.Model):
    """A loss of two parts, one of which overflows with the third batch."""

    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(1)
        self.trackers = [
            keras.metrics.Mean(name=name)
            for name in ("metric_loss", "text_image_mi")
        ]

    def call(self, x):
        return self.dense(x)

    def compute_loss(self, x, y, y_pred, sample_weight, training=True):
        loss = keras.ops.mean(y_pred**2)
        estimate = keras.ops.exp(keras.ops.max(x))
        for tracker, value in zip(self.trackers, (loss, estimate), strict=True):
            tracker.update_state(value)
        return loss - estimate


def test_the_term_and_the_step_are_named():
    model = Terms()
    model.compile(keras.optimizers.SGD(1e-3))
    x = np.ones((4, 1), "float32")
    x[2] = 1000
    with pytest.raises(
        FloatingPointError,
        match=r"^Training stopped: after step 3 text_image_mi=inf\. A lower",
    ):
        model.fit(
            x,
            batch_size=1,
            shuffle=False,
            callbacks=[callbacks.FiniteCheck()],
            verbose=0,
        )


def one_weight():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    check = callbacks.FiniteCheck()
    check.set_model(model)
    return model, check


def test_a_weight_is_named():
    model, check = one_weight()
    check.on_epoch_end(0, {"loss": 1.0})
    model.layers[0].kernel.assign([[np.nan]])
    with pytest.raises(
        FloatingPointError, match=r"after epoch 2 \(step 0\) .*kernel holds NaN"
    ):
        check.on_epoch_end(1, {"loss": 1.0})


def test_a_loss_alone_is_named():
    _, check = one_weight()
    check.on_train_batch_end(0, {"loss": 1.0})
    with pytest.raises(FloatingPointError, match="loss=nan"):
        check.on_train_batch_end(1, {"loss": float("nan")})


def test_the_last_whole_checkpoint_stays(tmp_path):
    model, check = one_weight()
    checkpoint = callbacks.Checkpoint(tmp_path)
    checkpoint.set_model(model)
    checkpoint.on_epoch_end(0)
    model.layers[0].kernel.assign([[np.inf]])
    everything = keras.callbacks.CallbackList([check, checkpoint], model=model)
    with pytest.raises(FloatingPointError):
        everything.on_epoch_end(1, {"loss": 1.0})
    assert [path.name for path in checkpoint.files()] == ["epoch_00001.npz"]
