"""How much of what happened is kept, and what is counted instead of written again."""

from __future__ import annotations

from koinon_marathon.definition.path_ids import PathId
from koinon_marathon.timeline import Entry, Kind, TimelineBook
from koinon_marathon.timeline.book import MOST_OF_DEPARTED, MOST_OF_ONE

WEB, DB = PathId("/web"), PathId("/db")


def entry(text: str, at: float = 1.0, kind: Kind = Kind.STATUS) -> Entry:
    """Something that happened."""
    return Entry(at=at, kind=kind, text=text)


def texts(book: TimelineBook, path: PathId = WEB) -> list[str]:
    """What is said of an app, the oldest first."""
    return [each.text for _, each in book.entries(path)]


def test_newest_entries_of_one_app_are_kept() -> None:
    """One more than an app may have: its oldest one goes."""
    book = TimelineBook()
    for number in range(MOST_OF_ONE + 1):
        book.add(WEB, entry(str(number)))

    assert ["1", str(MOST_OF_ONE)] == [texts(book)[0], texts(book)[-1]]
    assert MOST_OF_ONE == len(book)


def test_less_is_kept_of_a_removed_app() -> None:
    """Its newest two hundred entries, and no more than these as more comes."""
    book = TimelineBook()
    for number in range(MOST_OF_ONE):
        book.add(WEB, entry(str(number)))
    book.note_departed(WEB)
    book.add(WEB, entry("last"))

    assert MOST_OF_DEPARTED == len(texts(book)) == len(book)
    assert "last" == texts(book)[-1]


def test_oldest_of_all_goes_first() -> None:
    """Where all apps together have too many, the oldest entry goes, whosever it is; an app without any is forgotten."""
    book = TimelineBook(most_in_all=3)
    for number in range(2):
        book.add(DB, entry(f"db {number}"))
    for number in range(3):
        book.add(WEB, entry(f"web {number}"))

    assert ([], ["web 0", "web 1", "web 2"]) == (texts(book, DB), texts(book))
    assert (WEB,) == book.specs()


def test_repeated_entry_is_counted() -> None:
    """Three offers of two agents, refused for one reason, are one entry with its first and last time."""
    book = TimelineBook()
    for at, agents in ((1.0, ["a1", "a2"]), (5.0, ["a1"])):
        book.repeat(WEB, "cpus", entry("{offers} from {agents}", at, Kind.OFFER), agents)

    ((number, found),) = book.entries(WEB)

    assert ("3 offers from 2 agents", 1.0, 3, 5.0) == (found.text, found.at, found.count, found.last)
    assert 1 == number


def test_what_repeats_itself_after_a_launch_is_told_anew() -> None:
    """Offers declined before and after something else happened are two entries."""
    book = TimelineBook()
    book.repeat(WEB, "cpus", entry("{offers}", kind=Kind.OFFER), ["a1"])
    book.add(WEB, entry("launched", kind=Kind.LAUNCH))
    book.repeat(WEB, "cpus", entry("{offers}", kind=Kind.OFFER), ["a1"])

    assert ["1 offer", "launched", "1 offer"] == texts(book)


def test_repeating_what_is_not_kept_any_more_begins_anew() -> None:
    """An entry that had to go is not counted on."""
    book = TimelineBook(most_in_all=1)
    book.repeat(WEB, "cpus", entry("{offers}", kind=Kind.OFFER), ["a1"])
    book.add(DB, entry("other"))
    book.repeat(WEB, "cpus", entry("{offers}", kind=Kind.OFFER), ["a1"])

    assert ["1 offer"] == texts(book)


def test_revision_moves_with_every_change() -> None:
    """Whoever looks for news compares one number: it is another after an entry, a repetition and a loss."""
    book = TimelineBook(most_in_all=2)
    seen = [book.revision(WEB)]
    book.repeat(WEB, "k", entry("{times}"))
    seen.append(book.revision(WEB))
    book.repeat(WEB, "k", entry("{times}"))
    seen.append(book.revision(WEB))
    book.add(WEB, entry("more"))
    seen.append(book.revision(WEB))
    book.add(DB, entry("other"))
    seen.append(book.revision(WEB))

    assert 5 == len(set(seen))
