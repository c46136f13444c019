"""Operations in two forms: for code that waits, and for an event loop.

Each operation is written once, as a coroutine. `Blocking` runs it to its end on the spot, as all that it awaits there returns without
suspending; `Concurrent` hands it out to be awaited.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from ._errors import ConnectionLost, TouchlineError
from ._http import Origin, Request, in_thread
from ._process import ServerProcess

__tracebackhide__ = True

T = TypeVar("T")


class Caller:
    """Sends requests to a server, of which it may have the process."""

    def __init__(self, origin: Origin, process: ServerProcess | None = None):
        self._origin = origin
        self._process = process

    def _do(self, operation: Coroutine[Any, Any, Any]) -> Any:
        raise NotImplementedError

    async def _call(self, function: Callable[[], T]) -> T:
        """Calls a function that blocks."""
        raise NotImplementedError

    async def _send(self, request: Request) -> Any:
        raise NotImplementedError

    async def _ask(self, request: Request) -> Any:
        """Sends a request. Its error says how the server ended, if it has."""
        try:
            return await self._send(request)
        except ConnectionLost as error:
            ending = self._process.ending() if self._process and await self._has_ended() else None
            raise ConnectionLost(f"{ending}; {error}") if ending else error from None

    async def _has_ended(self) -> bool:
        process = self._process
        return process is not None and await self._call(lambda: process.wait(1))


class Blocking(Caller):
    def _do(self, operation: Coroutine[Any, Any, T]) -> T:
        try:
            operation.send(None)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        except TouchlineError as error:
            # It ends at the line that called: what is below is of this package.
            raise error.with_traceback(None) from None
        raise AssertionError("it suspends, with no event loop to resume it")

    async def _call(self, function: Callable[[], T]) -> T:
        return function()

    async def _send(self, request: Request) -> Any:
        return self._origin.send(request)


class Concurrent(Caller):
    def _do(self, operation: Coroutine[Any, Any, T]) -> Coroutine[Any, Any, T]:
        return operation

    async def _call(self, function: Callable[[], T]) -> T:
        return await in_thread(function)

    async def _send(self, request: Request) -> Any:
        return await self._origin.send_async(request)


async def settled(value: Any) -> Any:
    """The value of what one of the forms returns."""
    return await value if inspect.isawaitable(value) else value
