"""Checkpoints: whole or not taken, and all that a run needs."""

import keras
import numpy as np
import pytest

from keras_cmr import callbacks
from tests.training.small_run import assert_same
from tests.training.small_run import values

X = np.random.default_rng(0).normal(size=(12, 3)).astype("float32")


def model(units=4):
    keras.utils.set_random_seed(7)
    made = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(units),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(1),
        ]
    )
    made.compile(keras.optimizers.Adam(0.05), "mse")
    return made


def fit(made, epochs, *more, initial_epoch=0):
    return made.fit(
        X,
        X[:, :1],
        batch_size=4,
        initial_epoch=initial_epoch,
        epochs=epochs,
        callbacks=list(more),
        shuffle=False,
        verbose=0,
    ).history


def test_resumed_equals_unbroken_to_the_last_bit(tmp_path):
    whole = model()
    history = fit(whole, 4)
    first = fit(model(), 2, callbacks.Checkpoint(tmp_path))
    resumed = model()
    done = callbacks.Checkpoint(tmp_path).restore(resumed)
    assert done == 2
    second = fit(resumed, 4, initial_epoch=done)
    assert_same(resumed, whole)
    assert first["loss"] + second["loss"] == history["loss"]


@pytest.mark.large
def test_keras_own_backup_is_not_the_same_run(tmp_path):
    """Why `Checkpoint` is there: should Keras mend it, it could go."""
    whole = model()
    fit(whole, 4)
    fit(
        model(),
        2,
        keras.callbacks.BackupAndRestore(tmp_path, delete_checkpoint=False),
    )
    resumed = model()
    fit(resumed, 4, keras.callbacks.BackupAndRestore(tmp_path))
    assert any(
        (a != b).any()
        for a, b in zip(values(resumed), values(whole), strict=True)
    )


def test_old_files_go(tmp_path):
    checkpoint = callbacks.Checkpoint(tmp_path / "made", keep=2)
    fit(model(), 4, checkpoint)
    assert [path.name for path in checkpoint.files()] == [
        "epoch_00003.npz",
        "epoch_00004.npz",
    ]
    checkpoint.remove()
    assert not (tmp_path / "made").exists()


def test_a_damaged_file_is_passed_over(tmp_path):
    checkpoint = callbacks.Checkpoint(tmp_path)
    fit(model(), 2, checkpoint)
    older, newest = checkpoint.files()
    newest.write_bytes(newest.read_bytes()[:-100])
    again = model()
    with pytest.warns(UserWarning, match="00002.npz is damaged"):
        assert checkpoint.restore(again) == 1
    older.write_bytes(b"")
    with pytest.warns(UserWarning) as warned:
        assert checkpoint.restore(again) == 0
    assert len(warned) == 2


def test_another_models_checkpoint_is_refused(tmp_path):
    fit(model(), 1, callbacks.Checkpoint(tmp_path))
    with pytest.raises(ValueError, match=r"`model` must be the one of .*npz"):
        callbacks.Checkpoint(tmp_path).restore(model(units=5))


def test_state_of_callbacks(tmp_path):
    class Counter(keras.callbacks.Callback):
        count, seen = 0, np.zeros((0, 2), "int32")

        def on_epoch_end(self, epoch, logs=None):
            self.count += 1
            self.seen = np.full((epoch + 1, 2), epoch, "int32")

        def state(self):
            return {"count": self.count, "seen": self.seen}

        def restore(self, state):
            self.count, self.seen = state["count"], state["seen"]

    counter = Counter()
    fit(model(), 2, counter, callbacks.Checkpoint(tmp_path, also=[counter]))
    again = Counter()
    callbacks.Checkpoint(tmp_path, also=[again]).restore(model())
    assert again.count == 2
    np.testing.assert_array_equal(again.seen, [[1, 1], [1, 1]])
    untouched = model()
    before = [w.copy() for w in untouched.get_weights()]
    with pytest.raises(ValueError, match=r"`also` must hold .*\['Counter'\]"):
        callbacks.Checkpoint(tmp_path).restore(untouched)
    for a, b in zip(before, untouched.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_bad_arguments(tmp_path):
    with pytest.raises(ValueError, match="`keep` must be a positive int"):
        callbacks.Checkpoint(tmp_path, keep=0)
    with pytest.raises(TypeError, match="Received: History"):
        callbacks.Checkpoint(tmp_path, also=[keras.callbacks.History()])

    class OneWay(keras.callbacks.Callback):
        def state(self):
            return {}

    with pytest.raises(TypeError, match="Received: OneWay"):
        callbacks.Checkpoint(tmp_path, also=[OneWay()])
