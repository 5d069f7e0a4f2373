"""What the shell completes beside commands, options and files.

Each function gets what was typed so far and gives what it may become. Names
come from the registries themselves, which import no TensorFlow; where nothing
fits, the shell goes on with the names of files.
"""


def protocols(incomplete: str) -> list[str]:
    """Names of protocols, and `all`."""
    from keras_cmr.evaluation.protocols.registry import PROTOCOLS

    return _starting(incomplete, [*PROTOCOLS, "all"])


def benchmarks(incomplete: str) -> list[str]:
    """Names of benchmarks."""
    from keras_cmr.datasets.load import READERS

    return _starting(incomplete, ["css", *READERS])


def servers(incomplete: str) -> list[str]:
    """Benchmarks whose organisers judge files."""
    return _starting(incomplete, ["cirr", "circo"])


def _starting(incomplete, names):
    return [name for name in names if name.startswith(incomplete)]
