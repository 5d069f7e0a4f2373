"""Metric losses on scores, and estimators of mutual information."""

from keras_cmr.losses.batch_softmax import BatchSoftmax
from keras_cmr.losses.donsker_varadhan_mi import DonskerVaradhanMI
from keras_cmr.losses.info_nce_mi import InfoNCEMI
from keras_cmr.losses.jensen_shannon_mi import JensenShannonMI
from keras_cmr.losses.mutual_information_loss import MutualInformationLoss
from keras_cmr.losses.soft_triplet import SoftTriplet

__all__ = [
    "BatchSoftmax",
    "DonskerVaradhanMI",
    "InfoNCEMI",
    "JensenShannonMI",
    "MutualInformationLoss",
    "SoftTriplet",
]


def __dir__():
    return sorted(__all__)
