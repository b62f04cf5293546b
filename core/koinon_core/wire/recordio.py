"""RecordIO: how messages stand in a stream (mesos-v1-api 1.2): decimal length, a newline, that many bytes."""

from attrs import define, field

from ..errors import DecodeError

MAX_RECORD_BYTES = 64 * 1024 * 1024
_MAX_LENGTH_DIGITS = 10


def encode_record(payload: bytes) -> bytes:
    """Frame one message."""
    return b"%d\n%b" % (len(payload), payload)


@define
class RecordDecoder:
    """Cuts a stream of bytes, however chopped, back into messages. One decoder serves one stream."""

    max_bytes: int = MAX_RECORD_BYTES
    _buffer: bytearray = field(factory=bytearray, init=False)

    def feed(self, data: bytes) -> list[bytes]:
        """Take in bytes, give back the messages that are complete now.

        Raises DecodeError when the stream can't be RecordIO; the stream is then of no more use.
        """
        self._buffer += data
        records = []
        start = 0
        while (newline := self._buffer.find(b"\n", start, start + _MAX_LENGTH_DIGITS + 1)) >= 0:
            length = self._read_length(bytes(self._buffer[start:newline]))
            if len(self._buffer) - newline - 1 < length:
                break
            records.append(bytes(self._buffer[newline + 1 : newline + 1 + length]))
            start = newline + 1 + length
        else:
            if len(self._buffer) - start > _MAX_LENGTH_DIGITS:
                raise DecodeError("$", f"{bytes(self._buffer[start : start + 16])!r} does not begin a record")
        del self._buffer[:start]
        return records

    @property
    def is_mid_record(self) -> bool:
        """Whether bytes of an unfinished record are left: a stream that ends now was cut."""
        return bool(self._buffer)

    def _read_length(self, digits: bytes) -> int:
        if not digits.isdigit():
            raise DecodeError("$", f"{digits!r} is not the length of a record")
        length = int(digits)
        if length > self.max_bytes:
            raise DecodeError("$", f"a record of {length} bytes is over the limit of {self.max_bytes}")
        return length
