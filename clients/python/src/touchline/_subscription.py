"""A subscription in an event loop: follows a stream over a WebSocket, folds it, and resumes after a lost connection."""

from __future__ import annotations

import asyncio
import inspect
import json
import random
import ssl
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from ._address import checked_stream, with_parameters, without_query
from ._errors import AnswerTimeout, ConnectionLost, RequestError, SubscriptionEnded, TouchlineError
from ._fold import NOTHING, State, reduce
from ._http import ANSWER_S, reason
from ._match import Match
from ._options import Connection, Options
from ._score import Frame, Score
from ._waiting import Waiter, holds
from ._websocket import ABNORMAL, Closed, WebSocket
from ._within import within

__tracebackhide__ = True

#: After this silence, in seconds, the client reconnects. Ticks come every second while playing, else every five.
LOST_PLAYING_S = 8.0
LOST_IDLE_S = 15.0
FIRST_RETRY_S = 0.25
MAX_RETRY_S = 8.0
#: How long the snapshots may take to arrive, after `hello`: on a slow link they take long.
BEGIN_S = 60.0
#: How long the end waits for the close of the server, which has read the last acknowledgement before it; and for functions of the app.
CLOSE_S = 1.0
_MAX_COMMAND = 64 * 1024


@dataclass
class _Rendering:
    """An event that is to be acknowledged."""

    n: int
    epoch: int | None
    socket: WebSocket
    is_settled: bool = False
    is_rendered: bool = False


class AsyncSubscription:
    """A subscription in the running event loop."""

    def __init__(
        self, url: str, options: Options | None = None, *, token: str | None = None, timeout: float = ANSWER_S, tls: ssl.SSLContext | None = None
    ):
        self.url = checked_stream(url)
        #: Whether `close` was called.
        self.is_closed = False
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
        self._waiters: set[Waiter] = set()
        self._rendering: deque[_Rendering] = deque()
        self._calls: set[asyncio.Task[None]] = set()
        self._refusal: Frame | None = None
        self._shown: dict[str, str] = {}
        self._reported: dict[str, Match] = {}
        self._end: BaseException | None = None
        self._again = asyncio.Event()
        #: The first error of a function of the app that was called.
        self.error: BaseException | None = None
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

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {without_query(self.url)} {self._connection}>"

    async def until(self, predicate: Callable[[State], object], timeout: float | None = None) -> State:
        """The state as soon as `predicate(state)` is true, which it may be already. A `LookupError` counts as not yet: a match is
        not there before its snapshot. `timeout` is in seconds, 10 without it."""
        waiter = Waiter(predicate)
        waiter.check(self._state)
        if self._end:
            waiter.fail(self._end)
        self._waiters.add(waiter)
        limit = self._timeout if timeout is None else timeout
        try:
            return await within(limit, waiter.future)
        except TimeoutError:
            if waiter.future.done() and not waiter.future.cancelled():
                raise  # That of the predicate.
            missing = f"; the predicate raised {waiter.missing!r}" if waiter.missing else ""
            raise AnswerTimeout(f"the state did not become what was waited for within {limit:g} s: {self._where()}{missing}") from None
        finally:
            self._waiters.discard(waiter)

    async def caught_up(self, answer: Frame, timeout: float | None = None) -> State:
        """The state as soon as it holds all that a step, a seek or a restart has sent, which is given by its answer."""
        limit = self._timeout if timeout is None else timeout
        try:
            return await self.until(lambda state: holds(state, answer), limit)
        except AnswerTimeout:
            what = f"the step to event {answer['to']}" if "to" in answer else f"epoch {answer['playback']['epoch']}"
            raise AnswerTimeout(f"a subscription did not hold {what} within {limit:g} s: {self._where()}") from None

    def _where(self) -> str:
        shown = "".join(f", {match.id} {match.score}" for match in list(self._state.matches.values())[:10])
        error = f"; its own function raised {self.error!r}" if self.error else ""
        return f"{without_query(self.url)} is at event {self._state.n}{shown}, {self._connection}{error}"

    async def command(self, command: dict[str, Any], timeout: float | None = None) -> Frame:
        """Sends any command of the protocol over the socket, and returns the reply."""
        if not self._socket or not self._socket.is_open:
            raise self._end or ConnectionLost(f"there is no connection: {self._where()}")
        self._commands += 1
        number = self._commands
        text = json.dumps({**command, "id": number})
        if len(text) > _MAX_COMMAND:
            raise TouchlineError(f"a command over a socket has at most {_MAX_COMMAND} bytes, and this {command.get('command')} has {len(text)}")
        reply = self._replies[number] = asyncio.get_running_loop().create_future()
        self._socket.send(text)
        limit = self._timeout if timeout is None else timeout
        try:
            return await within(limit, reply)
        except TimeoutError:
            raise AnswerTimeout(f"the server did not answer {command.get('command')} within {limit:g} s: {self._where()}") from None
        finally:
            self._replies.pop(number, None)

    def ack(self, n: int | None = None) -> None:
        """Acknowledges an event and all before it, by default all that were received: for an app that renders later."""
        self.acknowledge(self._state, n)

    def acknowledge(self, state: State, n: int | None = None) -> None:
        """As `ack`, of an app that has rendered this state."""
        n = state.n if n is None else n
        if n is not None:
            self._send({"command": "ack", "n": n, "epoch": state.epoch})

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
        self.is_closed = True
        self._finish(Connection("closed"), SubscriptionEnded(f"the subscription to {without_query(self.url)} was closed"))
        if self._socket:
            await asyncio.wait({self._task}, timeout=CLOSE_S)
        self._task.cancel()
        self._drop_socket()
        # A function of the app may be what closes it.
        tasks = {self._task, *self._calls} - {asyncio.current_task()}
        if tasks:
            _, pending = await asyncio.wait(tasks, timeout=CLOSE_S)
            for task in pending:
                task.cancel()

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
                return self._finish(Connection("refused", str(error)), TouchlineError(f"{without_query(self.url)}: {error}"))
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
                await within(delay, self._again.wait())
            except TimeoutError:
                pass

    async def _follow(self) -> Closed:
        """Connects, and follows the stream to its end."""
        self._refusal = None
        cursor = self._state.cursor
        try:
            connecting = WebSocket.connect(with_parameters(self.url, {"since": cursor} if cursor else {}), self._token, self._tls)
            self._socket = socket = await within(LOST_IDLE_S, connecting, WebSocket.abort)
        except TimeoutError:
            return Closed(0, "the server did not answer")
        if self._end:
            return Closed(0, "closed while it was connecting")
        while True:
            is_playing = (self._state.playback or {}).get("state") == "playing"
            text = await socket.receive(LOST_PLAYING_S if is_playing else LOST_IDLE_S)
            if self._end:
                continue  # To the close of the server, or until `close` drops the connection.
            try:
                frame = json.loads(text)
            except (ValueError, RecursionError):
                frame = None
            if not isinstance(frame, dict):
                # The next connection resumes before it.
                return Closed(0, "a message was not a JSON object")
            self._receive(frame, socket)

    def _drop_socket(self) -> None:
        if self._socket:
            self._socket.abort()
        self._socket = None
        self._fail_replies()

    def _fail_replies(self) -> None:
        for reply in self._replies.values():
            if not reply.done():
                reply.set_exception(self._end or ConnectionLost(f"{without_query(self.url)}: the connection was lost before the answer came"))

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
        try:
            self._state = state = reduce(before, frame)
        except Exception as error:
            raise Closed(ABNORMAL, f"a frame cannot be read: {error}") from None
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
            self._start(self._awaited(result))
        if is_changed:
            for waiter in list(self._waiters):
                waiter.check(state)

    def _call(self, function: Callable[..., Any] | None, *arguments: Any) -> tuple[bool, Any]:
        """Calls a function of the app: whether it returned, and what."""
        if function is None:
            return True, None
        try:
            result = function(*arguments)
        except BaseException as error:
            self._failed(error)
            return False, None
        return True, result

    def _notify(self, function: Callable[..., Any] | None, *arguments: Any) -> None:
        _, result = self._call(function, *arguments)
        if inspect.isawaitable(result):
            self._start(self._awaited(result))

    async def _awaited(self, result: Awaitable[Any]) -> None:
        try:
            await result
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            self._failed(error)

    def _failed(self, error: BaseException) -> None:
        """An error of the app stays its own: it is logged, kept, and the stream goes on. `sys.exit` and `pytest.fail` end the
        subscription: who waits for it raises them."""
        self.error = self.error or error
        if not isinstance(error, Exception):
            return self._finish(Connection("closed", f"its own function raised {error!r}"), error)
        message = f"touchline: a function that follows {without_query(self.url)} raised"
        asyncio.get_running_loop().call_exception_handler({"message": message, "exception": error})

    def _start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)

    def _render(self, event: _Rendering, is_done: bool, result: Any) -> None:
        """Acknowledges an event once the app has rendered it and all before it."""
        self._rendering.append(event)
        if is_done and inspect.isawaitable(result):
            self._start(self._rendered(event, result))
        else:
            self._settle(event, is_done)

    async def _rendered(self, event: _Rendering, result: Awaitable[Any]) -> None:
        is_done = False
        try:
            await result
            is_done = True
        except asyncio.CancelledError:
            raise
        except BaseException as error:
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
        """A final state stays."""
        if not self._end:
            self._connection = connection
            self._notify(self._options.connection, connection)

    def _finish(self, connection: Connection, error: BaseException) -> None:
        if self._end:
            return
        self._set_connection(connection)
        self._end = error
        if self._socket:
            self._socket.close(1000)
        self._fail_replies()
        for waiter in list(self._waiters):
            waiter.fail(error)
