"""What `fit` gets in a training run: batches, and callbacks in their order."""

from keras_cmr import callbacks
from keras_cmr.datasets import HardNegatives
from keras_cmr.training.run_folder import BEST
from keras_cmr.training.run_folder import CHECKPOINTS


class RunCallbacks:
    """Batches and callbacks of `keras_cmr.experiment.train`.

    Figures are measured first, so that all that follow see them; the check of
    the weights comes before whatever saves them, and the checkpoint last, so
    that it holds the state of all others after the epoch.

    Args:
        config: `Config`.
        out: `pathlib.Path`. Folder of the run.
        benchmark: `Benchmark`.
        split: `Split` to train on, of its pixels or of features.
        users: Sequence of `keras.callbacks.Callback`, the user's.
        verbose: 0, 1 or 2, see `train`.
    """

    def __init__(self, config, out, benchmark, split, users, verbose):
        self.config = config
        self.out = out
        self._split = split
        self._verbose = verbose
        self._first, self.best = [callbacks.FiniteCheck()], None
        if config.evaluate_every:
            self._first.append(_recall(config, benchmark))
        if config.monitor is not None:
            self.best = callbacks.BestModel(out / BEST, config.monitor)
            self._first.append(self.best)
        self._first += users
        self.epoch_log = callbacks.EpochLog(out / "epochs.csv")
        self._last, self._hard_negatives = [self.epoch_log], None
        if config.hard_negatives:
            self._hard_negatives = HardNegatives(
                self._split, config.hard_negatives
            )
            self._last.append(
                callbacks.HardNegativeMining(
                    self._hard_negatives, config.mine_every
                )
            )
        self._progress = callbacks.Progress(bar=verbose == 1)
        self.checkpoint = callbacks.Checkpoint(
            out / CHECKPOINTS,
            also=[
                callback
                for callback in [*self._first, *self._last]
                if hasattr(callback, "state") and hasattr(callback, "restore")
            ],
        )

    def batches(self, tokenize, initial_epoch=0):
        """The batches of training, from an epoch on."""
        return self._split.batches(
            self.config.batch_size,
            tokenize=tokenize,
            group_size=self.config.group_size,
            seed=self.config.seed,
            initial_epoch=initial_epoch,
            hard_negatives=self._hard_negatives,
        )

    def callbacks(self, others=()):
        """All callbacks, with `others` that have no state to keep."""
        shown = [self._progress] if self._verbose else []
        return [*self._first, *others, *self._last, *shown, self.checkpoint]

    def stop(self):
        """Leaves the terminal as it was, also after an error."""
        self._progress.stop()

    def context(self):
        """What the report should say about the choice of the model."""
        if self.best is None:
            return {}
        return {"best_epoch": self.best.epoch, "best_figure": self.best.best}


def _recall(config, benchmark):
    """The figures of the validation split, or the test split's by name."""
    if benchmark.val is not None:
        split, prefix = benchmark.val, "val_"
    else:
        split, prefix = benchmark.test, "test_"
    return callbacks.Recall(
        split, config.protocol, config.evaluate_every, prefix
    )
