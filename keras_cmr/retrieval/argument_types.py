"""The types of arguments that several functions of a gallery take."""

import os
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import numpy as np
import PIL.Image

ImageLike = str | os.PathLike[str] | PIL.Image.Image | np.ndarray
# A list of them, or one uint8 array.
ImagesLike = Sequence[ImageLike] | np.ndarray
Metadata = Sequence[Mapping[str, Any]]
Conditions = Mapping[str, Any]
PathLike = str | os.PathLike[str]
