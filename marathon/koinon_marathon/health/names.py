"""Finds the addresses of agents by their names, in threads of its own, each name once at a time.

A resolver that hangs keeps only those threads busy, and of the questions only those that need one.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address
from socket import AF_INET, EAI_AGAIN, SOCK_STREAM, gaierror, getaddrinfo
from time import monotonic

_THREADS = 8
_FRESH = 10.0
"""Seconds for which an address that was found is used again."""
_MOST_NAMES = 10_000


class NamesUnavailable(Exception):
    """The name service does not answer: nothing is said about the name."""


class Names:
    """IPv4 addresses by name."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="names")
        self._found: dict[str, tuple[float, str]] = {}
        self._searches: dict[str, asyncio.Future[str]] = {}

    async def find(self, host: str) -> str:
        """The host's address. Raises gaierror where it has none, NamesUnavailable."""
        if _is_address(host):
            return host
        known = self._found.get(host)
        if known is not None and monotonic() < known[0]:
            return known[1]
        search = self._searches.get(host)
        if search is None:
            search = self._searches[host] = asyncio.ensure_future(self._search(host))
            search.add_done_callback(lambda done: self._end(host, done))
        return await asyncio.shield(search)

    def close(self) -> None:
        """Find no more; a search under way is not waited for."""
        for search in self._searches.values():
            search.cancel()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _search(self, host: str) -> str:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(self._threads, getaddrinfo, host, None, AF_INET, SOCK_STREAM)
        except gaierror as error:
            if error.errno == EAI_AGAIN:
                raise NamesUnavailable(f"{host}: the name service does not answer") from error
            raise
        except UnicodeError as error:
            raise OSError(f"{host} is no name of a host") from error
        address = str(found[0][4][0])
        if len(self._found) >= _MOST_NAMES:
            self._found.clear()
        self._found[host] = (monotonic() + _FRESH, address)
        return address

    def _end(self, host: str, search: asyncio.Future[str]) -> None:
        self._searches.pop(host, None)
        if not search.cancelled():
            search.exception()  # whoever waited has it; that nobody waited any more is no fault


def _is_address(host: str) -> bool:
    try:
        IPv4Address(host)
    except ValueError:
        return False
    return True
