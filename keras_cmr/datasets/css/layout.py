"""Where the original keeps its files."""

import pathlib

TABLE = "css_toy_dataset_novel2_small.dup.npy"


def table_path(folder: pathlib.Path) -> pathlib.Path:
    """The file of scenes, texts and labels."""
    return folder / TABLE


def image_path(folder: pathlib.Path, split: str, index: int) -> pathlib.Path:
    """The file of one picture."""
    return folder / "images" / f"css_{split}_{index:06d}.png"
