"""How often one client may ask."""

import collections
import ipaddress
import time

from keras_cmr.serving.refused import Refused

# Clients remembered; one that is forgotten starts afresh.
_MAX_CLIENTS = 10_000


class RateLimiter:
    """A token bucket a client, which fills evenly.

    Written out because it is shorter than the use of a library would be: the
    packages for it (`limits`, `slowapi`) bring storages for several processes,
    and one process holds the model here.

    Args:
        per_minute: Int. Requests a client may make in a minute, or at once
            after a minute of none. `0` is no limit.
        now: Callable that returns seconds. Defaults to `time.monotonic`.
    """

    def __init__(self, per_minute, now=time.monotonic):
        self._capacity = per_minute
        self._per_second = per_minute / 60
        self._now = now
        self._buckets = collections.OrderedDict()

    def take(self, address):
        """Counts one request of a client.

        Args:
            address: String, an IP address or any other name.

        Raises:
            Refused: 429, with the seconds until the next is allowed.
        """
        if not self._capacity:
            return
        client, now = _client(address), self._now()
        tokens, then = self._buckets.pop(client, (self._capacity, now))
        tokens += (now - then) * self._per_second
        tokens = min(tokens, self._capacity)
        allowed = tokens >= 1
        self._buckets[client] = (tokens - allowed, now)
        if len(self._buckets) > _MAX_CLIENTS:
            self._buckets.popitem(last=False)
        if not allowed:
            raise Refused(
                429,
                f"At most {self._capacity} of these requests a minute.",
                retry_after=(1 - tokens) / self._per_second,
            )


def _client(address):
    """One household or server: whoever has an IPv6 network has it whole."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return ipaddress.ip_network((int(parsed), 64), strict=False)
