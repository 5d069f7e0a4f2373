"""Conditions on metadata: `where={"brand": "x", "price": {"$lt": 50}}`."""

import operator
from numbers import Real
from typing import NamedTuple

import numpy as np

_ORDERS = {
    "$gt": operator.gt,
    "$gte": operator.ge,
    "$lt": operator.lt,
    "$lte": operator.le,
}
OPERATORS = ("$in", "$ne", "$contains", *_ORDERS)


class Condition(NamedTuple):
    """One condition on one key.

    Args:
        key: String, a key of the metadata.
        operator: One of `OPERATORS`; equality is `$in` of one value.
        value: Tuple of values for `$in`, else one value.
    """

    key: str
    operator: str
    value: object

    def holds(self, value):
        """Whether a metadata value satisfies the condition."""
        if self.operator == "$in":
            return any(_equal(value, wanted) for wanted in self.value)
        if self.operator == "$ne":
            return not _equal(value, self.value)
        if self.operator == "$contains":
            return isinstance(value, list) and any(
                _equal(entry, self.value) for entry in value
            )
        return _is_number(value) and _ORDERS[self.operator](value, self.value)


class Where(NamedTuple):
    """Conditions that must all hold.

    A key that an image's metadata lacks satisfies no condition, `$ne`
    neither. `True` and `1` are different values, `1` and `1.0` are not.

    Args:
        conditions: Tuple of `Condition`, at least one.
    """

    conditions: tuple[Condition, ...]

    @classmethod
    def parse(cls, where):
        """Checks what a caller gave.

        Args:
            where: `None`, or a dict from metadata key to a value, a list of
                values of which one must match, or a dict from operator
                (`$gt`, `$gte`, `$lt`, `$lte` for numbers, `$ne`, `$in`,
                `$contains` for lists) to a value.

        Returns:
            A `Where`, or `None` where nothing is asked for.
        """
        if where is None:
            return None
        if not isinstance(where, dict):
            raise TypeError(
                "`where` must be a dict from metadata key to a value. "
                f"Received: {where!r}"
            )
        conditions = []
        for key, wanted in where.items():
            if not isinstance(key, str):
                raise TypeError(
                    f"`where` must have strings as keys. Received: {key!r}"
                )
            conditions += _conditions(key, wanted)
        return cls(tuple(conditions)) if conditions else None

    def holds(self, metadata):
        """Whether an image with this metadata is a candidate."""
        return all(
            condition.key in metadata
            and condition.holds(metadata[condition.key])
            for condition in self.conditions
        )

    def __str__(self):
        return " and ".join(
            f"{c.key} {c.operator} {c.value!r}" for c in self.conditions
        )


def _conditions(key, wanted):
    if not isinstance(wanted, dict):
        values = wanted if isinstance(wanted, list | tuple) else [wanted]
        return [_checked(key, "$in", tuple(values))]
    if not wanted:
        raise ValueError(
            f"`where` must name an operator of {OPERATORS}. Received: "
            f"{{{key!r}: {{}}}}"
        )
    conditions = []
    for name, value in wanted.items():
        if name not in OPERATORS:
            raise ValueError(
                f"`where` must use operators of {OPERATORS}. Received: "
                f"{name!r} for {key!r}"
            )
        if name == "$in":
            if not isinstance(value, list | tuple):
                raise TypeError(
                    f"`where` needs a list for `$in`. Received: {value!r}"
                )
            value = tuple(value)
        conditions.append(_checked(key, name, value))
    return conditions


def _checked(key, name, value):
    # NumPy would compare a float of its own in that one's precision.
    values = value if name == "$in" else (value,)
    values = tuple(v.item() if isinstance(v, np.generic) else v for v in values)
    for single in values:
        if name in _ORDERS and not _is_number(single):
            raise TypeError(
                f"`where` needs a number for `{name}`. Received: {single!r} "
                f"for {key!r}"
            )
        if not isinstance(single, str | bool | Real) or single != single:
            raise TypeError(
                "`where` compares with strings, numbers and booleans. "
                f"Received: {single!r} for {key!r}"
            )
    return Condition(key, name, values if name == "$in" else values[0])


def _is_number(value):
    return isinstance(value, Real) and not isinstance(value, bool)


def _equal(left, right):
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, str | Real) and isinstance(right, str | Real):
        return left == right
    return False
