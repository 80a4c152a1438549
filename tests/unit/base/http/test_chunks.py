"""Bodies in chunks: decoded piece by piece, and broken ones told from short ones."""

from __future__ import annotations

import io

import pytest

from cupola.base.http.chunks import LONGEST_LINE, PIECE, BrokenBody, Chunks


class Wire(io.BytesIO):
    """Remembers the longest read that was asked for."""

    longest = 0

    def read(self, size: int | None = -1) -> bytes:
        self.longest = max(self.longest, size if size is not None else -1)
        return super().read(size)


def encoded(*chunks: bytes, extension: bytes = b"", trailers: bytes = b"") -> bytes:
    lines = b"".join(b"%x%s\r\n%s\r\n" % (len(chunk), extension, chunk) for chunk in chunks)
    return lines + b"0\r\n" + trailers + b"\r\n"


@pytest.mark.parametrize("size", [-1, 1, 2, 3, 5, 1000])
def test_pieces_of_any_size_are_the_body(size: int) -> None:
    body = Chunks(Wire(encoded(b"ab", b"c" * 300, b"d")))
    pieces = []
    while piece := body.read(size):
        assert size == -1 or len(piece) <= size
        pieces.append(piece)
    assert b"".join(pieces) == b"ab" + b"c" * 300 + b"d"
    assert body.closed


def test_a_read_is_short_only_at_the_end() -> None:
    body = Chunks(Wire(encoded(b"ab", b"cd", b"e")))
    assert [body.read(3), body.read(3), body.read(3)] == [b"abc", b"de", b""]


def test_nothing_is_a_body_too() -> None:
    body = Chunks(Wire(encoded()))
    assert (body.read(5), body.closed) == (b"", True)


def test_what_follows_the_body_is_left_alone() -> None:
    wire = Wire(encoded(b"ab", extension=b";name=x", trailers=b"Digest: x\r\nMore: y\r\n") + b"GET / HTTP/1.1\r\n")
    assert Chunks(wire).read() == b"ab"
    assert wire.read() == b"GET / HTTP/1.1\r\n"


def test_however_long_a_chunk_says_it_is_it_is_read_in_pieces() -> None:
    wire = Wire(b"ffffffffffff\r\n" + b"x" * 10)
    body = Chunks(wire)
    assert body.read(4) == b"xxxx"
    with pytest.raises(BrokenBody, match="inside of a chunk"):
        body.read()
    assert wire.longest <= PIECE


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"5",
        b"5\r\nab",
        b"2\r\nab",
        b"2\r\nabc\r\n0\r\n\r\n",
        b"2\r\nab\r\n",
        b"2\r\nab\r\n0\r\n",
        b"-1\r\nab\r\n",
        b"+2\r\nab\r\n0\r\n\r\n",
        b"0x2\r\nab\r\n0\r\n\r\n",
        b"1_0\r\n" + b"x" * 16 + b"\r\n0\r\n\r\n",
        b"xyz\r\n",
        b"\r\n",
        b"2" * LONGEST_LINE + b"\r\n",
        b"0\r\n" + b"a: b\r\n" * 100 + b"\r\n",
    ],
)
def test_what_is_broken_is_no_short_body(data: bytes) -> None:
    with pytest.raises(BrokenBody):
        Chunks(Wire(data)).read()
