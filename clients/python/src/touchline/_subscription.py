"""A subscription: follows a stream over a WebSocket, folds it, and resumes after a lost connection.

`AsyncSubscription` does it in the running event loop; `Subscription` runs one in a thread.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import inspect
import json
import random
import ssl
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from ._controls import Controls
from ._errors import AnswerTimeout, ConnectionLost, RequestError, SubscriptionEnded, TouchlineError
from ._fold import NOTHING, Frame, Match, Score, State, reduce
from ._http import ANSWER_S, reason
from ._websocket import Closed, WebSocket

#: After this silence, in seconds, the client reconnects. Ticks come every second while playing, else every five.
LOST_PLAYING_S = 8.0
LOST_IDLE_S = 15.0
FIRST_RETRY_S = 0.25
MAX_RETRY_S = 8.0
#: How long the snapshots may take to arrive, after `hello`: on a slow link they take long.
BEGIN_S = 60.0

T = TypeVar("T")


@dataclass(frozen=True)
class Connection:
    """`connecting`, `live`, `lost` (it is tried again), `refused`, `over` or `closed`; the last three are final."""

    state: str
    reason: str = ""
    #: How often it was tried since it last brought anything new.
    attempt: int = 0
    #: Of `live` after a resumed connection: the number of events that were missed, and follow.
    caught_up: int | None = None

    def __str__(self) -> str:
        return f"{self.state}: {self.reason}" if self.reason else self.state


@dataclass(frozen=True)
class Options:
    """What a subscription does beside folding.

    `change(state)` is called after each change of the state, `frame(frame, state)` after each frame, and `connection(connection)`
    when the connection changes. With `ack` each event is acknowledged once `change` has returned, and in an event loop once the
    awaitable is done that it may return. With `shows` the score of each match is reported as shown once `change` has returned.
    """

    change: Callable[[State], Any] | None = None
    frame: Callable[[Frame, State], Any] | None = None
    connection: Callable[[Connection], Any] | None = None
    ack: bool = False
    shows: bool = False


@dataclass
class _Rendering:
    """An event that is to be acknowledged."""

    n: int
    epoch: int | None
    socket: WebSocket
    is_settled: bool = False
    is_rendered: bool = False


class _Waiter:
    """Waits for a state of which a predicate is true."""

    def __init__(self, predicate: Callable[[State], Any]):
        self._predicate = predicate
        self.missing: LookupError | None = None
        self.future: asyncio.Future[State] = asyncio.get_running_loop().create_future()

    def check(self, state: State) -> None:
        if self.future.done():
            return
        try:
            if self._predicate(state):
                self.future.set_result(state)
            self.missing = None
        except LookupError as error:
            # At the start of an epoch there is no match until its snapshot.
            self.missing = error
        except Exception as error:
            self.future.set_exception(error)

    def fail(self, error: Exception) -> None:
        if not self.future.done():
            self.future.set_exception(error)


class AsyncSubscription(Controls):
    """A subscription in the running event loop. The commands of playback go over its own socket, and are awaited."""

    def __init__(
        self, url: str, options: Options | None = None, *, token: str | None = None, timeout: float = ANSWER_S, tls: ssl.SSLContext | None = None
    ):
        self.url = url
        self._options = options or Options()
        self._token = token
        self._timeout = timeout
        self._tls = tls
        self._state = NOTHING
        self._connection = Connection("connecting")
        self._socket: WebSocket | None = None
        self._attempt = 0
        self._commands = 0
        self._replies: dict[int, asyncio.Future[Frame]] = {}
        self._waiters: set[_Waiter] = set()
        self._rendering: deque[_Rendering] = deque()
        self._calls: set[asyncio.Task[None]] = set()
        self._refusal: Frame | None = None
        self._shown: dict[str, str] = {}
        self._reported: dict[str, Match] = {}
        self._end: Exception | None = None
        self._again = asyncio.Event()
        #: The first error of a function of the app that was called.
        self.error: Exception | None = None
        self._task = asyncio.get_running_loop().create_task(self._run())

    @property
    def state(self) -> State:
        return self._state

    @property
    def connection(self) -> Connection:
        return self._connection

    async def __aenter__(self) -> AsyncSubscription:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def until(self, predicate: Callable[[State], Any], timeout: float | None = None) -> State:
        """The state as soon as `predicate(state)` is true, which it may be already. A `LookupError` counts as not yet: a match is
        not there before its snapshot. `timeout` is in seconds, 10 without it."""
        __tracebackhide__ = True
        waiter = _Waiter(predicate)
        waiter.check(self._state)
        self._fail_if_over(waiter)
        self._waiters.add(waiter)
        limit = self._timeout if timeout is None else timeout
        try:
            return await asyncio.wait_for(waiter.future, limit)
        except asyncio.TimeoutError:
            if waiter.future.done() and not waiter.future.cancelled():
                raise
            missing = f"; the predicate raised {waiter.missing!r}" if waiter.missing else ""
            raise AnswerTimeout(f"the state did not become what was waited for within {limit:g} s: {self._where()}{missing}") from None
        finally:
            self._waiters.discard(waiter)

    async def caught_up(self, answer: Frame, timeout: float | None = None) -> State:
        """The state as soon as it holds all that a step, a seek or a restart has sent, which is given by its answer."""
        __tracebackhide__ = True
        limit = self._timeout if timeout is None else timeout
        try:
            return await self.until(lambda state: _holds(state, answer), limit)
        except AnswerTimeout:
            what = f"the step to event {answer['to']}" if "to" in answer else f"epoch {answer['playback']['epoch']}"
            raise AnswerTimeout(f"a subscription did not hold {what} within {limit:g} s: {self._where()}") from None

    def _where(self) -> str:
        error = f"; its own function raised {self.error!r}" if self.error else ""
        return f"{self.url} is at event {self._state.n}, {self._connection}{error}"

    async def command(self, command: dict[str, Any], timeout: float | None = None) -> Frame:
        """Sends any command of the protocol over the socket, and returns the reply."""
        __tracebackhide__ = True
        if not self._socket or not self._socket.is_open:
            raise self._end or ConnectionLost(f"there is no connection: {self._where()}")
        self._commands += 1
        number = self._commands
        reply = self._replies[number] = asyncio.get_running_loop().create_future()
        self._socket.send(json.dumps({**command, "id": number}))
        limit = self._timeout if timeout is None else timeout
        try:
            return await asyncio.wait_for(reply, limit)
        except asyncio.TimeoutError:
            raise AnswerTimeout(f"the server did not answer {command.get('command')} within {limit:g} s: {self._where()}") from None
        finally:
            self._replies.pop(number, None)

    def ack(self, n: int | None = None) -> None:
        """Acknowledges an event and all before it, by default all that were received: for an app that renders later."""
        n = self._state.n if n is None else n
        if n is not None:
            self._send({"command": "ack", "n": n, "epoch": self._state.epoch})

    def shows(self, score: str | Score | tuple[int, int], *, match: str | None = None, clock: str | None = None, n: int | None = None) -> None:
        """Says what the app shows of a match, by default of the only one. It is said again on each new connection."""
        match = match or self._state.match.id
        text = score if isinstance(score, str) else f"{score[0]}-{score[1]}"
        said: dict[str, Any] = {"command": "shows", "match": match, "score": text}
        said.update({name: value for name, value in (("clock", clock), ("n", n)) if value is not None})
        self._shown[match] = json.dumps(said)
        self._send(said)

    def _send(self, command: dict[str, Any]) -> None:
        if self._socket and self._socket.is_open:
            self._socket.send(json.dumps(command))

    def again(self) -> None:
        """Reconnects at once."""
        self._again.set()

    async def close(self) -> None:
        """Ends the subscription."""
        self._finish(Connection("closed"), SubscriptionEnded(f"the subscription to {self.url} was closed"))
        self._task.cancel()
        await asyncio.gather(self._task, *self._calls, return_exceptions=True)

    # The connection.

    async def _run(self) -> None:
        while not self._end:
            self._again.clear()
            try:
                ended = await self._follow()
            except RequestError as error:
                return self._finish(Connection("refused", str(error)), error)
            except Closed as error:
                ended = error
            except (OSError, EOFError) as error:
                ended = Closed(0, reason(error))
            except Exception as error:
                return self._finish(Connection("refused", str(error)), TouchlineError(f"{self.url}: {error}"))
            finally:
                self._drop_socket()
            if 4500 <= ended.code < 5000:
                refusal = RequestError(self._refusal or {"message": ended.reason})
                return self._finish(Connection("refused", str(refusal)), refusal)
            if ended.code == 1000:
                return self._finish(Connection("over", ended.reason), SubscriptionEnded(f"the stream is over: {ended.reason}"))
            delay = min(FIRST_RETRY_S * 2**self._attempt, MAX_RETRY_S) * random.uniform(0.75, 1.25)
            self._attempt = min(self._attempt + 1, 16)
            self._set_connection(Connection("lost", f"{ended} (attempt {self._attempt})", self._attempt))
            try:
                await asyncio.wait_for(self._again.wait(), delay)
            except asyncio.TimeoutError:
                pass

    async def _follow(self) -> Closed:
        """Connects, and follows the stream to its end."""
        self._refusal = None
        try:
            connecting = WebSocket.connect(with_parameter(self.url, since=self._state.cursor), self._token, self._tls)
            self._socket = socket = await asyncio.wait_for(connecting, LOST_IDLE_S)
        except asyncio.TimeoutError:
            return Closed(0, "the server did not answer")
        while True:
            is_playing = (self._state.playback or {}).get("state") == "playing"
            text = await socket.receive(LOST_PLAYING_S if is_playing else LOST_IDLE_S)
            try:
                frame = json.loads(text)
            except ValueError:
                # The next connection resumes before it.
                return Closed(0, "a message was not JSON")
            if isinstance(frame, dict):
                self._receive(frame, socket)

    def _drop_socket(self) -> None:
        if self._socket:
            self._socket.abort()
        self._socket = None
        for reply in self._replies.values():
            if not reply.done():
                reply.set_exception(ConnectionLost("the connection was lost before the answer came"))

    def _receive(self, frame: Frame, socket: WebSocket) -> None:
        kind = frame.get("kind")
        # A refusal is the last frame.
        self._refusal = None
        if kind in ("reply", "error"):
            reply = self._replies.get(frame["id"]) if isinstance(frame.get("id"), int) else None
            if reply and not reply.done():
                reply.set_result(frame) if kind == "reply" else reply.set_exception(RequestError(frame))
            elif kind == "error":
                self._refusal = frame
        before = self._state
        self._state = state = reduce(before, frame)
        if kind == "hello":
            resumed = frame["resumed"] == "ok" and before.n is not None
            self._set_connection(Connection("live", caught_up=frame["head"] - (before.n or 0) if resumed else None))
            self._reported = {}
            for text in self._shown.values():
                socket.send(text)
        # A connection that breaks before it brings anything new is retried more slowly.
        if kind in ("event", "tick"):
            self._attempt = 0
        self._notify(self._options.frame, frame, state)
        is_changed = state is not before
        is_done, result = self._call(self._options.change, state) if is_changed else (True, None)
        if is_changed and is_done and self._options.shows:
            self._report(state)
        if self._options.ack and kind == "event" and isinstance(frame.get("n"), int):
            # An event that changes nothing is awaited by a barrier too.
            self._render(_Rendering(frame["n"], state.epoch, socket), is_done, result)
        elif inspect.isawaitable(result):
            self._spawn(self._awaited(result))
        if is_changed:
            for waiter in list(self._waiters):
                waiter.check(state)

    def _call(self, function: Callable[..., Any] | None, *arguments: Any) -> tuple[bool, Any]:
        """Calls a function of the app: whether it returned, and what."""
        if function is None:
            return True, None
        try:
            result = function(*arguments)
        except Exception as error:
            self._failed(error)
            return False, None
        return True, result

    def _notify(self, function: Callable[..., Any] | None, *arguments: Any) -> None:
        _, result = self._call(function, *arguments)
        if inspect.isawaitable(result):
            self._spawn(self._awaited(result))

    async def _awaited(self, result: Awaitable[Any]) -> None:
        try:
            await result
        except Exception as error:
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        """An error of the app stays its own: it is logged, kept, and the stream goes on."""
        self.error = self.error or error
        message = f"touchline: a function that follows {self.url} raised"
        asyncio.get_running_loop().call_exception_handler({"message": message, "exception": error})

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)

    def _render(self, event: _Rendering, is_done: bool, result: Any) -> None:
        """Acknowledges an event once the app has rendered it and all before it."""
        self._rendering.append(event)
        if is_done and inspect.isawaitable(result):
            self._spawn(self._rendered(event, result))
        else:
            self._settle(event, is_done)

    async def _rendered(self, event: _Rendering, result: Awaitable[Any]) -> None:
        is_done = False
        try:
            await result
            is_done = True
        except Exception as error:
            self._failed(error)
        finally:
            self._settle(event, is_done)

    def _settle(self, event: _Rendering, is_rendered: bool) -> None:
        event.is_settled, event.is_rendered = True, is_rendered
        last = None
        while self._rendering and self._rendering[0].is_settled:
            settled = self._rendering.popleft()
            last = settled if settled.is_rendered else last
        # A barrier does not wait for what was sent on an earlier connection.
        if last and last.socket is self._socket:
            self._send({"command": "ack", "n": last.n, "epoch": last.epoch})

    def _report(self, state: State) -> None:
        """Reports the matches that an app displays in another way than before: their score or status has changed, or they are new."""
        for match in state.matches.values():
            known = self._reported.get(match.id)
            if known is None or (known.score, known.status) != (match.score, match.status):
                n = match.n if state.n is None else state.n
                self._send({"command": "shows", "match": match.id, "score": str(match.score), "n": n})
        self._reported = dict(state.matches)

    def _set_connection(self, connection: Connection) -> None:
        self._connection = connection
        self._notify(self._options.connection, connection)

    def _finish(self, connection: Connection, error: Exception) -> None:
        if self._end:
            return
        self._end = error
        if self._socket:
            self._socket.close(1000)
        self._drop_socket()
        self._set_connection(connection)
        for waiter in list(self._waiters):
            waiter.fail(error)

    def _fail_if_over(self, waiter: _Waiter) -> None:
        if self._end:
            waiter.fail(self._end)


def _holds(state: State, answer: Frame) -> bool:
    """Whether a state holds all that a step, a seek or a restart has sent."""
    after = answer["playback"]
    if state.epoch is None or state.playback is None or state.hello is None or state.n is None:
        return False
    if state.epoch != after["epoch"]:
        return bool(state.epoch > after["epoch"])
    if "to" not in answer:
        return True
    if state.n < answer["to"] or state.playback["version"] < after["version"]:
        return False
    # The tick comes last; a connection that resumes after the step is sent none.
    has_resumed = state.hello["resumed"] == "ok" and state.hello["playback"]["version"] >= after["version"]
    return has_resumed or (state.tick is not None and state.tick["at"] >= after["at"])


def with_parameter(url: str, **parameters: str | None) -> str:
    """The address with these parameters, in place of those of the same names."""
    given = {name: value for name, value in parameters.items() if value is not None}
    if not given:
        return url
    parts = urlsplit(url)
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in given]
    return urlunsplit(parts._replace(query=urlencode([*kept, *given.items()], quote_via=quote)))


def starts(parameters: dict[str, str]) -> Callable[[State], bool]:
    """Whether a stream with these parameters has begun: its matches are there."""
    if parameters.get("ticks") == "off" or parameters.get("snapshot") == "off":
        return lambda state: state.hello is not None
    return lambda state: state.n is not None


class Opening(Awaitable[AsyncSubscription]):
    """A subscription to be awaited until it has begun: `await replay.subscribe()`, or `async with replay.subscribe() as app`."""

    def __init__(self, make: Callable[[], AsyncSubscription], has_begun: Callable[[State], bool]):
        self._make = make
        self._has_begun = has_begun
        self._subscription: AsyncSubscription | None = None

    async def _open(self) -> AsyncSubscription:
        subscription = self._make()
        try:
            await subscription.until(lambda state: state.hello is not None)
            await subscription.until(self._has_begun, BEGIN_S)
        except BaseException:
            await subscription.close()
            raise
        return subscription

    def __await__(self) -> Generator[Any, None, AsyncSubscription]:
        return self._open().__await__()

    async def __aenter__(self) -> AsyncSubscription:
        self._subscription = await self._open()
        return self._subscription

    async def __aexit__(self, *_: object) -> None:
        assert self._subscription
        await self._subscription.close()


class Subscription(Controls):
    """A subscription in a thread of its own, which calls the functions of `Options`."""

    def __init__(
        self, url: str, options: Options | None = None, *, token: str | None = None, timeout: float = ANSWER_S, tls: ssl.SSLContext | None = None
    ):
        self.url = url
        self._timeout = timeout
        self._loop = asyncio.new_event_loop()
        self._is_closed = False
        self._thread = threading.Thread(target=self._loop.run_forever, name="touchline subscription", daemon=True)
        self._thread.start()

        async def begin() -> AsyncSubscription:
            return AsyncSubscription(url, options, token=token, timeout=timeout, tls=tls)

        self._inner = self._wait(begin())

    def _wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
        __tracebackhide__ = True
        if threading.current_thread() is self._thread:
            coroutine.close()
            raise TouchlineError("a function that a subscription calls may not wait for that subscription")
        if self._is_closed:
            coroutine.close()
            raise SubscriptionEnded(f"the subscription to {self.url} was closed")
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result()
        except concurrent.futures.CancelledError:
            raise SubscriptionEnded(f"the subscription to {self.url} was closed") from None
        except BaseException:
            future.cancel()
            raise

    def __enter__(self) -> Subscription:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def state(self) -> State:
        return self._inner.state

    @property
    def connection(self) -> Connection:
        return self._inner.connection

    @property
    def error(self) -> Exception | None:
        """The first error of a function of the app that was called."""
        return self._inner.error

    def until(self, predicate: Callable[[State], Any], timeout: float | None = None) -> State:
        """The state as soon as `predicate(state)` is true, which it may be already. A `LookupError` counts as not yet: a match is
        not there before its snapshot. `timeout` is in seconds, 10 without it."""
        __tracebackhide__ = True
        return self._wait(self._inner.until(predicate, timeout))

    def caught_up(self, answer: Frame, timeout: float | None = None) -> State:
        """The state as soon as it holds all that a step, a seek or a restart has sent, which is given by its answer."""
        __tracebackhide__ = True
        return self._wait(self._inner.caught_up(answer, timeout))

    def command(self, command: dict[str, Any], timeout: float | None = None) -> Frame:
        """Sends any command of the protocol over the socket, and returns the reply."""
        __tracebackhide__ = True
        return self._wait(self._inner.command(command, timeout))

    def ack(self, n: int | None = None) -> None:
        """Acknowledges an event and all before it, by default all that were received: for an app that renders later."""
        self._later(self._inner.ack, n)

    def shows(self, score: str | Score | tuple[int, int], *, match: str | None = None, clock: str | None = None, n: int | None = None) -> None:
        """Says what the app shows of a match, by default of the only one. It is said again on each new connection."""
        match = match or self.state.match.id
        self._later(lambda: self._inner.shows(score, match=match, clock=clock, n=n))

    def again(self) -> None:
        """Reconnects at once."""
        self._later(self._inner.again)

    def _later(self, function: Callable[..., None], *arguments: Any) -> None:
        if not self._is_closed:
            self._loop.call_soon_threadsafe(function, *arguments)

    def close(self) -> None:
        """Ends the subscription."""
        if self._is_closed:
            return
        try:
            self._wait(self._inner.close())
        finally:
            self._is_closed = True
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(timeout=5)
            if not self._thread.is_alive():
                self._loop.close()


def deadline(seconds: float) -> Callable[[], float]:
    """How many seconds of this time are left."""
    end = time.monotonic() + seconds
    return lambda: max(0.0, end - time.monotonic())
