"""What is recorded beside the figures: where, when and with what."""

import datetime
import json
import platform

import numpy as np


def check_context(context):
    """Raises `TypeError` unless `context` is None or a dict fit for JSON."""
    if context is not None and not isinstance(context, dict):
        raise TypeError(f"`context` must be a dict. Received: {context!r}")
    try:
        json.dumps(context, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"`context` must fit into JSON. Received: {context!r} ({error})"
        ) from error


def environment():
    """Where and when: Python and NumPy version, CPU name and date (UTC).

    Every report's `context` has it; it belongs beside any other figure too.

    Returns:
        Dict of strings: `"python"`, `"numpy"`, `"cpu"`, `"date"`.
    """
    now = datetime.datetime.now(datetime.UTC)
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "cpu": _cpu_name(),
        "date": now.isoformat(timespec="seconds"),
    }


def _cpu_name():
    if platform.system() == "Linux":  # where platform.processor() is empty
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
