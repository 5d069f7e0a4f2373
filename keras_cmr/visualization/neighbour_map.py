"""Embeddings laid out on a plane, near ones near each other."""

import numpy as np


def neighbour_map(embeddings, most=300, seed=0):
    """Places of several kinds of embeddings on one plane, by t-SNE.

    Neighbourhoods mean something in it, distances between far groups and the
    size of groups do not.

    Args:
        embeddings: Dict of kind to a float array `(n, dim)`, such as
            `ModalityGap.embeddings`.
        most: int. Rows of a kind that are placed, drawn at random where there
            are more. Defaults to `300`.
        seed: int. Seed of that draw and of t-SNE. Defaults to `0`.

    Returns:
        Dict of kind to a float array `(min(n, most), 2)`.

    Raises:
        ImportError: Without scikit-learn, with the command to install it.

    Example:

    ```python
    import numpy as np
    import keras_cmr

    one, other = np.random.default_rng(0).normal(size=(2, 20, 8))
    places = keras_cmr.visualization.neighbour_map(
        {"text": one, "target": other}
    )
    keras_cmr.visualization.gap_picture({"trained": places})
    ```
    """
    try:
        from sklearn.manifold import TSNE
    except ImportError as error:
        raise ImportError(
            "`neighbour_map` needs scikit-learn: run `pip install "
            '"keras-cmr[gap]"`'
        ) from error
    draws = np.random.default_rng(seed)
    chosen = {}
    for kind, rows in embeddings.items():
        rows = np.asarray(rows, dtype="float64")
        if len(rows) > most:
            rows = rows[draws.choice(len(rows), most, replace=False)]
        chosen[kind] = rows
    together = np.concatenate(list(chosen.values()))
    if len(together) < 4:
        raise ValueError(
            f"`embeddings` must hold at least 4 rows. Received: {len(together)}"
        )
    places = TSNE(
        perplexity=min(30.0, (len(together) - 1) / 3),
        init="pca",
        random_state=seed,
    ).fit_transform(together)
    ends = np.cumsum([len(rows) for rows in chosen.values()])[:-1]
    return dict(zip(chosen, np.split(places, ends), strict=True))
