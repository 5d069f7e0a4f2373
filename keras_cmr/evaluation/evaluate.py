"""From a model and a split to a report."""

from collections.abc import Mapping
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from tqdm import tqdm

from keras_cmr.embedder import Embedder
from keras_cmr.evaluation.bootstrap import check_resamples
from keras_cmr.evaluation.context import check_context
from keras_cmr.evaluation.context import environment
from keras_cmr.evaluation.cosine import unit_rows
from keras_cmr.evaluation.protocols import fitting_protocols
from keras_cmr.evaluation.protocols import get_protocol
from keras_cmr.evaluation.report import Report
from keras_cmr.evaluation.report import summarise
from keras_cmr.evaluation.reports import Reports
from keras_cmr.evaluation.scores import check_chunk_size
from keras_cmr.version import __version__

if TYPE_CHECKING:
    from keras_cmr.datasets import Benchmark
    from keras_cmr.datasets import Split

# Reference images are copied out of the split in pieces of about this size.
PIECE_BYTES = 2**26


def evaluate(
    model: Embedder,
    split: "Split",
    protocol: str | Sequence[str] = "tirg/caption-match",
    batch_size: int = 256,
    chunk_size: int | None = None,
    resamples: int = 1000,
    seed: int = 0,
    verbose: int = 1,
    benchmark: "Benchmark | str" = "",
    context: Mapping[str, Any] | None = None,
) -> Report | Reports:
    """Embed a split with a model and report its figures under a protocol.

    The gallery is embedded with `model.embed_targets`, the queries with
    `model.embed_queries`; nothing else of the model is used but its
    `fingerprint`. Embeddings are scaled to unit length, so that scores are
    cosines. Whatever the model does, the ranking is exact.

    Args:
        model: Object with `embed_targets`, `embed_queries`, `fingerprint`.
        split: `Split`, for example `keras_cmr.datasets.load("css").test`.
        protocol: str, the name of a rule; a list of names; or `"all"` for
            all that fit the split, which needs `benchmark`. The split is
            embedded once. Defaults to `"tirg/caption-match"`.
        batch_size: int. Images embedded at once. Defaults to `256`.
        chunk_size: int or `None`. Queries scored at once, see
            `first_hit_ranks`. Defaults to `None`.
        resamples: int. Bootstrap resamples. Defaults to `1000`.
        seed: int. Seed of the bootstrap. Defaults to `0`.
        verbose: `0` or `1`. Progress bars. Defaults to `1`.
        benchmark: `Benchmark` of the split, or its name, which the report
            records. Defaults to `""`.
        context: Dict or `None`. What should be recorded with the figures:
            command, config, seeds, hardware, wall time. It must fit into
            JSON. Python and NumPy version, CPU, date and the number of
            missing images and lost queries are added.

    Returns:
        A `Report` for one name, otherwise `Reports`, a dict of them.

    Example:

    ```python
    import keras_cmr

    css = keras_cmr.datasets.css.generate(scenes=20, verbose=0)
    model = keras_cmr.models.ComposedRetriever(
        keras_cmr.models.ImageEncoder(keras_cmr.models.small_resnet(), 64),
        keras_cmr.models.LSTMTextEncoder(css.train.vocabulary),
        fusion=keras_cmr.layers.TIRG(),
    )
    evaluate = keras_cmr.evaluation.evaluate
    print(evaluate(model, css.test, benchmark="css"))
    print(evaluate(model, css.test, protocol="all", benchmark=css))
    ```
    """
    # Refuse before the expensive part.
    _check_arguments(chunk_size, resamples, context)
    _rules(protocol, split, benchmark)
    queries, candidates = embed_split(model, split, batch_size, verbose)
    return evaluate_embeddings(
        queries,
        candidates,
        split,
        protocol=protocol,
        chunk_size=chunk_size,
        resamples=resamples,
        seed=seed,
        verbose=verbose,
        benchmark=benchmark,
        model_fingerprint=model.fingerprint,
        context=context,
    )


def evaluate_embeddings(
    queries: ArrayLike,
    candidates: ArrayLike,
    split: "Split",
    protocol: str | Sequence[str] = "tirg/caption-match",
    chunk_size: int | None = None,
    resamples: int = 1000,
    seed: int = 0,
    verbose: int = 0,
    benchmark: "Benchmark | str" = "",
    model_fingerprint: str = "",
    context: Mapping[str, Any] | None = None,
    groups: Mapping[str, ArrayLike] | None = None,
) -> Report | Reports:
    """Report the figures of given embeddings, from whatever model they come.

    Args:
        queries: Float array `(num_queries, dim)`, row `i` for query `i`.
        candidates: Float array `(num_images, dim)`, row `i` for image `i`.
        split: `Split` that the embeddings belong to.
        protocol: str, list of str or `"all"`. See `evaluate`.
        chunk_size: int or `None`. See `first_hit_ranks`.
        resamples: int. Bootstrap resamples. Defaults to `1000`.
        seed: int. Seed of the bootstrap. Defaults to `0`.
        verbose: `0` or `1`. Progress bar of the ranking. Defaults to `0`.
        benchmark: `Benchmark` or str. See `evaluate`. Defaults to `""`.
        model_fingerprint: str. Recorded in the report. Defaults to `""`.
        context: Dict or `None`. See `evaluate`.
        groups: Dict of name -> array `(num_queries,)`, or `None`: slices
            beside those by kind and by seen. Defaults to `None`.

    Returns:
        A `Report` for one name, otherwise `Reports`, a dict of them.

    Example:

    ```python
    import keras_cmr

    css = keras_cmr.datasets.css.generate(scenes=20, verbose=0)
    images = css.test.images.pixels.reshape(len(css.test.images), -1) + 1.0
    references = images[css.test.queries.references]
    evaluate = keras_cmr.evaluation.evaluate_embeddings
    print(evaluate(references, images, css.test))   # the text is ignored
    ```
    """
    _check_arguments(chunk_size, resamples, context)
    rules = _rules(protocol, split, benchmark)
    queries = unit_rows("queries", queries, len(split.queries.references))
    candidates = unit_rows("candidates", candidates, len(split.images.labels))
    slices = {
        "kind": split.queries.kinds,
        "seen": split.queries.seen,
        **(groups or {}),
    }
    groups = {
        name: np.asarray(values).astype(str)
        for name, values in slices.items()
        if values is not None
    }
    known = {
        **environment(),
        "missing_images": len(split.missing),
        "lost_queries": split.lost_queries,
        **(context or {}),
    }
    reports = Reports()
    for rule in rules:
        ranks = rule.rank(
            split, queries, candidates, chunk_size=chunk_size, verbose=verbose
        )
        figures, slices = summarise(rule, ranks, groups, resamples, seed)
        reports[rule.name] = Report(
            protocol=rule.name,
            protocol_version=rule.version,
            benchmark=getattr(benchmark, "name", benchmark),
            split=split.name,
            dataset_fingerprint=split.fingerprint,
            model_fingerprint=model_fingerprint,
            package_version=__version__,
            num_candidates=rule.num_candidates(split),
            resamples=resamples,
            seed=seed,
            figures=figures,
            slices=slices,
            context=known,
            ranks=ranks,
            groups=groups,
        )
    if isinstance(protocol, str) and protocol != "all":
        return reports[protocol]
    return reports


def _rules(protocol, split, benchmark):
    """The protocols asked for, all of which fit the split."""
    if protocol == "all":
        if isinstance(benchmark, str):
            raise ValueError(
                "`protocol='all'` needs the `Benchmark` that the split is "
                "part of, which knows its protocols. Received: "
                f"benchmark={benchmark!r}"
            )
        names = fitting_protocols(benchmark, split)
    else:
        names = [protocol] if isinstance(protocol, str) else protocol
    if not isinstance(names, list | tuple) or not names:
        raise ValueError(
            "`protocol` must be the name of a protocol, a list of names or "
            f"'all'. Received: {protocol!r}"
        )
    rules = [get_protocol(name) for name in names]
    for rule in rules:
        rule.check(split)
    return rules


def _check_arguments(chunk_size, resamples, context):
    check_chunk_size(chunk_size)
    check_resamples(resamples)
    check_context(context)


def embed_split(
    model: Embedder, split: "Split", batch_size: int = 256, verbose: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings of a split, computed in pieces so that pixels stay few.

    Args:
        model: Object with `embed_targets` and `embed_queries`.
        split: `Split`.
        batch_size: int. Images embedded at once. Defaults to `256`.
        verbose: `0` or `1`. Progress bars. Defaults to `1`.

    Returns:
        Tuple of float arrays: queries `(num_queries, dim)` and candidates
        `(num_images, dim)`.
    """
    pixels, references = split.images.pixels, split.queries.references
    # A model sees each reference of a piece once: let them lie together.
    order = np.argsort(references, kind="stable")
    references = references[order]
    texts = split.queries.modifications[order]

    def targets(rows):
        return model.embed_targets(
            pixels[rows], batch_size=batch_size, verbose=0
        )

    def queries(rows):
        return model.embed_queries(
            split.reference_pixels[references[rows]],
            texts[rows].tolist(),
            batch_size=batch_size,
            verbose=0,
        )

    image_bytes = int(np.prod(pixels.shape[1:])) * pixels.dtype.itemsize
    # Whole batches, so that the batches are those of one single call.
    piece = batch_size * max(1, PIECE_BYTES // (image_bytes * batch_size))
    candidates = _in_pieces(targets, len(pixels), piece, "image", verbose)
    sorted_rows = _in_pieces(queries, len(references), piece, "query", verbose)
    rows = np.empty_like(sorted_rows)
    rows[order] = sorted_rows
    return rows, candidates


def _in_pieces(embed, total, piece, unit, verbose):
    rows = []
    with tqdm(
        total=total, desc=f"embedding {unit}", unit=unit, disable=not verbose
    ) as bar:
        for first in range(0, total, piece):
            rows.append(embed(slice(first, min(first + piece, total))))
            bar.update(len(rows[-1]))
    return np.concatenate(rows)
