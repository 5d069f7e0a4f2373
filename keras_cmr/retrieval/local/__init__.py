"""A gallery in a folder: a Lance table and the index derived from it."""
