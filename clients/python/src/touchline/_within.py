"""A time limit that never swallows a cancellation, as `asyncio.wait_for` does in Python 3.10 and 3.11 if both happen at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

__tracebackhide__ = True

T = TypeVar("T")


async def within(seconds: float, awaitable: Awaitable[T], discard: Callable[[T], object] = lambda result: None) -> T:
    """The result, or `TimeoutError`. A result that comes when nobody waits any more is given to `discard`."""
    task = asyncio.ensure_future(awaitable)

    def abandoned(done: asyncio.Future[T]) -> None:
        if not done.cancelled() and not done.exception():
            discard(done.result())

    try:
        done, _ = await asyncio.wait({task}, timeout=seconds)
    except asyncio.CancelledError:
        task.add_done_callback(abandoned)
        task.cancel()
        raise
    if not done:
        task.add_done_callback(abandoned)
        task.cancel()
        raise TimeoutError
    return task.result()
