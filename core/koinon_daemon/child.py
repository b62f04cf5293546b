"""The first breath of a process that must not outlive its parent: ask the kernel for a signal, then become it.

Run by path with ``python -I -S child.py SIGNAL PARENT PROGRAM ARGUMENTS...``: it imports nothing but the standard
library, and the wish outlives the exec. ``bound_to_parent`` words that command line.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def bound_to_parent(number: int, argv: list[str]) -> list[str]:
    """The command line of ``argv`` as a child of this process that gets signal ``number`` when this process dies."""
    return [sys.executable, "-I", "-S", __file__, str(int(number)), str(os.getpid()), *argv]


def main(number: int, parent: int, argv: list[str]) -> None:
    """Does not return."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:
        # It died before we could ask.
        sys.exit(1)
    os.execv(argv[0], argv)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
