"""Bodies of forms, by hand, so that they can be wrong."""

BOUNDARY = b"xyz"
HEADERS = {"Content-Type": "multipart/form-data; boundary=xyz"}


def form(*parts):
    lines = [b"--" + BOUNDARY + b"\r\n" + part + b"\r\n" for part in parts]
    return b"".join(lines) + b"--" + BOUNDARY + b"--\r\n"


def part(name, content, filename=None):
    head = b'Content-Disposition: form-data; name="' + name + b'"'
    if filename is not None:
        head += b'; filename="' + filename + b'"'
    return head + b"\r\n\r\n" + content
