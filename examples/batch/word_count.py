"""Count words on a cluster: ``python examples/batch/word_count.py 127.0.0.1:5050 FILE ...``.

Cuts the files into pieces, has every piece counted as a task of its own, adds up what comes back and prints the ten
commonest words. The executor's file must lie at the same path on every agent, as it does where the cluster is one
machine; ``fetched_file`` and ``installed_module`` are for the rest.
"""

import json
import sys
from collections import Counter
from pathlib import Path

from pieces import Batch

from koinon_core.frameworks import FrameworkInfo
from koinon_frameworks import run
from koinon_frameworks.executor import executor_info, file_at

LINES = 20
"""What makes a piece."""


def cut(paths: list[str]) -> list[bytes]:
    """The texts in pieces."""
    lines = [line for path in paths for line in Path(path).read_text(encoding="utf-8").splitlines(keepends=True)]
    return ["".join(lines[start : start + LINES]).encode() for start in range(0, len(lines), LINES)]


def main(master: str, *paths: str) -> None:
    """Map, reduce, print."""
    executor = executor_info(
        "count-words", file_at(str(Path(__file__).with_name("count_words.py").resolve()), python=sys.executable)
    )
    batch = Batch(cut(list(paths)), executor)
    run(batch, FrameworkInfo(user="root", name="word count"), master)
    if batch.problem or len(batch.results) < len(batch.pieces):
        sys.exit(f"word count: {batch.problem or 'ended before all was counted'}")
    words: Counter[str] = Counter()
    for result in batch.results.values():
        words.update(json.loads(result))
    print(f"{words.total()} words in {len(batch.pieces)} pieces, counted in {sum(batch.attempts)} tasks")
    for word, count in words.most_common(10):
        print(f"{count:7} {word}")


if __name__ == "__main__":
    main(*sys.argv[1:])
