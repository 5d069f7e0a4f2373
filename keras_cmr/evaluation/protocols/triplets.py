"""`triplets/target-id`: your own images."""

from keras_cmr.evaluation.protocols.target_recall import TargetRecall


def triplets_protocols():
    """The one rule."""
    return [
        TargetRecall(
            name="triplets/target-id",
            ks=(1, 5, 10, 50, 100),
            source="this package; cirr/val with several right images",
            reference="removed",
            any_target=True,
        )
    ]
