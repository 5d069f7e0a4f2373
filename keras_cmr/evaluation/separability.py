"""How well a straight cut tells two sets of embeddings apart."""

import numpy as np


def separability(first, second, groups=None, folds=5, seed=0):
    """Balanced accuracy of a logistic regression on rows it hasn't seen.

    Mean over cross-validation folds; every number is standardised on the
    training rows, and both sets weigh the same however many rows they have.
    Give distinct rows: a row in both a training and a test fold is no test.
    Rows that resemble each other across the sets, as a reference and its
    target do, need `groups`: apart, the one in training would mark its twin
    in the test as the other set, and the accuracy fall below chance.

    Args:
        first: Float array `(n, dim)`.
        second: Float array `(m, dim)`.
        groups: Pair of int arrays `(n,)` and `(m,)`: rows of one group are in
            one fold. `None` makes every row a group. Defaults to `None`.
        folds: int, at least 2. Folds. Defaults to `5`.
        seed: int. Seed of the folds. Defaults to `0`.

    Returns:
        float: about 0.5 where nothing linear tells the sets apart, 1.0 where
        a plane lies between them.

    Raises:
        ValueError: If a set has fewer groups (without `groups`, rows) than
            there are folds.
        ImportError: Without scikit-learn, with the command to install it.

    Example:

    ```python
    import numpy as np
    import keras_cmr

    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(2, 50, 8))
    keras_cmr.evaluation.separability(one, other)        # about 0.5
    keras_cmr.evaluation.separability(one, other + 9)    # 1.0
    ```
    """
    first, second = np.asarray(first), np.asarray(second)
    if first.ndim != 2 or second.ndim != 2 or first.shape[1] != second.shape[1]:
        raise ValueError(
            "`first` and `second` must have shapes `(n, dim)` and `(m, dim)`. "
            f"Received: {first.shape} and {second.shape}"
        )
    sizes = [len(first), len(second)]
    if groups is None:
        groups = np.split(np.arange(sum(sizes)), [len(first)])
    if len(groups) != 2 or [len(g) for g in groups] != sizes:
        raise ValueError(
            "`groups` must hold a group for each row of `first` and of "
            f"`second`, that is {sizes}. Received: {[len(g) for g in groups]}"
        )
    numbers = [len(np.unique(g)) for g in groups]
    if folds < 2 or min(numbers) < folds:
        raise ValueError(
            "`folds` must be at least 2 and at most the groups of either set, "
            f"whose rows are {sizes}. Received: folds={folds} for {numbers} "
            "groups"
        )
    groups = np.concatenate(groups)
    try:
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import StratifiedGroupKFold
        from sklearn.model_selection import cross_val_score
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler
    except ImportError as error:
        raise ImportError(
            "`separability` needs scikit-learn: run "
            '`pip install "keras-cmr[gap]"`'
        ) from error
    accuracies = cross_val_score(
        make_pipeline(
            StandardScaler(),
            LogisticRegression(class_weight="balanced", max_iter=1000),
        ),
        np.concatenate([first, second]).astype("float64"),
        np.repeat([0, 1], sizes),
        groups=groups,
        scoring="balanced_accuracy",
        error_score="raise",
        cv=StratifiedGroupKFold(folds, shuffle=True, random_state=seed),
    )
    return float(accuracies.mean())
