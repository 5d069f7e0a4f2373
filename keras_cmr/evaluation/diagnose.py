"""Why a model's figures are what they are."""

import numpy as np

from keras_cmr.datasets.css.word_roles import word_roles
from keras_cmr.evaluation.bootstrap import check_resamples
from keras_cmr.evaluation.context import check_context
from keras_cmr.evaluation.cosine import unit_rows
from keras_cmr.evaluation.diagnosis import examples
from keras_cmr.evaluation.diagnosis.diagnosis import Diagnosis
from keras_cmr.evaluation.diagnosis.groups import length_groups
from keras_cmr.evaluation.diagnosis.groups import scene_groups
from keras_cmr.evaluation.diagnosis.outcomes import outcome_groups
from keras_cmr.evaluation.diagnosis.outcomes import outcomes_of
from keras_cmr.evaluation.diagnosis.parts import part_groups
from keras_cmr.evaluation.diagnosis.parts import query_parts
from keras_cmr.evaluation.diagnosis.roles import general_roles
from keras_cmr.evaluation.diagnosis.scenes import read_scenes
from keras_cmr.evaluation.diagnosis.word_deletion import delete_words
from keras_cmr.evaluation.evaluate import embed_split
from keras_cmr.evaluation.evaluate import evaluate_embeddings
from keras_cmr.evaluation.protocols import get_protocol
from keras_cmr.evaluation.top_hits import top_hits


def diagnose(
    model,
    split,
    protocol="tirg/caption-match",
    k=10,
    sample=2000,
    batch_size=256,
    resamples=1000,
    seed=0,
    verbose=1,
    benchmark="",
    context=None,
):
    """Look into a model's figures: what it keeps, changes, reads and mixes.

    Four looks. **Slices**: the protocol's figures over each kind of text,
    each word for a place, seen and novel combinations. **Kept and changed**:
    whether the first hits keep what the text leaves alone, and show what it
    asks for; that needs images whose objects are known, as CSS. **Parts**:
    what the fusion adds up to the query, and how near that lies to reference
    and target. **Words**: what the query loses with each word of its text.
    What a benchmark or a model doesn't allow is said in `notes`.

    Args:
        model: Object as `evaluate` takes it. The looks at parts and words
            ask for `query_stages`, which a `ComposedRetriever` has.
        split: `Split`.
        protocol: str, the name of a rule. Defaults to
            `"tirg/caption-match"`.
        k: int. Hits looked at. Defaults to `10`.
        sample: int. Queries, drawn at random, whose parts and words are
            looked at: a deleted word costs as much as a query. Defaults to
            `2000`.
        batch_size: int. Images embedded at once. Defaults to `256`.
        resamples: int. Bootstrap resamples. Defaults to `1000`.
        seed: int. Seed of bootstrap and sample. Defaults to `0`.
        verbose: `0` or `1`. Progress bars. Defaults to `1`.
        benchmark: `Benchmark` of the split, or its name. With the training
            split in it, slices by seen and novel objects can be made.
            Defaults to `""`.
        context: Dict or `None`. Recorded, see `evaluate`.

    Returns:
        A `Diagnosis`.

    Example:

    ```python
    import keras_cmr

    css = keras_cmr.datasets.css.generate(scenes=10, image_size=32, verbose=0)
    model = keras_cmr.models.ComposedRetriever(
        keras_cmr.models.ImageEncoder(keras_cmr.models.small_resnet(), 32),
        keras_cmr.models.LSTMTextEncoder(css.train.vocabulary),
        fusion=keras_cmr.layers.TIRG(),
    )
    found = keras_cmr.evaluation.diagnose(
        model, css.test, sample=5, verbose=0, benchmark=css
    )
    print(found)
    found.words.table("roles", resamples=100, seed=0)
    ```
    """
    _check(k=k, sample=sample)
    check_resamples(resamples)
    check_context(context)
    rule = get_protocol(protocol)
    rule.check(split)
    queries, candidates = embed_split(model, split, batch_size, verbose)
    queries = unit_rows("queries", queries, len(split.queries.references))
    candidates = unit_rows("candidates", candidates, len(split.images.labels))

    notes = []
    scenes = _scenes(split, notes)
    report = evaluate_embeddings(
        queries,
        candidates,
        split,
        protocol=protocol,
        resamples=resamples,
        seed=seed,
        verbose=verbose,
        benchmark=benchmark,
        model_fingerprint=model.fingerprint,
        context=context,
        groups=_groups(split, scenes, benchmark, notes),
    )
    ranks = report.ranks if report.ranks.ndim == 1 else report.ranks[:, 0]
    right = rule.right(split)
    hits, scores = top_hits(
        queries,
        candidates,
        right,
        k,
        verbose=verbose,
        **rule.search_space(split),
    )
    kinds = split.queries.kinds
    outcomes = verdicts = None
    if scenes is not None:
        verdicts = outcomes_of(scenes, split, hits)
        outcomes = outcome_groups(scenes, split, hits, kinds, resamples, seed)

    rows = _sampled(len(queries), sample, seed)
    stages = getattr(model, "query_stages", None)
    parts = words = None
    if stages is None:
        notes.append(
            "Parts and words: the model must be a `ComposedRetriever`, or "
            f"have `query_stages`. Received: {type(model).__name__}"
        )
    else:
        if not stages.has_parts:
            notes.append(
                f"Parts: {type(stages.fusion).__name__} makes no sum of "
                "parts of the query, so only its place is shown"
            )
        values = query_parts(
            stages, split, rows, queries, candidates, right, batch_size
        )
        parts = part_groups(values, None if kinds is None else kinds[rows])
        words = delete_words(
            stages,
            split,
            rule,
            rows,
            queries,
            candidates,
            ranks,
            general_roles if scenes is None else word_roles,
            batch_size,
        )
        if words is None:
            notes.append("Words: no text has two words, of which one could go")
    shown = [
        examples.Example(
            row=row,
            outcome=outcome,
            rank=int(ranks[row]),
            hits=hits[row][hits[row] >= 0],
            scores=scores[row][hits[row] >= 0],
            correct=np.isin(hits[row][hits[row] >= 0], right[row]),
            verdicts=None if verdicts is None else verdicts[row],
            words=[]
            if words is None
            else words.shading(row, str(split.queries.modifications[row])),
        )
        for row, outcome in examples.choose(
            rows, ranks, None if verdicts is None else verdicts[:, 0]
        )
    ]
    return Diagnosis(
        report=report,
        outcomes=outcomes,
        parts=parts,
        words=words,
        examples=tuple(shown),
        notes=tuple(notes),
        split=split,
        sample=len(rows),
    )


def _check(**counts):
    for name, value in counts.items():
        if not isinstance(value, int | np.integer) or value < 1:
            raise ValueError(
                f"`{name}` must be a positive integer. Received: {value!r}"
            )


def _scenes(split, notes):
    try:
        return read_scenes(split.images)
    except ValueError as error:
        notes.append(f"Kept and changed: {error}")
        return None


def _groups(split, scenes, benchmark, notes):
    """Slices beyond kind and seen."""
    if scenes is None:
        return length_groups(split)
    train = getattr(benchmark, "train", None)
    known = None
    if train is None:
        notes.append(
            "Seen and novel objects: `benchmark` must be the `Benchmark`, "
            "whose training split tells them apart"
        )
    else:
        shown = read_scenes(train.images)
        known = shown.combinations(np.arange(len(shown.codes)))
    return scene_groups(split, scenes, known)


def _sampled(count, sample, seed):
    if sample >= count:
        return np.arange(count)
    drawn = np.random.default_rng(seed).choice(count, sample, replace=False)
    return np.sort(drawn)
