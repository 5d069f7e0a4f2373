"""Which class a word belongs to, where no benchmark's grammar says it."""

from keras_cmr.words import split_words

_CLASSES = {
    "negation": "no not without never none less isn't doesn't don't",
    "comparison": "more less same similar like than different longer shorter "
    "larger smaller bigger darker lighter brighter tighter looser",
    "colour": "black white gray grey red blue green brown purple cyan yellow "
    "orange pink beige gold silver navy dark light multicolor colored",
    "function word": "a an the to of in on at with and or is are be it its "
    "this that these those as by for from has have one i but so there",
}
_CLASS_OF = {
    word: name
    for name, words in reversed(_CLASSES.items())
    for word in words.split()
}


def general_roles(text):
    """The class of each of `split_words(text)`.

    Args:
        text: str. English.

    Returns:
        List of str: `"negation"`, `"comparison"`, `"colour"`, `"function
        word"` by short lists of words, and `"other"`.
    """
    return [_CLASS_OF.get(word, "other") for word in split_words(text)]
