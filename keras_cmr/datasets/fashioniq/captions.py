"""FashionIQ's two captions as the texts of one or two queries."""

import string

_PUNCTUATION = str.maketrans(dict.fromkeys(string.punctuation, " "))


def joined(captions: list[str]) -> list[str]:
    """One text, "First and second", as CLIP4Cir evaluates.

    Full stops, question marks, commas and blanks are taken off both ends of
    each caption; the first starts with a capital, its other letters become
    small; the second stays as it is.

    Reference:
    - https://github.com/ABaldrati/CLIP4Cir, `src/validate.py`
    """
    bare = [caption.strip(".?, ") for caption in captions]
    return [" and ".join([bare[0].capitalize(), *bare[1:]])]


def both_orders(captions: list[str]) -> list[str]:
    """Two texts, "a and b" and "b and a", as CoSMo trains and evaluates.

    Reference:
    - https://github.com/postBG/CosMo.pytorch, `data/fashionIQ.py`
    """
    texts = [" and ".join(captions), " and ".join(reversed(captions))]
    return texts[: len(captions)]


def separate(captions: list[str]) -> list[str]:
    """Each caption is a text of its own, as VAL writes its pairs.

    Reference:
    - https://github.com/yanbeic/VAL, `generate_caption_pairs.py`
    """
    return captions


# Each takes the one or two captions that hold a word.
RULES = {"joined": joined, "both-orders": both_orders, "separate": separate}


def corrected(text: str, spelling: dict[str, str]) -> str:
    """`text` in small letters without punctuation, words respelled.

    That is how the public code that ships the dictionaries applies them. A
    word may become several, and some entries map a word to itself.
    """
    words = text.lower().translate(_PUNCTUATION).split()
    return " ".join(spelling.get(word, word) for word in words)
