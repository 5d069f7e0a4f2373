"""Protocols: named, versioned rules that say how a hit is counted."""

from keras_cmr.evaluation.protocols.protocol import Protocol
from keras_cmr.evaluation.protocols.registry import PROTOCOLS
from keras_cmr.evaluation.protocols.registry import fitting_protocols
from keras_cmr.evaluation.protocols.registry import get_protocol

__all__ = ["PROTOCOLS", "Protocol", "fitting_protocols", "get_protocol"]
