"""All protocols by name, and those that fit a benchmark."""

import difflib
from typing import TYPE_CHECKING

from keras_cmr.evaluation.protocols.caption_match import CaptionMatch
from keras_cmr.evaluation.protocols.circo import circo_protocols
from keras_cmr.evaluation.protocols.cirr import cirr_protocols
from keras_cmr.evaluation.protocols.fashioniq import fashioniq_protocols
from keras_cmr.evaluation.protocols.mit_states import AttributeMatch
from keras_cmr.evaluation.protocols.protocol import Protocol
from keras_cmr.evaluation.protocols.shoes import shoes_protocols
from keras_cmr.evaluation.protocols.triplets import triplets_protocols

if TYPE_CHECKING:
    from keras_cmr.datasets import Benchmark
    from keras_cmr.datasets import Split

PROTOCOLS = {
    protocol.name: protocol
    for protocol in (
        CaptionMatch(),
        AttributeMatch("adjective"),
        AttributeMatch("noun"),
        *fashioniq_protocols(),
        *cirr_protocols(),
        *circo_protocols(),
        *shoes_protocols(),
        *triplets_protocols(),
    )
}


def get_protocol(name: str) -> Protocol:
    """The protocol of that name.

    Args:
        name: str. For example `"tirg/caption-match"`.

    Returns:
        A `Protocol`.
    """
    if name in PROTOCOLS:
        return PROTOCOLS[name]
    nearest = difflib.get_close_matches(str(name), PROTOCOLS, n=1, cutoff=0.3)
    hint = f"Did you mean {nearest[0]!r}? " if nearest else ""
    raise ValueError(
        f"`protocol` must be one of {', '.join(map(repr, PROTOCOLS))}. "
        f"{hint}Received: {name!r}"
    )


def fitting_protocols(benchmark: "Benchmark", split: "Split") -> list[str]:
    """The names of all protocols that fit a split of a benchmark.

    Args:
        benchmark: `Benchmark`. Its `protocols` say which rules are its own.
            Names that end in `/server` write a file and give no figures:
            they are passed over.
        split: `Split`, one of the benchmark's.

    Returns:
        List of str, in the order of `benchmark.protocols`.

    Raises:
        ValueError: If none fits, with the reason of the first.
    """
    fitting, reason = [], None
    for name in benchmark.protocols:
        if name.endswith("/server"):
            continue
        protocol = get_protocol(name)
        try:
            protocol.check(split)
        except ValueError as error:
            reason = reason or error
        else:
            fitting.append(name)
    if not fitting:
        raise reason or ValueError(
            f"`benchmark` {benchmark.name!r} must name at least one protocol. "
            f"Received: protocols={benchmark.protocols!r}"
        )
    return fitting
