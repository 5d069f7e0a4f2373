"""Which curves of a training history are drawn together."""

import dataclasses
from collections.abc import Mapping

import numpy as np

LONGEST_NAME = 28


@dataclasses.dataclass(frozen=True, eq=False)
class Series:
    """One curve.

    Args:
        label: str. Its name in words.
        values: Float array `(records,)`; what is not finite is NaN.
        colour: int. Number of its colour in the panel.
        validation: bool. Whether it was measured on validation data.
        missing: int. How many of its values are not finite.
    """

    label: str
    values: np.ndarray
    colour: int
    validation: bool
    missing: int

    def describe(self):
        """The curve's first and last value, in words."""
        finite = self.values[np.isfinite(self.values)]
        if not finite.size:
            return f"{self.label}: no finite value"
        if finite.size == 1:
            return f"{self.label}: {finite[0]:.3g}"
        return f"{self.label}: from {finite[0]:.3g} to {finite[-1]:.3g}"


@dataclasses.dataclass(frozen=True, eq=False)
class Panel:
    """Curves that share a pair of axes.

    Args:
        title: str. What the panel shows.
        percent: bool. Whether values in `[0, 1]` are shown in per cent.
        series: tuple of `Series`.
        places: Int array `(records,)`. Epoch or step of each record.
        unit: str. `"epoch"` or `"step"`.
    """

    title: str
    percent: bool
    series: tuple[Series, ...]
    places: np.ndarray
    unit: str

    def describe(self):
        """The panel in words, for readers who do not see it."""
        curves = "; ".join(series.describe() for series in self.series)
        where = f"{self.unit} {self.places[0]}"
        if len(self.places) > 1:
            where = f"{self.unit}s {self.places[0]} to {self.places[-1]}"
        return f"{self.title}, {where}. {curves}."


def curve_panels(history, steps=None):
    """Sort a history into panels.

    Names that end in `loss` share a panel, so do names with `recall`. Every
    estimate of mutual information (a name that ends in `_mi`) has its own,
    and so has every other name. A name and its `val_` twin stay together.

    Args:
        history: dict of name to sequence of float, one per epoch, all of the
            same length: the `history` attribute of `keras.callbacks.History`.
        steps: Sequence of int. The training step of each record, if they are
            not one per epoch. Defaults to `None`.

    Returns:
        List of `Panel`: losses, mutual information, recalls, the rest.
    """
    values = _checked(history)
    axis = _axis(steps, len(next(iter(values.values()))))
    groups = {"loss": [], "mi": {}, "recall": [], "other": {}}
    for name in values:
        base = name.removeprefix("val_")
        if base.endswith("loss"):
            groups["loss"].append(name)
        elif base.endswith("_mi"):
            groups["mi"].setdefault(base, []).append(name)
        elif "recall" in base:
            groups["recall"].append(name)
        else:
            groups["other"].setdefault(base, []).append(name)
    panels = []
    if groups["loss"]:
        panels.append(_panel("Losses", groups["loss"], values, axis))
    for base, names in groups["mi"].items():
        panels.append(_panel(f"{words(base)}, nats", names, values, axis))
    if groups["recall"]:
        panels.append(_panel("Recall", groups["recall"], values, axis, True))
    for base, names in groups["other"].items():
        panels.append(_panel(words(base), names, values, axis))
    return panels


def words(name):
    """`"text_image_mi"` as `"Text image MI"`, at most 28 letters."""
    text = " ".join(
        "MI" if word == "mi" else word for word in name.split("_") if word
    )
    text = "".join(sign if sign.isprintable() else "?" for sign in text)
    if len(text) > LONGEST_NAME:
        text = text[: LONGEST_NAME - 1] + "…"
    return text[:1].upper() + text[1:]


def _panel(title, names, values, axis, percent=False):
    bases = list(dict.fromkeys(name.removeprefix("val_") for name in names))
    series = []
    for name in names:
        base = name.removeprefix("val_")
        array = values[name]
        finite = np.isfinite(array)
        missing = int(array.size - finite.sum())
        label = words(base)
        if name != base:
            label = f"{label}, validation"
        if missing:
            label = f"{label} ({missing} not finite)"
        series.append(
            Series(
                label=label,
                values=np.where(finite, array, np.nan),
                colour=bases.index(base),
                validation=name != base,
                missing=missing,
            )
        )
    return Panel(title, percent, tuple(series), *axis)


def _axis(steps, records):
    """`(places, unit)` of the records."""
    if steps is None:
        return np.arange(1, records + 1), "epoch"
    places = np.asarray(steps)
    if places.shape != (records,) or places.dtype.kind not in "iu":
        raise ValueError(
            "`steps` must hold one integer per record of the history, that "
            f"is {records}. Received: {steps!r}."
        )
    if (np.diff(places) <= 0).any():
        raise ValueError(f"`steps` must increase. Received: {steps!r}.")
    return places, "step"


def _checked(history):
    if not isinstance(history, Mapping):
        raise TypeError(
            "`history` must be a dict of name to values, one per epoch. "
            f"Received: {type(history).__name__}. From `fit`, pass "
            "`model.fit(...).history`."
        )
    if not history:
        raise ValueError("`history` must not be empty. Received: {}.")
    values = {}
    for name, sequence in history.items():
        array = np.asarray(sequence)
        if array.ndim != 1 or (array.size and array.dtype.kind not in "fiu"):
            raise TypeError(
                f"`history[{name!r}]` must be a flat sequence of numbers. "
                f"Received: {sequence!r}."
            )
        values[name] = array.astype(float)
    lengths = {name: len(array) for name, array in values.items()}
    if len(set(lengths.values())) > 1 or 0 in lengths.values():
        raise ValueError(
            "`history` must hold one value per epoch for every name, at "
            f"least one. Received: lengths {lengths}. Give NaN to an epoch "
            "without a value."
        )
    return values
