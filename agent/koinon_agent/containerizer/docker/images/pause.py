"""The image of the container that holds a pod's network: one program that does nothing, for ever. Pure.

Its program is put together here, byte by byte, so that no registry is asked for it: some 200 bytes that leave no
child as a zombie (it is the first process of a shared pid namespace), let the kernel put it to sleep and, should a
signal wake it, do so again. Who brings it into an engine is ``pulls.py``.
"""

from __future__ import annotations

import hashlib
import io
import struct
import tarfile

_IGNORE = struct.pack("<4Q", 1, 0, 0, 0)
"""The kernel's struct sigaction with SIG_IGN."""
_X86_64 = bytes.fromhex(
    "b80d000000"  # mov eax, 13 (rt_sigaction)
    "bf11000000"  # mov edi, 17 (SIGCHLD)
    "488d3517000000"  # lea rsi, [rip + 23]: what follows the code
    "31d2"  # xor edx, edx
    "41ba08000000"  # mov r10d, 8
    "0f05"  # syscall
    "b822000000"  # mov eax, 34 (pause)
    "0f05"  # syscall
    "ebf7"  # jmp to mov eax, 34
    "90909090"  # nop
)
_AARCH64 = struct.pack(
    "<14I",
    0xD2800220,  # mov x0, 17 (SIGCHLD)
    0x100001A1,  # adr x1, 52 bytes on: what follows the code
    0xD2800002,  # mov x2, 0
    0xD2800103,  # mov x3, 8
    0xD28010C8,  # mov x8, 134 (rt_sigaction)
    0xD4000001,  # svc 0
    0xD2800000,  # mov x0, 0: no file descriptors to wait for
    0xD2800001,  # mov x1, 0
    0xD2800002,  # mov x2, 0: no time limit
    0xD2800003,  # mov x3, 0
    0xD2800928,  # mov x8, 73 (ppoll: this machine has no pause)
    0xD4000001,  # svc 0
    0x17FFFFFA,  # b to mov x0, 0
    0xD503201F,  # nop
)
_PROGRAMS = {"amd64": (62, _X86_64 + _IGNORE), "arm64": (183, _AARCH64 + _IGNORE)}
"""By the engine's name of an architecture: ELF's number of it, and the code."""

_ADDRESS = 0x400000
_HEADERS = 64 + 56
_PATH = "pause"


def make_program(architecture: str) -> bytes | None:
    """A static executable for the engine's ``architecture`` (``amd64``, ``arm64``); None for any other."""
    if architecture not in _PROGRAMS:
        return None
    machine, code = _PROGRAMS[architecture]
    size = _HEADERS + len(code)
    identity = b"\x7fELF" + bytes((2, 1, 1)) + bytes(9)
    header = struct.pack(
        "<16sHHIQQQIHHHHHH", identity, 2, machine, 1, _ADDRESS + _HEADERS, 64, 0, 0, 64, 56, 1, 0, 0, 0
    )
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, _ADDRESS, _ADDRESS, size, size, 0x1000)
    return header + segment + code


def _name() -> str:
    """By the content of all programs, so that another version of ours never takes this one's image for its own."""
    digest = hashlib.sha256(b"".join(make_program(name) or b"" for name in sorted(_PROGRAMS)))
    return f"koinon/pause:{digest.hexdigest()[:12]}"


PAUSE_IMAGE = _name()
"""The image's name; it is made where it is missing, and never pulled."""

PAUSE_CHANGES = (f'ENTRYPOINT ["/{_PATH}"]',)
"""What the engine is to set of the image, in the words of a Dockerfile."""


def make_image(architecture: str) -> bytes | None:
    """The image's file system as a tar, to be imported; None where there is no program for the architecture."""
    program = make_program(architecture)
    if program is None:
        return None
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        entry = tarfile.TarInfo(_PATH)
        entry.mode, entry.size = 0o755, len(program)
        tar.addfile(entry, io.BytesIO(program))
    return buffer.getvalue()
