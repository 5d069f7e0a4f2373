"""What the texts give away."""

from keras_cmr.evaluation.auditing.finding import Finding
from keras_cmr.evaluation.auditing.finding import found
from keras_cmr.words import split_words

EXAMPLES = 3


def caption_in_text(split):
    """Queries whose text holds the target's caption, word for word.

    A caption of one word counts only if it is the whole text: "make it red"
    may ask for an image that is called "red".

    Args:
        split: `Split` with public answers.

    Returns:
        `Finding`.

    Reference:
    - github.com/ecom-research/ComposeAE, `test_retrieval.py`: with
      `use_complete_text_query` the query's text is the target's caption,
      while a hit is equality of captions
    """
    captions = [split_words(text) for text in split.images.captions.tolist()]
    if not any(captions):
        return Finding(
            "caption in the query text",
            "note",
            0,
            len(split.queries),
            "test queries could be checked: the images have no captions.",
        )
    leaks = []
    for text, own in zip(
        split.queries.modifications.tolist(), split.queries.targets, strict=True
    ):
        caption = captions[own[0]] if own else []
        if caption and _holds(split_words(text), caption):
            leaks.append(text)
    return found(
        "caption in the query text",
        "leak",
        len(leaks),
        len(split.queries),
        "test queries whose text holds the caption of the target, word for "
        "word. Where a hit is an equal caption, the text is the answer.",
        [repr(text) for text in leaks[:EXAMPLES]],
    )


def _holds(words, caption):
    if len(caption) == 1:
        return words == caption
    return any(
        words[start : start + len(caption)] == caption
        for start in range(len(words) - len(caption) + 1)
    )


def test_only_words(train, held_out):
    """Words of the vocabulary that only test texts can have given it.

    Args:
        train: `Split` or `None`.
        held_out: List of `Split`s that are not for training.

    Returns:
        `Finding`.
    """
    vocabulary = set(held_out[0].vocabulary)
    known, whole = set(), train is not None
    if train is not None:
        texts = train.queries.modifications.tolist()
        # A sampler's `texts` hold every word that it can draw.
        texts += train.sampler.texts if train.sampler else ()
        known = {word for text in texts for word in split_words(text)}
        # The vocabulary is that of all texts, also of those that lost their
        # images, and then the table can't say where a word is from.
        whole = not train.missing and not train.lost_queries
    asked = {
        word
        for split in held_out
        for text in split.queries.modifications.tolist()
        for word in split_words(text)
    }
    only = sorted((vocabulary - known) & asked)
    unknown = len(asked - vocabulary)
    text = (
        f"words of the vocabulary that test texts have and no training text "
        f"has. {unknown:,} of {len(asked):,} words of the test texts are not "
        "in the vocabulary."
    )
    if not whole:
        text += (
            " The training texts are not all there, so this is no proof of a "
            "leak."
        )
    return found(
        "test-only words",
        "leak" if whole else "note",
        len(only),
        len(vocabulary),
        text,
        only[: 3 * EXAMPLES],
    )
