"""How much memory this program takes."""

import resource
import sys
from pathlib import Path


def resident_mib():
    """MiB of this process in memory now; where nobody says, at most so far."""
    status = Path("/proc/self/statm")
    if status.exists():
        pages = int(status.read_text().split()[1])
        return pages * resource.getpagesize() / 2**20
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Bytes on macOS, KiB elsewhere.
    return most / (2**20 if sys.platform == "darwin" else 2**10)
