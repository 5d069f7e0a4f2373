"""`load`: a benchmark by its name."""

import difflib
import importlib
import inspect
import os
import pathlib
from collections.abc import Callable
from collections.abc import Iterable

from keras_cmr.datasets.css import cache as css_cache
from keras_cmr.datasets.css.arguments import check_arguments
from keras_cmr.datasets.css.generate import generate
from keras_cmr.datasets.css.read_original import read_original
from keras_cmr.datasets.tables import Benchmark

# Folders of `keras_cmr.datasets` with a function `read`.
READERS = (
    "fashion200k",
    "mit_states",
    "fashioniq",
    "cirr",
    "circo",
    "shoes",
    "triplets",
)


def load(
    name: str,
    data_dir: str | os.PathLike | None = None,
    cache_dir: str | os.PathLike | None = None,
    **kwargs,
) -> Benchmark:
    """A benchmark by its name.

    `"css"` without `data_dir` is generated on first use and kept in the
    cache; with `data_dir` it is read from the original's files. A damaged
    file in the cache is an error that names it; of rendered pictures
    (`view="3d"`) only what is missing or damaged is rendered. Every other
    benchmark is read from the files in `data_dir`; what must lie there says
    the page of the benchmark, `keras_cmr/datasets/<name>/README.md`.

    Args:
        name: string. One of `"css"`, `"fashion200k"`, `"mit_states"`,
            `"fashioniq"`, `"cirr"`, `"circo"`, `"shoes"`, or `"triplets"`
            for your own images.
        data_dir: string or path. The folder of the benchmark's files.
        cache_dir: string or path. Where generated benchmarks are kept.
            Defaults to the environment variable `KERAS_CMR_CACHE`, or
            `~/.cache/keras_cmr` without it.
        **kwargs: For `"css"`, the arguments of
            `keras_cmr.datasets.css.generate`, or with `data_dir` those of
            `keras_cmr.datasets.css.read_original`. For the others, the
            arguments of `keras_cmr.datasets.<name>.read`.

    Returns:
        A `keras_cmr.datasets.Benchmark`.

    Example:

    ```python
    import keras_cmr

    css = keras_cmr.datasets.load("css", scenes=20, verbose=0)
    css.train.queries.modifications[0]
    ```
    """
    if name == "css":
        return _load_css(data_dir, cache_dir, kwargs)
    if name not in READERS:
        names = ("css", *READERS)
        raise ValueError(
            f"`name` must be one of {', '.join(map(repr, names))}. "
            f"Received: name={name!r}.{_nearest(name, names)}"
        )
    if data_dir is None or cache_dir is not None:
        raise ValueError(
            f"`load` reads {name!r} from its files: `data_dir` must be their "
            "folder, and nothing is cached. Received: "
            f"data_dir={data_dir!r}, cache_dir={cache_dir!r}"
        )
    module = importlib.import_module(f"keras_cmr.datasets.{name}")
    _check_arguments(kwargs, module.read, name)
    return module.read(data_dir, **kwargs)


def _load_css(data_dir, cache_dir, kwargs):
    if data_dir is not None:
        if cache_dir is not None:
            raise ValueError(
                "`cache_dir` is for generated benchmarks; one read from "
                "`data_dir` is not cached. Received: "
                f"cache_dir={str(cache_dir)!r}"
            )
        _check_arguments(kwargs, read_original, "css with `data_dir`")
        return read_original(data_dir, **kwargs)
    _check_arguments(kwargs, generate, "css")
    bound = inspect.signature(generate).bind(**kwargs)
    bound.apply_defaults()
    arguments = dict(bound.arguments)
    verbose, workers = arguments.pop("verbose"), arguments.pop("workers")
    check_arguments(**arguments, workers=workers)
    folder = cache_folder(cache_dir)
    return css_cache.cached(folder, arguments, workers, verbose)


def cache_folder(cache_dir: str | os.PathLike | None = None) -> pathlib.Path:
    """The folder of what was computed once: see `load`."""
    folder = cache_dir or os.environ.get("KERAS_CMR_CACHE")
    return pathlib.Path(folder or "~/.cache/keras_cmr").expanduser()


def _check_arguments(kwargs: dict, function: Callable, what: str) -> None:
    parameters = dict(inspect.signature(function).parameters)
    parameters.pop("data_dir", None)
    for key, value in kwargs.items():
        if key not in parameters:
            raise ValueError(
                f"`load` takes for {what} the arguments "
                f"{', '.join(parameters)}. "
                f"Received: {key}={value!r}.{_nearest(key, parameters)}"
            )
        switch = isinstance(parameters[key].default, bool)
        if switch and not isinstance(value, bool):
            raise TypeError(
                f"`{key}` must be True or False. Received: {key}={value!r}"
            )


def _nearest(word: str, words: Iterable[str]) -> str:
    near = difflib.get_close_matches(str(word), list(words), 1, 0.4)
    return f" Did you mean {near[0]!r}?" if near else ""
