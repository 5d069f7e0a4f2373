"""Named rules for counting hits, and reports that can be checked."""

from keras_cmr.evaluation.audit import Audit
from keras_cmr.evaluation.audit import audit
from keras_cmr.evaluation.circo_server import validate_circo
from keras_cmr.evaluation.circo_server import write_circo
from keras_cmr.evaluation.cirr_server import validate_cirr
from keras_cmr.evaluation.cirr_server import write_cirr
from keras_cmr.evaluation.compare import Comparison
from keras_cmr.evaluation.compare import compare
from keras_cmr.evaluation.compare import compare_seeds
from keras_cmr.evaluation.context import environment
from keras_cmr.evaluation.diagnose import diagnose
from keras_cmr.evaluation.diagnosis.diagnosis import Diagnosis
from keras_cmr.evaluation.evaluate import embed_split
from keras_cmr.evaluation.evaluate import evaluate
from keras_cmr.evaluation.evaluate import evaluate_embeddings
from keras_cmr.evaluation.modality_gap import ModalityGap
from keras_cmr.evaluation.modality_gap import modality_gap
from keras_cmr.evaluation.protocols import Protocol
from keras_cmr.evaluation.protocols import fitting_protocols
from keras_cmr.evaluation.protocols import get_protocol
from keras_cmr.evaluation.ranking import first_hit_ranks
from keras_cmr.evaluation.report import Report
from keras_cmr.evaluation.report_places import load_reports
from keras_cmr.evaluation.reports import Reports
from keras_cmr.evaluation.separability import separability
from keras_cmr.evaluation.target_ranking import target_ranks
from keras_cmr.evaluation.verify import verify

__all__ = [
    "Audit",
    "Comparison",
    "Diagnosis",
    "ModalityGap",
    "Protocol",
    "Report",
    "Reports",
    "audit",
    "compare",
    "compare_seeds",
    "diagnose",
    "embed_split",
    "environment",
    "evaluate",
    "evaluate_embeddings",
    "first_hit_ranks",
    "fitting_protocols",
    "get_protocol",
    "load_reports",
    "modality_gap",
    "separability",
    "target_ranks",
    "validate_circo",
    "validate_cirr",
    "verify",
    "write_circo",
    "write_cirr",
]


def __dir__():
    return sorted(__all__)
