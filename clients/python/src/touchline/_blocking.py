"""A subscription for code that waits: an `AsyncSubscription` in the event loop of a thread."""

from __future__ import annotations

import asyncio
import concurrent.futures
import ssl
import threading
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, TypeVar

from ._address import checked_stream, without_query
from ._errors import SubscriptionEnded, TouchlineError
from ._fold import State
from ._http import ANSWER_S
from ._options import Connection, Options
from ._score import Frame, Score
from ._subscription import AsyncSubscription
from ._waiting import Waiter

__tracebackhide__ = True

#: The longest that `close` waits for the thread, which itself waits for less.
JOIN_S = 5.0

T = TypeVar("T")


class Subscription:
    """A subscription in a thread of its own, which calls the functions of `Options`."""

    def __init__(
        self, url: str, options: Options | None = None, *, token: str | None = None, timeout: float = ANSWER_S, tls: ssl.SSLContext | None = None
    ):
        self.url = checked_stream(url)
        #: Whether `close` was called.
        self.is_closed = False
        # What is submitted under it, before `is_closed`, is settled by the loop.
        self._lock = threading.Lock()
        begun: concurrent.futures.Future[AsyncSubscription] = concurrent.futures.Future()

        async def main() -> None:
            self._loop = asyncio.get_running_loop()
            self._closing = asyncio.Event()
            inner = AsyncSubscription(url, options, token=token, timeout=timeout, tls=tls)
            begun.set_result(inner)
            await self._closing.wait()
            await inner.close()

        self._thread = threading.Thread(target=lambda: asyncio.run(main()), name="touchline subscription", daemon=True)
        self._thread.start()
        self._inner = begun.result()

    def _wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
        with self._lock:
            if self.is_closed or threading.current_thread() is self._thread:
                coroutine.close()
                if self.is_closed:
                    raise SubscriptionEnded(f"the subscription to {without_query(self.url)} was closed")
                raise TouchlineError("a function that a subscription calls may not wait for that subscription")
            future = asyncio.run_coroutine_threadsafe(_outcome(coroutine), self._loop)
        try:
            result, error = future.result()
        except concurrent.futures.CancelledError:
            raise SubscriptionEnded(f"the subscription to {without_query(self.url)} was closed") from None
        except BaseException:
            future.cancel()
            raise
        if error:
            raise error.with_traceback(_of_predicate(error.__traceback__))
        return result  # type: ignore[return-value]

    def __enter__(self) -> Subscription:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Subscription {without_query(self.url)} {self.connection}>"

    @property
    def state(self) -> State:
        return self._inner.state

    @property
    def connection(self) -> Connection:
        return self._inner.connection

    @property
    def error(self) -> BaseException | None:
        """The first error of a function of the app that was called."""
        return self._inner.error

    def until(self, predicate: Callable[[State], object], timeout: float | None = None) -> State:
        """The state as soon as `predicate(state)` is true, which it may be already. A `LookupError` counts as not yet: a match is
        not there before its snapshot. `timeout` is in seconds, 10 without it."""
        return self._wait(self._inner.until(predicate, timeout))

    def caught_up(self, answer: Frame, timeout: float | None = None) -> State:
        """The state as soon as it holds all that a step, a seek or a restart has sent, which is given by its answer."""
        return self._wait(self._inner.caught_up(answer, timeout))

    def command(self, command: dict[str, Any], timeout: float | None = None) -> Frame:
        """Sends any command of the protocol over the socket, and returns the reply."""
        return self._wait(self._inner.command(command, timeout))

    def ack(self, n: int | None = None) -> None:
        """Acknowledges an event and all before it, by default all that were received: for an app that renders later."""
        self._later(self._inner.acknowledge, self.state, n)

    def shows(self, score: str | Score | tuple[int, int], *, match: str | None = None, clock: str | None = None, n: int | None = None) -> None:
        """Says what the app shows of a match, by default of the only one. It is said again on each new connection."""
        match = match or self.state.match.id
        self._later(lambda: self._inner.shows(score, match=match, clock=clock, n=n))

    def again(self) -> None:
        """Reconnects at once."""
        self._later(self._inner.again)

    def _later(self, function: Callable[..., None], *arguments: Any) -> None:
        with self._lock:
            if not self.is_closed:
                self._loop.call_soon_threadsafe(function, *arguments)

    def close(self) -> None:
        """Ends the subscription. A function that it calls may do so too, and does not wait for the end."""
        with self._lock:
            if not self.is_closed:
                self.is_closed = True
                self._loop.call_soon_threadsafe(self._closing.set)
        if threading.current_thread() is not self._thread:
            self._thread.join(JOIN_S)


async def _outcome(coroutine: Coroutine[Any, Any, T]) -> tuple[T | None, BaseException | None]:
    """The result or the error. Raised in the loop, `SystemExit` would end its thread."""
    try:
        return await coroutine, None
    except asyncio.CancelledError:
        raise
    except BaseException as error:
        return None, error


def _of_predicate(traceback: TracebackType | None) -> TracebackType | None:
    """The frames below a predicate; of other errors none, as they are those of the event loop."""
    while traceback and traceback.tb_frame.f_code is not Waiter.check.__code__:
        traceback = traceback.tb_next
    return traceback and traceback.tb_next
