"""Names of a gallery's rows: id, path of the file, metadata."""

import json
from pathlib import Path

from keras_cmr.retrieval.images import listed


class Items:
    """An append-only table whose row numbers are those of the vectors."""

    def __init__(self):
        self.ids = []
        self.paths = []
        self.metadata = []
        self._row_of_id = {}
        self._rows_of_path = {}

    @classmethod
    def from_lines(cls, lines):
        """Reads what `to_lines` wrote."""
        items = cls()
        for line in lines:
            items.append(**json.loads(line))
        return items

    def to_lines(self):
        """Yields one line of JSON per row."""
        rows = zip(self.ids, self.paths, self.metadata, strict=True)
        for id, path, metadata in rows:
            row = {"id": id, "path": path, "metadata": metadata}
            yield json.dumps(row) + "\n"

    def __len__(self):
        return len(self.ids)

    def __contains__(self, id):
        return id in self._row_of_id

    def append(self, id, path, metadata):
        """Adds a row that was checked before."""
        row = len(self.ids)
        self.ids.append(id)
        self.paths.append(path)
        self.metadata.append(metadata)
        self._row_of_id[id] = row
        if path is not None:
            self._rows_of_path.setdefault(path, []).append(row)

    def row(self, id, name):
        """The row of an id; `name` is the argument to name in an error."""
        if not isinstance(id, str):
            raise TypeError(
                f"`{name}` must be an id (a string). Received: {id!r}"
            )
        if id not in self._row_of_id:
            raise ValueError(
                f"`{name}` must be in the gallery. Received: {id!r}"
            )
        return self._row_of_id[id]

    def rows_of_path(self, path):
        """Every row that was added from this file (a resolved path)."""
        return self._rows_of_path.get(path, [])

    def new_ids(self, ids, images):
        """Checks given ids, or makes them: path strings, running numbers.

        Args:
            ids: List of strings, or `None`.
            images: List from `images.as_list`.

        Returns:
            List of strings, unique and not in the gallery.
        """
        ids = self._default_ids(images) if ids is None else listed(ids, "ids")
        if len(ids) != len(images):
            raise ValueError(
                "`ids` must hold one id per image. Received: "
                f"{len(ids)} ids for {len(images)} images"
            )
        seen = set()
        for id in ids:
            if not isinstance(id, str):
                raise TypeError(f"`ids` must be strings. Received: {id!r}")
            if not id.strip():
                raise ValueError(
                    f"`ids` must not be empty or blank. Received: {id!r}"
                )
            if id in seen:
                raise ValueError(
                    f"`ids` must be unique. Received twice: {id!r}"
                )
            if id in self:
                raise ValueError(
                    "`ids` must not be in the gallery already. "
                    f"Received: {id!r}"
                )
            seen.add(id)
        return [str(id) for id in ids]

    def _default_ids(self, images):
        names, number = [], len(self)
        for image in images:
            if isinstance(image, Path):
                names.append(str(image))
                continue
            while str(number) in self:
                number += 1
            names.append(str(number))
            number += 1
        return names


def checked_metadata(metadata, count):
    """Checks metadata and detaches it from the caller's objects.

    Args:
        metadata: List of dicts that JSON can hold unchanged, or `None`.
        count: Int. Number of images.

    Returns:
        List of `count` new dicts.
    """
    if metadata is None:
        return [{} for _ in range(count)]
    metadata = listed(metadata, "metadata")
    if len(metadata) != count:
        raise ValueError(
            "`metadata` must hold one dict per image. Received: "
            f"{len(metadata)} for {count} images"
        )
    return [_json_copy(entry) for entry in metadata]


def _json_copy(entry):
    if not isinstance(entry, dict):
        raise TypeError(f"`metadata` must hold dicts. Received: {entry!r}")
    try:
        copy = json.loads(json.dumps(entry, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(
            f"`metadata` must be JSON-able: {error}. Received: {entry!r}"
        ) from error
    if copy != entry:
        raise ValueError(
            "`metadata` must come back from JSON unchanged (string keys, "
            f"lists not tuples). Received: {entry!r}"
        )
    return copy
