"""The inner process's first moment, ``python -m koinon_frameworks.host.inner_main``: able to say where it hangs.

Whatever is imported after this, ours and the plugin's, may take long or for ever; from here on SIGUSR2 has all stacks
written to a file that the outer process reads.
"""

import faulthandler
import sys
from signal import SIGUSR2


def main(argv: list[str]) -> int:
    """``argv``: the descriptors of the line and of the file for stacks, NAME, and the command line behind it."""
    faulthandler.enable()
    faulthandler.register(SIGUSR2, file=int(argv[1]), all_threads=True)
    from .inner import live  # noqa: PLC0415 - see above

    return live(int(argv[0]), argv[2], argv[3:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
