"""The image `koinon/busybox`: Debian's static busybox and nothing else, so that examples and tests pull nothing."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from .debian import unpack
from .engine_api import has_image, import_image
from .ground import STATE, ChoreError, say

IMAGE = "koinon/busybox:latest"
_BINARY = STATE / "busybox"
_PASSWD = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/tmp:/bin/false\n"
_GROUP = "root:x:0:\nnogroup:x:65534:\n"
_FOLDERS = {"bin": 0o755, "etc": 0o755, "root": 0o700, "tmp": 0o1777, "usr": 0o755, "var": 0o755, "var/tmp": 0o1777}


def ensure_image(url: str) -> None:
    """Makes the image in the engine at `url` unless it is there. Raises ChoreError where no busybox can be had."""
    if has_image(url, IMAGE):
        return
    say(f"making the image {IMAGE}")
    changes = ['CMD ["/bin/sh"]', "ENV PATH=/bin"]
    try:
        import_image(url, IMAGE, image_tar(_find_binary()), changes)
    except OSError as error:
        raise ChoreError(str(error)) from error


def _find_binary() -> Path:
    """The package's binary, kept in `.dev/`. It is unpacked only: installing it would replace the system's busybox."""
    if not _BINARY.exists():
        STATE.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            unpack("busybox-static", Path(folder))
            found = [path for path in Path(folder).glob("**/bin/busybox") if path.is_file()]
            if not found:
                raise ChoreError("the package busybox-static holds no bin/busybox")
            shutil.copy(found[0], _BINARY)
    return _BINARY


def image_tar(binary: Path) -> bytes:
    """The image's files: the binary, a link an applet, and the few files and folders programs expect."""
    applets = subprocess.run([binary, "--list"], check=True, capture_output=True, text=True).stdout.split()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, mode in _FOLDERS.items():
            _add(tar, f"{name}/", mode)
        _add(tar, "bin/busybox", 0o755, binary.read_bytes())
        _add(tar, "etc/passwd", 0o644, _PASSWD.encode())
        _add(tar, "etc/group", 0o644, _GROUP.encode())
        for applet in sorted(set(applets) - {"busybox"}):
            _link(tar, f"bin/{applet}", "busybox")
        for name in ("usr/bin", "usr/sbin", "sbin"):
            _link(tar, name, "/bin")
    return buffer.getvalue()


def _add(tar: tarfile.TarFile, name: str, mode: int, data: bytes = b"") -> None:
    """A file, or a folder where the name ends in a slash."""
    entry = tarfile.TarInfo(name.rstrip("/"))
    entry.type = tarfile.DIRTYPE if name.endswith("/") else tarfile.REGTYPE
    entry.mode, entry.size = mode, len(data)
    tar.addfile(entry, io.BytesIO(data))


def _link(tar: tarfile.TarFile, name: str, target: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname, entry.mode = tarfile.SYMTYPE, target, 0o777
    tar.addfile(entry)
