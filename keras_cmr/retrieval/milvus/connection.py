"""Requests to a Milvus server, and what their failures mean."""

import time

_PAUSE = 0.2
# Of a server that is starting, or moves data between its nodes: not ready,
# not loaded (yet), no replica, node or channel to answer at the moment.
_PASSING = {1, 101, 103, 104, 106, 400, 401, 500, 502, 503, 901, 902}


class Connection:
    """One server, asked within a time limit.

    A request that the server cannot answer *yet* is asked again until the
    time limit; requests here may be repeated without harm.

    Args:
        address: `Address`.
    """

    def __init__(self, address):
        self._milvus = load_pymilvus()
        self.address = address
        uri = f"http://{address.host}:{address.port}"
        try:
            self._client = self._milvus.MilvusClient(
                uri=uri,
                user=address.user,
                password=address.password,
                timeout=address.time_limit,
            )
        except self._milvus.MilvusException as error:
            raise self._translated("connect", error) from error

    def __call__(self, method, *arguments, **options):
        """Calls a method of `pymilvus.MilvusClient`.

        Returns:
            What the method returns. Raises `ConnectionError` where there is
            no answer within the time limit, and `RuntimeError` where the
            server refuses.
        """
        call = getattr(self._client, method)
        deadline = time.monotonic() + self.address.time_limit
        while True:
            left = max(deadline - time.monotonic(), _PAUSE)
            try:
                return call(*arguments, timeout=left, **options)
            except self._milvus.MilvusException as error:
                if (
                    error.code not in _PASSING
                    or time.monotonic() + _PAUSE > deadline
                ):
                    raise self._translated(method, error) from error
            time.sleep(_PAUSE)

    def write(self, collection, rows):
        """Writes rows, over those of the same key.

        Returns:
            Int, the server's time of the write. A read that is given it sees
            this write and every write before it.
        """
        self("upsert", collection, rows)
        address = f"{self.address.host}:{self.address.port}"
        # Milvus answers a write with its time, which `MilvusClient` keeps to
        # itself; 0 would mean "now": slower, and right too.
        return (
            self._milvus.client.ts_utils.get_collection_ts(
                collection, address, ""
            )
            or 0
        )

    def close(self):
        """Ends the connection."""
        self._client.close()

    def _translated(self, method, error):
        said = str(error.message).split("\n")[0]
        text = f"Milvus at {self.address} failed to {method}: {said}"
        limit = self.address.time_limit
        names = {error.code, getattr(error, "compatible_code", None)}
        if names & _PASSING or self._unreachable(error):
            return ConnectionError(
                f"{text} (time limit {limit:g} s). A write that fails so may "
                "be there or not, but never in part"
            )
        return RuntimeError(text)

    def _unreachable(self, error):
        codes = self._milvus.exceptions
        if isinstance(error, codes.MilvusUnavailableException):
            return True
        unreachable = ("UNAVAILABLE", "DEADLINE", "timeout", "Fail connecting")
        return any(word in str(error) for word in unreachable)


def load_pymilvus():
    """Imports pymilvus, which is an extra."""
    try:
        import pymilvus
        import pymilvus.client.ts_utils
        import pymilvus.exceptions
    except ImportError as error:
        raise ImportError(
            "A gallery on Milvus needs pymilvus: run `pip install "
            f'"keras-cmr[milvus]"` ({error})'
        ) from error
    return pymilvus
