"""Records as bytes: a header that tells an unharmed record from a harmed one, compression, and splitting.

Pure: bytes in, bytes out. Where the bytes are kept belongs to the stores.

A frame is magic, format version, flags, length of the payload, CRC-32 of all but itself, payload. Splitting cuts a
whole frame in chunks; a head, itself a frame, stays in the record's place and names the writing and its chunks.
"""

import struct
import zlib

from attrs import frozen

from .errors import CorruptRecord

CHUNK_BYTES = 900 * 1024
"""A znode must stay below ZooKeeper's limit of 1 MiB a request."""
COMPRESS_ABOVE = 64 * 1024
"""Values longer than this are compressed where it helps (marathon-semantics 23)."""
GENERATION_BYTES = 16

_MAGIC = b"KOIN"
_VERSION = 1
_COMPRESSED = 1
_SPLIT = 2
_HEADER = struct.Struct(">4sBBQ")
_CHECKSUM = struct.Struct(">I")
_START = _HEADER.size + _CHECKSUM.size
_HEAD = struct.Struct(f">{GENERATION_BYTES}sIQ")
_COMPRESSED_LENGTH = struct.Struct(">Q")


@frozen
class SplitHead:
    """Stands in the place of a record whose frame was split: ``chunks`` parts, ``length`` bytes together."""

    generation: str
    """The writing that the chunks belong to, in hexadecimal digits."""
    chunks: int
    length: int


def _pack(flags: int, payload: bytes) -> bytes:
    header = _HEADER.pack(_MAGIC, _VERSION, flags, len(payload))
    return header + _CHECKSUM.pack(zlib.crc32(payload, zlib.crc32(header))) + payload


def encode_frame(value: bytes) -> bytes:
    """Frame a value, compressed when it is long and that makes it shorter."""
    if len(value) > COMPRESS_ABOVE:
        compressed = _COMPRESSED_LENGTH.pack(len(value)) + zlib.compress(value, level=1)
        if len(compressed) < len(value):
            return _pack(_COMPRESSED, compressed)
    return _pack(0, value)


def split_frame(frame: bytes, generation: str, chunk_bytes: int = CHUNK_BYTES) -> tuple[bytes, list[bytes]]:
    """Cut a frame into chunks of at most ``chunk_bytes``, and make the head that stands for it."""
    chunks = [frame[start : start + chunk_bytes] for start in range(0, len(frame), chunk_bytes)]
    head = _HEAD.pack(bytes.fromhex(generation), len(chunks), len(frame))
    return _pack(_SPLIT, head), chunks


def decode_frame(path: str, frame: bytes) -> bytes | SplitHead:
    """The value in a frame, or the head of a split one. Raises CorruptRecord with ``path``."""
    flags, payload = _unpack(path, frame)
    if flags == _SPLIT:
        if len(payload) != _HEAD.size:
            raise CorruptRecord(path, "the head of a split record has the wrong size")
        generation, chunks, length = _HEAD.unpack(payload)
        return SplitHead(generation.hex(), chunks, length)
    return _decompress(path, payload) if flags == _COMPRESSED else payload


def join_chunks(path: str, head: SplitHead, chunks: list[bytes]) -> bytes:
    """The value of a split record. Raises CorruptRecord when its chunks aren't all there or unharmed."""
    frame = b"".join(chunks)
    if len(chunks) != head.chunks or len(frame) != head.length:
        raise CorruptRecord(path, f"{len(frame)} bytes in {len(chunks)} chunks, not {head.length} in {head.chunks}")
    value = decode_frame(path, frame)
    if isinstance(value, SplitHead):
        raise CorruptRecord(path, "a split record within a split record")
    return value


def _unpack(path: str, frame: bytes) -> tuple[int, bytes]:
    if len(frame) < _START:
        raise CorruptRecord(path, f"{len(frame)} bytes are too few for a record")
    magic, version, flags, length = _HEADER.unpack_from(frame)
    (checksum,) = _CHECKSUM.unpack_from(frame, _HEADER.size)
    if magic != _MAGIC:
        raise CorruptRecord(path, "it does not begin like a record")
    if version != _VERSION:
        raise CorruptRecord(path, f"format version {version} is unknown")
    if flags not in (0, _COMPRESSED, _SPLIT):
        raise CorruptRecord(path, f"flags {flags} are unknown")
    payload = frame[_START:]
    if len(payload) != length:
        raise CorruptRecord(path, f"{len(payload)} bytes instead of {length}")
    if zlib.crc32(payload, zlib.crc32(frame[: _HEADER.size])) != checksum:
        raise CorruptRecord(path, "the checksum does not match")
    return flags, payload


def _decompress(path: str, payload: bytes) -> bytes:
    if len(payload) < _COMPRESSED_LENGTH.size:
        raise CorruptRecord(path, "the compressed value has no length")
    (length,) = _COMPRESSED_LENGTH.unpack_from(payload)
    inflater = zlib.decompressobj()
    try:
        value = inflater.decompress(payload[_COMPRESSED_LENGTH.size :], length + 1)
    except zlib.error as error:
        raise CorruptRecord(path, f"it can't be decompressed: {error}") from error
    if len(value) != length or not inflater.eof:
        raise CorruptRecord(path, f"decompressed it is not {length} bytes long")
    return value
