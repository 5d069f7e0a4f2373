"""What every engine of the comparison must offer."""

# Rows handed over at a time.
PART = 100_000


class Engine:
    """What the worker needs of an engine.

    Args:
        data: `gallery_data.Data`.
        folder: Path of the engine's own files.
        exact_below: Int. See `Gallery.create`.
    """

    def __init__(self, data, folder, exact_below=20_000):
        self.data, self.folder = data, folder
        self.exact_below = exact_below

    def load(self):
        """Imports the libraries, which is not part of opening."""

    def build(self):
        """Makes the files in the empty folder."""
        raise NotImplementedError

    def open(self):
        """Makes ready to search; a dict that describes what was opened."""
        raise NotImplementedError

    def settings(self):
        """Dicts of arguments for `search`, the cheapest first."""
        raise NotImplementedError

    def search(self, queries, k, **setting):
        """Rows, int64 of shape `(n, k)`, -1 for none."""
        raise NotImplementedError

    def add(self, vectors, number):
        """Adds rows, the `number`th lot of them."""
        raise NotImplementedError

    def remove(self, count, number):
        """Removes the `number`th lot of `count` rows."""
        raise NotImplementedError
