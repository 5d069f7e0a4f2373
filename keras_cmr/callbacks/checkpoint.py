"""All of a training run's state on the disk, after every epoch."""

import warnings
from pathlib import Path

import keras
import numpy as np
from keras import ops

from keras_cmr.models.trainers.built_optimizer import build_optimizer
from keras_cmr.training.checkpoint_file import read_checkpoint
from keras_cmr.training.checkpoint_file import write_checkpoint


class Checkpoint(keras.callbacks.Callback):
    """Writes all that a run needs to go on as if it had never stopped.

    After every epoch one file is written: the weights, every variable of the
    optimizer (with its iterations and moving averages), the states of all
    random seeds of the model and the number of the epoch. A kill at any
    moment leaves whole files only, and `restore` takes the newest. With
    batches that start at that epoch a resumed run ends, on a CPU, with the
    weights of the unbroken one, bit for bit.

    Keras' `BackupAndRestore` is not exact, which a test shows: the files of
    weights it writes leave out the states of seeds, so that dropout draws
    other numbers after a restore. Nor is a file of it written in one step,
    and the epoch to go on with is known only inside `fit`, when the batches
    are already made.

    Args:
        folder: Path. Gets `epoch_00001.npz` and so on; it is made.
        keep: int. Files to keep; older ones are removed. Defaults to `2`, so
            that one is left if the newest proves damaged.
        also: Sequence of callbacks with state of their own: `state()`
            returns a dict of arrays and of what JSON can hold, `restore(
            state)` takes it back. They must come before this one in `fit`.

    Example:

    ```python
    import keras
    import numpy as np
    import keras_cmr

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    checkpoint = keras_cmr.callbacks.Checkpoint("checkpoints")
    model.fit(
        np.ones((8, 2)),
        np.ones((8, 1)),
        initial_epoch=checkpoint.restore(model),  # 0 unless there is a file
        epochs=3,
        callbacks=[checkpoint],
        verbose=0,
    )
    ```
    """

    def __init__(self, folder, keep=2, also=()):
        super().__init__()
        if not isinstance(keep, int) or keep < 1:
            raise ValueError(
                f"`keep` must be a positive int. Received: keep={keep!r}"
            )
        for callback in also:
            if not all(hasattr(callback, x) for x in ("state", "restore")):
                raise TypeError(
                    "`also` must hold callbacks with `state()` and "
                    f"`restore(state)`. Received: {type(callback).__name__}"
                )
        self.folder = Path(folder)
        self.keep = keep
        self.also = list(also)

    def files(self):
        """Paths of the checkpoints, the oldest first."""
        return sorted(self.folder.glob("epoch_*.npz"))

    def remove(self):
        """Removes all checkpoints, when they are of no more use."""
        for path in self.files():
            path.unlink()
        if self.folder.is_dir() and not any(self.folder.iterdir()):
            self.folder.rmdir()

    def on_epoch_end(self, epoch, logs=None):
        self.folder.mkdir(parents=True, exist_ok=True)
        arrays = {
            f"{part}/{i}": ops.convert_to_numpy(variable)
            for part, variables in _variables(self.model).items()
            for i, variable in enumerate(variables)
        }
        states = []
        for i, callback in enumerate(self.also):
            states.append({})
            for name, value in callback.state().items():
                if isinstance(value, np.ndarray):
                    arrays[f"also/{i}/{name}"] = value
                else:
                    states[-1][name] = value
        path = self.folder / f"epoch_{epoch + 1:05}.npz"
        record = {"epoch": epoch + 1, "also": states, "of": self._names()}
        write_checkpoint(path, arrays, record)
        for old in self.files()[: -self.keep]:
            old.unlink()

    def restore(self, model):
        """Gives a compiled, untrained model the state of the newest file.

        Args:
            model: `keras.Model`, built and compiled as at the first start.

        Returns:
            int. The number of epochs done, `fit`'s `initial_epoch`; `0` if
            there is no checkpoint.

        Raises:
            ValueError: If the checkpoint is another model's, or of other
                callbacks.
        """
        for path in reversed(self.files()):
            try:
                arrays, record = read_checkpoint(path)
            except ValueError as error:
                warnings.warn(
                    f"{error}. The checkpoint before it is taken, if any.",
                    stacklevel=2,
                )
                continue
            if record.get("of", self._names()) != self._names():
                raise ValueError(
                    f"`also` must hold the callbacks that {path} has the "
                    f"states of, {record['of']}. Received: {self._names()}"
                )
            self._give(model, path, arrays, record["also"])
            return record["epoch"]
        return 0

    def _names(self):
        return [type(callback).__name__ for callback in self.also]

    def _give(self, model, path, arrays, states):
        build_optimizer(model)
        for part, variables in _variables(model).items():
            shapes = [
                value.shape
                for name, value in arrays.items()
                if name.startswith(f"{part}/")
            ]
            wanted = [tuple(variable.shape) for variable in variables]
            if shapes != wanted:
                raise ValueError(
                    f"`model` must be the one of {path}. Received: a model "
                    f"whose {len(wanted)} variables ({part}) differ in number "
                    f"or shape from the {len(shapes)} in the file"
                )
        for part, variables in _variables(model).items():
            for i, variable in enumerate(variables):
                variable.assign(arrays[f"{part}/{i}"])
        for i, (callback, state) in enumerate(
            zip(self.also, states, strict=True)
        ):
            start = f"also/{i}/"
            own = {
                name.removeprefix(start): value
                for name, value in arrays.items()
                if name.startswith(start)
            }
            callback.restore({**state, **own})


def _variables(model):
    # `variables` of a model are its weights and the states of its seeds.
    return {"model": model.variables, "optimizer": model.optimizer.variables}
