"""Unpacks a Milvus server and writes its configuration.

Run by the Python that has `milvus` (an environment of its own), with a folder
and the ports as JSON. Prints the command to start it.
"""

import json
import sys
from pathlib import Path

import milvus


def prepare(folder, ports):
    config = milvus.MilvusServerConfig(data_dir=folder, **ports)
    config.resolve()
    milvus._initialize_data_files(folder)
    return str(Path(folder) / "bin" / "milvus")


if __name__ == "__main__":
    print(prepare(sys.argv[1], json.loads(sys.argv[2])))
