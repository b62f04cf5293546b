"""Unpacks an archive beneath a directory: entry by entry, by the rules of ``entries.py``. Blocks; runs in a thread.

Nothing that an archive says is believed before it is read: not a size, not a count. Links come last, so that no entry
can lie beyond one.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import IO, BinaryIO, Protocol

from ..sandboxes.errors import Unplaceable
from ..sandboxes.placement import Placement
from .entries import MIB, Entry, EntryKind, Limits, Rules, place_of
from .errors import ExtractionRefused, FetchStopped
from .plan import Archive

_CHUNK_BYTES = MIB
_HEADER_BYTES = 2 * MIB
"""What may describe one entry of a tar file."""
_DIRECTORY_BYTES = 16 * MIB
"""What may describe all entries of a zip file."""
_XZ_MEMORY = 256 * MIB
_LINK_BYTES = 4096
_BROKEN = (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError, RuntimeError)
_ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)
_TAR_TYPES = {
    tarfile.SYMTYPE: EntryKind.SYMLINK,
    tarfile.LNKTYPE: EntryKind.HARDLINK,
    tarfile.DIRTYPE: EntryKind.DIRECTORY,
    tarfile.CHRTYPE: EntryKind.DEVICE,
    tarfile.BLKTYPE: EntryKind.DEVICE,
    tarfile.FIFOTYPE: EntryKind.PIPE,
}
_ZIP_TYPES = {
    0: EntryKind.FILE,
    stat.S_IFREG: EntryKind.FILE,
    stat.S_IFDIR: EntryKind.DIRECTORY,
    stat.S_IFLNK: EntryKind.SYMLINK,
    stat.S_IFCHR: EntryKind.DEVICE,
    stat.S_IFBLK: EntryKind.DEVICE,
    stat.S_IFIFO: EntryKind.PIPE,
}


class Readable(Protocol):
    """What bytes are read from."""

    def read(self, size: int = -1, /) -> bytes:
        """Up to ``size`` bytes; none at the end."""
        ...


class Extraction:
    """One archive on its way into a directory."""

    def __init__(self, placement: Placement, limits: Limits, is_stopped: Callable[[], bool]) -> None:
        """``is_stopped`` is asked from time to time, in the thread that unpacks."""
        self._placement = placement
        self._limits = limits
        self._is_stopped = is_stopped
        self._rules = Rules(limits, 0)
        self._links: dict[PurePosixPath, str] = {}

    def run(self, archive: BinaryIO, kind: Archive, name: str) -> None:
        """Unpack a file that was called ``name``. Raises ExtractionRefused, FetchStopped and OSError (disk full)."""
        self._rules = Rules(self._limits, os.fstat(archive.fileno()).st_size)
        try:
            if kind is Archive.ZIP:
                self._unzip(archive)
            elif kind is Archive.GZ:
                self._write(_decompress(archive, kind), PurePosixPath(name.removesuffix(".gz") or name), 0o644)
            else:
                self._untar(_decompress(archive, kind))
            for path, target in self._links.items():
                self._placement.link_symbolically(path, target)
        except (*_BROKEN, OSError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise  # the disk's word, not that of who unpacks
            raise ExtractionRefused(f"it is no whole {kind.value} file: {error}") from error
        except Unplaceable as error:
            raise ExtractionRefused(f"entry {error}") from error

    def _untar(self, source: Readable) -> None:
        bounded = _Bounded(source)
        with tarfile.open(fileobj=bounded, mode="r|") as tar:  # type: ignore[call-overload]  # it reads, no more
            while True:
                bounded.allow(_HEADER_BYTES)
                member = tar.next()
                if member is None:
                    return
                tar.members.clear()  # a list that only grows
                self._check_stopped()
                self._take_member(tar, member, bounded)

    def _take_member(self, tar: tarfile.TarFile, member: tarfile.TarInfo, bounded: _Bounded) -> None:
        kind = EntryKind.FILE if member.isreg() else _TAR_TYPES.get(member.type, EntryKind.OTHER)
        path = self._admit(Entry(name=member.name, kind=kind, target=member.linkname))
        match kind:
            case EntryKind.DIRECTORY:
                self._placement.make_directory(path, member.mode)
            case EntryKind.SYMLINK:
                self._links[path] = member.linkname
            case EntryKind.HARDLINK:
                self._placement.link_hard(path, place_of(member.linkname))
            case _:
                data = tar.extractfile(member)
                if data is not None:
                    self._write(_Allowing(data, bounded), path, member.mode)

    def _unzip(self, archive: BinaryIO) -> None:
        with zipfile.ZipFile(_BoundedFile(archive)) as zipped:
            for info in zipped.infolist():
                self._check_stopped()
                self._take_info(zipped, info)

    def _take_info(self, zipped: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
        mode = info.external_attr >> 16
        kind = EntryKind.DIRECTORY if info.is_dir() else _ZIP_TYPES.get(stat.S_IFMT(mode), EntryKind.OTHER)
        if info.flag_bits & 1:
            raise ExtractionRefused(f"entry {info.filename!r} is encrypted")
        if info.compress_type not in _ZIP_METHODS:
            raise ExtractionRefused(f"entry {info.filename!r} is packed by method {info.compress_type}, unknown here")
        if kind is EntryKind.DIRECTORY:
            path = self._admit(Entry(name=info.filename, kind=kind))
            self._placement.make_directory(path, stat.S_IMODE(mode) or 0o755)
            return
        with zipped.open(info) as data:
            if kind is EntryKind.SYMLINK:
                target = data.read(_LINK_BYTES).decode(errors="surrogateescape")
                self._links[self._admit(Entry(name=info.filename, kind=kind, target=target))] = target
            else:
                path = self._admit(Entry(name=info.filename, kind=kind))
                self._write(data, path, stat.S_IMODE(mode) or 0o644)

    def _admit(self, entry: Entry) -> PurePosixPath:
        problem = self._rules.find_problem(entry)
        if problem is not None:
            raise ExtractionRefused(problem)
        path = place_of(entry.name)
        self._links.pop(path, None)
        return path

    def _write(self, source: Readable, path: PurePosixPath, mode: int) -> None:
        descriptor = self._placement.create(path, mode)
        with os.fdopen(descriptor, "wb") as file:
            while chunk := source.read(_CHUNK_BYTES):
                self._check_stopped()
                problem = self._rules.find_size_problem(len(chunk))
                if problem is not None:
                    raise ExtractionRefused(problem)
                file.write(chunk)

    def _check_stopped(self) -> None:
        if self._is_stopped():
            raise FetchStopped


class _Bounded:
    """Lets only so much be read until more is allowed: a tar file's headers are read into memory whole."""

    def __init__(self, source: Readable) -> None:
        self._source = source
        self._left = _HEADER_BYTES

    def allow(self, size: int) -> None:
        self._left = size

    def read(self, size: int) -> bytes:
        if size > self._left:
            raise ExtractionRefused(f"an entry is described by more than {_HEADER_BYTES} bytes")
        self._left -= size
        return self._source.read(size)


class _Allowing:
    """The data of one entry: reading them allows what lies beneath to be read."""

    def __init__(self, data: IO[bytes], bounded: _Bounded) -> None:
        self._data = data
        self._bounded = bounded

    def read(self, size: int = -1, /) -> bytes:
        self._bounded.allow(size + _HEADER_BYTES)
        return self._data.read(size)


class _BoundedFile:
    """A file that is never read by more than a zip file's directory may hold at once."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        if size > _DIRECTORY_BYTES:
            raise ExtractionRefused(f"its entries are described by more than {_DIRECTORY_BYTES} bytes")
        return self._file.read(size)


class _Xz:
    """Unpacks xz within a bound of memory, which the library's own file object does not know."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decompressor = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)
        self._packed = b""

    def read(self, size: int = -1, /) -> bytes:
        while True:
            if self._decompressor.eof:
                # Streams may follow one another, with zeros between them.
                self._packed = (self._decompressor.unused_data or self._file.read(_CHUNK_BYTES)).lstrip(b"\0")
                if not self._packed:
                    return b""
                self._decompressor = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)
            if self._decompressor.needs_input and not self._packed:
                self._packed = self._file.read(_CHUNK_BYTES)
                if not self._packed:
                    raise EOFError("its end is missing")
            data = self._decompressor.decompress(self._packed, max_length=size)
            self._packed = b""
            if data:
                return data


def _decompress(archive: BinaryIO, kind: Archive) -> Readable:
    match kind:
        case Archive.TAR_GZ | Archive.GZ:
            return gzip.GzipFile(fileobj=archive, mode="rb")
        case Archive.TAR_BZ2:
            return bz2.BZ2File(archive)
        case Archive.TAR_XZ:
            return _Xz(archive)
        case _:
            return archive
