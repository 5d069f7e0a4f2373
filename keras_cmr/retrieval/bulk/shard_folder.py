"""A folder of shards: which there are, and whether that is all.

plan.json             model, size of a shard, number of shards when done
shard-000000.npz ...  see shard_file.py
skipped.jsonl         all unreadable images, written at the end
write.lock            held by whoever writes
"""

import json
from pathlib import Path

from keras_cmr.durable import replace_file
from keras_cmr.retrieval.bulk.shard_file import json_lines
from keras_cmr.retrieval.bulk.shard_file import read_shard
from keras_cmr.retrieval.bulk.shard_file import write_shard
from keras_cmr.retrieval.query import check_fingerprint
from keras_cmr.write_lock import write_lock

FORMAT = 1
_PLAN = "plan.json"


class ShardFolder:
    """The shards of one source and one model.

    Args:
        path: Path of the folder.
        plan: Dict, the content of `plan.json`.
    """

    def __init__(self, path, plan):
        self.path = Path(path)
        self.plan = plan

    @classmethod
    def claim(cls, path, fingerprint, shard_size):
        """Makes the folder, or goes on with one of the same plan."""
        path = Path(path)
        if (path / _PLAN).exists():
            folder = cls.open(path)
            check_fingerprint(
                path, folder.plan["fingerprint"], fingerprint, "Shards"
            )
            if folder.plan["shard_size"] != shard_size:
                raise ValueError(
                    f"`shard_size` must be {folder.plan['shard_size']}, with "
                    f"which {path} was begun. Received: {shard_size}"
                )
            return folder
        if path.exists() and not path.is_dir():
            raise ValueError(f"`out` must be a folder. Received: {path}")
        path.mkdir(parents=True, exist_ok=True)
        folder = cls(
            path,
            {
                "format": FORMAT,
                "fingerprint": fingerprint,
                "shard_size": shard_size,
                "shards": None,
            },
        )
        with folder.writing():
            others = [
                name.name
                for name in path.iterdir()
                if name.name not in ("write.lock", _PLAN, _PLAN + ".new")
            ]
            if others:
                raise ValueError(
                    "`out` must be new, empty, or a folder of shards. "
                    f"Received: {path}, which holds {others[0]}"
                )
            folder._write_plan()
        return folder

    @classmethod
    def open(cls, path):
        """A folder that `embed_images` has begun, at least."""
        path = Path(path)
        try:
            plan = json.loads((path / _PLAN).read_text(encoding="utf-8"))
            known = plan["format"] == FORMAT
        except FileNotFoundError:
            raise ValueError(
                f"{path} must hold shards. Received: no {_PLAN} in it"
            ) from None
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(f"Damaged: {path / _PLAN} ({error})") from None
        if not known:
            raise ValueError(
                f"{path} has format {plan['format']}, of another version of "
                f"keras_cmr. This one reads {FORMAT}"
            )
        return cls(path, plan)

    def shard_path(self, number):
        return self.path / f"shard-{number:06d}.npz"

    def numbers(self):
        """Numbers of the shards that are there, sorted."""
        return sorted(
            int(path.stem.removeprefix("shard-"))
            for path in self.path.glob("shard-*.npz")
        )

    def finished(self, number, digest):
        """The `Shard` of a number if it is there; an error if it is not
        that of the input with this digest."""
        path = self.shard_path(number)
        if not path.exists():
            return None
        shard = read_shard(path)
        check_fingerprint(
            path, shard.fingerprint, self.plan["fingerprint"], "Shards"
        )
        if shard.digest != digest:
            raise ValueError(
                f"The source has changed since {path} was made. Delete that "
                "file to have these images embedded again, or give a new "
                "`out`"
            )
        return shard

    def write(self, number, shard):
        """Puts a `Shard` in place."""
        if self.plan["shards"] is not None:
            self.plan = {**self.plan, "shards": None}
            self._write_plan()
        write_shard(self.shard_path(number), shard)

    def finish(self, count, skipped):
        """Says that the shards from 0 to `count - 1` are all."""
        surplus = [number for number in self.numbers() if number >= count]
        if surplus:
            raise ValueError(
                "The source has become shorter: it has no images for "
                f"{self.shard_path(surplus[0])}. Give a new `out`"
            )
        replace_file(
            self.path / "skipped.jsonl", json_lines(("id", "reason"), skipped)
        )
        self.plan = {**self.plan, "shards": count}
        self._write_plan()

    def writing(self):
        """Excludes other programs that write here."""
        return write_lock(self.path)

    def _write_plan(self):
        replace_file(self.path / _PLAN, json.dumps(self.plan, indent=1) + "\n")
