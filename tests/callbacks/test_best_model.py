import keras
import pytest

from keras_cmr import callbacks


@pytest.fixture(scope="module")
def model():
    made = keras.Sequential(
        [keras.Input((1,)), keras.layers.Dense(1, use_bias=False)]
    )
    made.compile("sgd", "mse")
    return made


def test_the_best_epoch_is_saved(model, tmp_path):
    best = callbacks.BestModel(tmp_path / "best.keras", "val_R@1")
    best.set_model(model)
    for epoch, figure in enumerate([None, 0.25, 0.5, 0.5, 0.125]):
        model.layers[0].kernel.assign([[float(epoch)]])
        # What Keras adds by itself is no figure to choose by.
        logs = {"loss": 1.0, "val_loss": 1.0}
        if figure is not None:
            logs["val_R@1"] = figure
        best.on_epoch_end(epoch, logs)
    assert best.state() == {"best": 0.5, "epoch": 3}
    saved = keras.saving.load_model(best.path, compile=False)
    assert saved.get_weights()[0].tolist() == [[2.0]]
    again = callbacks.BestModel(best.path, "val_R@1")
    again.restore(best.state())
    again.set_model(model)
    again.on_epoch_end(5, {"val_R@1": 0.375})
    assert again.epoch == 3


def test_bad_monitor(model, tmp_path):
    with pytest.raises(ValueError, match="begins with 'val_'"):
        callbacks.BestModel(tmp_path / "best.keras", "test_R@1")
    best = callbacks.BestModel(tmp_path / "best.keras", "val_R@7")
    best.set_model(model)
    with pytest.raises(ValueError, match=r"one of the figures \['val_R@1'\]"):
        best.on_epoch_end(0, {"loss": 1.0, "val_R@1": 0.5})
