"""The four ways in which FashionIQ is counted."""

from keras_cmr.evaluation.protocols.target_recall import TargetRecall

SOURCES = {
    ("original", "kept"): (
        "src/validate.py of github.com/ABaldrati/CLIP4Cir, of "
        "github.com/chunmeifeng/SPRC (validate_blip.py) and of "
        "github.com/miccunifi/SEARLE"
    ),
    ("original", "removed"): (
        "src/test/blip/fashioniq.py of github.com/lucas-ventura/CoVR (the "
        "reference's score is set to -10)"
    ),
    ("val-union", "kept"): (
        "the gallery of github.com/yanbeic/VAL with the reference kept as in "
        "github.com/ABaldrati/CLIP4Cir"
    ),
    ("val-union", "removed"): (
        "datasets/fashion_iq.py (`generate_test_images_all_`) and test_val.py "
        "of github.com/yanbeic/VAL; evaluate.py of github.com/naver/artemis "
        "removes the reference as well"
    ),
}


def fashioniq_protocols():
    """The rules, one for each gallery and each fate of the reference.

    All judge one category at a time: give the split of one category. How the
    two captions of a query are joined is the reader's choice, not the rule's.
    """
    return [
        TargetRecall(
            name=f"fashioniq/{gallery}-{reference}",
            ks=(10, 50),
            source=source,
            reference=reference,
            gallery="union" if gallery == "val-union" else "split",
        )
        for (gallery, reference), source in SOURCES.items()
    ]
