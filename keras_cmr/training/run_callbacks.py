"""The callbacks of a training run, in the order that they need."""

from keras_cmr import callbacks
from keras_cmr.datasets import HardNegatives


class RunCallbacks:
    """What `keras_cmr.experiment.train` gives to `fit`.

    Figures are measured first, so that all that follow see them; a check of
    the weights comes before whatever saves them, and the checkpoint last, so
    that it holds the state of all others after the epoch.

    Args:
        config: `Config`.
        out: `pathlib.Path`. Folder of the run.
        benchmark: `Benchmark`.
        others: Sequence of `keras.callbacks.Callback`, the user's.
        verbose: 0, 1 or 2, see `train`.
    """

    def __init__(self, config, out, benchmark, others, verbose):
        self.hard_negatives = None
        first, self.best = [callbacks.FiniteCheck()], None
        if config.hard_negatives:
            self.hard_negatives = HardNegatives(
                benchmark.train, config.hard_negatives
            )
            first.append(
                callbacks.HardNegativeMining(
                    self.hard_negatives, config.mine_every
                )
            )
        if config.evaluate_every:
            first.append(_recall(config, benchmark))
        if config.monitor is not None:
            self.best = callbacks.BestModel(out / "best.keras", config.monitor)
            first.append(self.best)
        self.epoch_log = callbacks.EpochLog(out / "epochs.csv")
        self._progress = callbacks.Progress(bar=verbose == 1)
        before = [*first, *others, self.epoch_log]
        self.checkpoint = callbacks.Checkpoint(
            out / "checkpoints",
            also=[one for one in before if hasattr(one, "state")],
        )
        self.callbacks = [*before, self.checkpoint]
        if verbose:
            self.callbacks.append(self._progress)

    def stop(self):
        """Leaves the terminal as it was, also after an error."""
        self._progress.stop()

    def context(self):
        """What the report should say about the choice of the model."""
        if self.best is None:
            return {}
        return {"best_epoch": self.best.epoch, "best_figure": self.best.best}

    def clean(self):
        """Removes what only an unfinished run needs."""
        self.checkpoint.remove()
        if self.best is not None:
            self.best.path.unlink()


def _recall(config, benchmark):
    """The figures of the validation split, or the test split's by name."""
    if benchmark.val is not None:
        split, prefix = benchmark.val, "val_"
    else:
        split, prefix = benchmark.test, "test_"
    return callbacks.Recall(
        split, config.protocol, config.evaluate_every, prefix
    )
