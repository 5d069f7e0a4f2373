"""Shoes, with the reference kept or removed."""

from keras_cmr.evaluation.protocols.target_recall import TargetRecall

SOURCES = {
    "kept": (
        "the gallery of github.com/yanbeic/VAL with the reference kept, as "
        "github.com/ABaldrati/CLIP4Cir counts FashionIQ"
    ),
    "removed": (
        "datasets/shoes.py and test_val.py of github.com/yanbeic/VAL; "
        "evaluate.py of github.com/naver/artemis"
    ),
}


def shoes_protocols():
    """The two rules."""
    return [
        TargetRecall(
            name=f"shoes/{reference}",
            ks=(1, 10, 50),
            source=source,
            reference=reference,
        )
        for reference, source in SOURCES.items()
    ]
