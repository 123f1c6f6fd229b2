"""An event as JSON text: what all of its subscribers get, byte by byte."""


def event_text(topic: str, data: bytes, seq: int, time_s: float) -> bytes:
    """Return the text. `data` is JSON; a valid topic needs no escaping."""
    return b'{"topic":"%b","data":%b,"seq":%d,"time":%.6f}' % (topic.encode(), data, seq, time_s)
