"""Lance, imported when used, and its errors in words of ours."""

import contextlib
import warnings


def lance_module():
    """Imports `lance`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import lance
    except ImportError as error:
        raise ImportError(
            "A gallery in a folder needs Lance: run "
            '`pip install "keras-cmr[retrieval]"`'
        ) from error
    return lance


@contextlib.contextmanager
def reading(path):
    """What Lance raises over files it cannot read becomes a `ValueError`."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit, ImportError):
        raise
    # Lance raises nearly any type, Rust's panics are no `Exception`.
    except BaseException as error:
        raise ValueError(
            f"Damaged gallery: {path} cannot be read ({_told(error)})"
        ) from error


@contextlib.contextmanager
def writing(path):
    """What Lance raises over a disk that takes no more names the folder."""
    try:
        yield
    except OSError as error:
        raise OSError(
            f"{path} cannot be written, and is as it was: {_told(error)}"
        ) from error


def _told(error):
    """The first line, without the place in Lance's sources."""
    line = (str(error).splitlines() or [type(error).__name__])[0]
    return line.split(", /")[0]
