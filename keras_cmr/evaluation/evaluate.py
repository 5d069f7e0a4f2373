"""From a model and a split to a report."""

import numpy as np
from tqdm import tqdm

from keras_cmr.evaluation.bootstrap import check_resamples
from keras_cmr.evaluation.context import check_context
from keras_cmr.evaluation.context import environment
from keras_cmr.evaluation.cosine import unit_rows
from keras_cmr.evaluation.protocols import get_protocol
from keras_cmr.evaluation.ranking import check_chunk_size
from keras_cmr.evaluation.report import Report
from keras_cmr.evaluation.report import summarise
from keras_cmr.version import __version__

# Reference images are copied out of the split in pieces of about this size.
PIECE_BYTES = 2**26


def evaluate(
    model,
    split,
    protocol="tirg/caption-match",
    batch_size=256,
    chunk_size=None,
    resamples=1000,
    seed=0,
    verbose=1,
    benchmark="",
    context=None,
):
    """Embed a split with a model and report its figures under a protocol.

    The gallery is embedded with `model.embed_targets`, the queries with
    `model.embed_queries`; nothing else of the model is used but its
    `fingerprint`. Embeddings are scaled to unit length, so that scores are
    cosines. Whatever the model does, the ranking is exact.

    Args:
        model: Object with `embed_targets`, `embed_queries`, `fingerprint`.
        split: `Split`, for example `keras_cmr.datasets.load("css").test`.
        protocol: str. Name of the rule. Defaults to `"tirg/caption-match"`.
        batch_size: int. Images embedded at once. Defaults to `256`.
        chunk_size: int or `None`. Queries scored at once, see
            `first_hit_ranks`. Defaults to `None`.
        resamples: int. Bootstrap resamples. Defaults to `1000`.
        seed: int. Seed of the bootstrap. Defaults to `0`.
        verbose: `0` or `1`. Progress bars. Defaults to `1`.
        benchmark: str. Name of the benchmark, recorded in the report.
            Defaults to `""`.
        context: Dict or `None`. What should be recorded with the figures:
            command, config, seeds, hardware, wall time. It must fit into
            JSON. Python and NumPy version, CPU and date are added.

    Returns:
        A `Report`.

    Example:

    ```python
    import keras_cmr

    css = keras_cmr.datasets.css.generate(scenes=20, verbose=0)
    model = keras_cmr.models.ComposedRetriever(
        keras_cmr.models.ImageEncoder(keras_cmr.models.small_resnet(), 64),
        keras_cmr.models.LSTMTextEncoder(css.train.vocabulary),
        fusion=keras_cmr.layers.TIRG(),
    )
    report = keras_cmr.evaluation.evaluate(model, css.test, benchmark="css")
    print(report)
    ```
    """
    # Refuse before the expensive part.
    _check_arguments(protocol, split, chunk_size, resamples, context)
    candidates = model.embed_targets(
        split.images.pixels, batch_size=batch_size, verbose=verbose
    )
    return evaluate_embeddings(
        _embed_queries(model, split, batch_size, verbose),
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
    queries,
    candidates,
    split,
    protocol="tirg/caption-match",
    chunk_size=None,
    resamples=1000,
    seed=0,
    verbose=0,
    benchmark="",
    model_fingerprint="",
    context=None,
):
    """Report the figures of given embeddings, from whatever model they come.

    Args:
        queries: Float array `(num_queries, dim)`, row `i` for query `i`.
        candidates: Float array `(num_images, dim)`, row `i` for image `i`.
        split: `Split` that the embeddings belong to.
        protocol: str. Name of the rule. Defaults to `"tirg/caption-match"`.
        chunk_size: int or `None`. See `first_hit_ranks`.
        resamples: int. Bootstrap resamples. Defaults to `1000`.
        seed: int. Seed of the bootstrap. Defaults to `0`.
        verbose: `0` or `1`. Progress bar of the ranking. Defaults to `0`.
        benchmark: str. Name recorded in the report. Defaults to `""`.
        model_fingerprint: str. Recorded in the report. Defaults to `""`.
        context: Dict or `None`. See `evaluate`.

    Returns:
        A `Report`.

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
    rule = _check_arguments(protocol, split, chunk_size, resamples, context)
    ranks = rule.rank(
        split,
        unit_rows("queries", queries, len(split.queries.references)),
        unit_rows("candidates", candidates, len(split.images.labels)),
        chunk_size=chunk_size,
        verbose=verbose,
    )
    groups = {
        "kind": np.asarray(split.queries.kinds, dtype=str),
        "seen": np.asarray(split.queries.seen, dtype=bool).astype(str),
    }
    figures, slices = summarise(rule, ranks, groups, resamples, seed)
    return Report(
        protocol=rule.name,
        protocol_version=rule.version,
        benchmark=benchmark,
        split=split.name,
        dataset_fingerprint=split.fingerprint,
        model_fingerprint=model_fingerprint,
        package_version=__version__,
        num_candidates=len(candidates),
        resamples=resamples,
        seed=seed,
        figures=figures,
        slices=slices,
        context={**environment(), **(context or {})},
        ranks=ranks,
        groups=groups,
    )


def _check_arguments(protocol, split, chunk_size, resamples, context):
    rule = get_protocol(protocol)
    rule.check(split)
    check_chunk_size(chunk_size)
    check_resamples(resamples)
    check_context(context)
    return rule


def _embed_queries(model, split, batch_size, verbose):
    queries, pixels = split.queries, split.images.pixels
    image_bytes = int(np.prod(pixels.shape[1:])) * pixels.dtype.itemsize
    # Whole batches, so that the batches are those of one single call.
    piece = batch_size * max(1, PIECE_BYTES // (image_bytes * batch_size))
    embeddings = []
    bar = tqdm(
        total=len(queries.references),
        desc="embedding queries",
        unit="query",
        disable=not verbose,
    )
    with bar:
        for first in range(0, len(queries.references), piece):
            rows = slice(first, first + piece)
            references = pixels[queries.references[rows]]
            embeddings.append(
                model.embed_queries(
                    references,
                    np.asarray(queries.modifications[rows]).tolist(),
                    batch_size=batch_size,
                    verbose=0,
                )
            )
            bar.update(len(references))
    return np.concatenate(embeddings)
