"""A request that gets no answer, and why."""


class Refused(Exception):
    """What a client did, or the server lacks, in one sentence.

    Args:
        status: Int, the HTTP status.
        sentence: String for the client. Names nothing of the server's files.
        retry_after: Float, seconds after which asking again makes sense, or
            `None`.
    """

    def __init__(self, status, sentence, retry_after=None):
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.retry_after = retry_after
