"""A replay of a server: controlled and read over HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, urlencode

from ._controls import Controls
from ._errors import ConnectionLost, RequestError, SubscriptionEnded, TouchlineError
from ._fold import Frame
from ._http import ANSWER_S, MAX_BARRIER_S, Origin, Request
from ._process import ServerProcess
from ._subscription import BEGIN_S, AsyncSubscription, Opening, Options, Subscription, deadline, starts

_PAGE = 5_000
#: The commands after which the subscriptions of a replay are brought up to date.
_AWAITED = ("step", "seek", "restart")


class _Replay(Controls):
    """What both kinds of replay share: the addresses, and the requests for commands and documents."""

    def __init__(self, origin: Origin, name: str, process: ServerProcess | None = None, findings: list[dict[str, Any]] | None = None):
        # "..", as a part of an address, would be another replay.
        if not re.fullmatch(r"[\w-]{1,64}", name, re.ASCII):
            raise TouchlineError(f"{name!r} is no name of a replay")
        self._origin = origin
        self._process = process
        self.id = name
        #: The token.
        self.control = origin.token
        #: What `touchline check` says about the lines that were sent.
        self.findings = findings or []
        self.http = f"{origin.root}/r/{name}"
        self.ws = f"{origin.ws}/r/{name}/ws"
        self._about = f"/api/replays/{name}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.http}>"

    def _ask(self, request: Request) -> Any:
        raise NotImplementedError

    def _document(self, path: str, timeout: float | None = None, **parameters: str | int | None) -> Request:
        given = {name: value for name, value in parameters.items() if value is not None}
        return Request("GET", path + (f"?{urlencode(given)}" if given else ""), timeout=timeout)

    def _command_request(self, command: dict[str, Any]) -> Request:
        # A barrier takes as long as it is allowed to.
        timeout = self._origin.timeout + MAX_BARRIER_S if command.get("command") == "step" else None
        return Request("POST", f"{self._about}/command", command, timeout)

    def _stream(
        self, match: str | Iterable[str] | None, types: str | Iterable[str] | None, client: str | None, parameters: dict[str, Any]
    ) -> tuple[str, dict[str, str]]:
        given: dict[str, str] = {}
        for name, value in {"match": match, "types": types, "client": client, **parameters}.items():
            if value is not None:
                given[name] = (
                    value
                    if isinstance(value, str)
                    else "1"
                    if value is True
                    else ",".join(value)
                    if isinstance(value, (list, tuple, set))
                    else str(value)
                )
        return self.ws + (f"?{urlencode(given)}" if given else ""), given

    def state(self, match: str | None = None, *, snapshot: str | None = None) -> Any:
        """The true state now, of all matches or of one. `snapshot`: `key` or `full`."""
        __tracebackhide__ = True
        name = "" if match is None else f"/{quote(match, safe='')}"
        return self._ask(self._document(f"/r/{self.id}/state{name}", snapshot=snapshot))

    def timeline(self, *, spoilers: bool = True) -> Any:
        __tracebackhide__ = True
        return self._ask(self._document(f"/r/{self.id}/timeline", spoilers=None if spoilers else 0))

    def tables(self) -> Any:
        """The league tables now."""
        __tracebackhide__ = True
        request = self._document(f"/r/{self.id}/table")
        return self._ask(Request(request.method, request.path, result=lambda body: body["tables"]))

    def describe(self) -> Any:
        """Its title, playback, subscribers and so on."""
        __tracebackhide__ = True
        return self._ask(self._document(self._about))

    def journal(self, *, all: bool = False) -> Any:
        """What faults have done; with `all` also what they will do."""
        __tracebackhide__ = True
        return self._ask(self._document(f"{self._about}/journal", all=1 if all else None))

    def verdict(self) -> Any:
        """What its clients have said that they show, and whether that was right."""
        __tracebackhide__ = True
        return self._ask(self._document(f"{self._about}/verdict"))

    def shows(self, client: str, score: str | tuple[int, int], *, match: str | None = None, clock: str | None = None, n: int | None = None) -> Any:
        """Says what an app shows that follows the replay under this name of a client. `match` may be left out if there is one."""
        raise NotImplementedError

    def _shows_request(self, client: str, score: str | tuple[int, int], match: str, clock: str | None, n: int | None) -> Request:
        body = {"client": client, "match": match, "score": score if isinstance(score, str) else f"{score[0]}-{score[1]}", "clock": clock, "n": n}
        return Request("POST", f"/r/{self.id}/shows", {name: value for name, value in body.items() if value is not None})

    def _history_request(self, first: int, to: int, match: str | None) -> Request:
        # After a seek backwards the server has fewer, and refuses an end that lies ahead: so the last page is requested without one.
        last = first + _PAGE - 1 if first + _PAGE <= to else None
        return self._document(f"/r/{self.id}/history", match=match, **{"from": first}, to=last)

    def _is_gone(self, error: Exception) -> bool:
        """Whether an error of closing says that the replay is closed already."""
        if isinstance(error, RequestError):
            return error.status == 404
        return isinstance(error, ConnectionLost) and self._process is not None and self._process.wait(1)


def explained(error: ConnectionLost, process: ServerProcess | None) -> ConnectionLost:
    """The error, with how the server ended if it has."""
    if process is None:
        return error
    process.wait(1)
    ending = process.ending()
    return ConnectionLost(f"{ending}; {error}") if ending else error


class Replay(_Replay):
    """A replay of a server. Each method waits for the answer."""

    def __init__(self, *args: Any, **named: Any):
        super().__init__(*args, **named)
        self._subscriptions: list[Subscription] = []

    def __enter__(self) -> Replay:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, request: Request) -> Any:
        __tracebackhide__ = True
        try:
            return self._origin.send(request)
        except ConnectionLost as error:
            raise explained(error, self._process) from None

    def command(self, command: dict[str, Any]) -> Any:
        __tracebackhide__ = True
        return self._ask(self._command_request(command))

    def _control(self, name: str, /, caught_up: bool = True, **fields: Any) -> Any:
        __tracebackhide__ = True
        fields = _with_timeout(fields)
        answer = super()._control(name, **fields)
        if name in _AWAITED and caught_up:
            left = deadline(_seconds(fields.get("timeout")))
            for subscription in list(self._subscriptions):
                try:
                    subscription.caught_up(answer, timeout=left())
                except (SubscriptionEnded, RequestError):
                    pass
        return answer

    def history(self, match: str | None = None, *, to: int | None = None) -> list[Frame]:
        """The event frames of the past, of all matches or of one: up to event `to`, or to now."""
        __tracebackhide__ = True
        end = self.state()["n"] if to is None else to
        frames: list[Frame] = []
        for first in range(1, end + 1, _PAGE):
            frames += self._ask(self._history_request(first, end, match))
        return [frame for frame in frames if frame["n"] <= end]

    def shows(self, client: str, score: str | tuple[int, int], *, match: str | None = None, clock: str | None = None, n: int | None = None) -> Any:
        __tracebackhide__ = True
        return self._ask(self._shows_request(client, score, match or _only_match(self.state()), clock, n))

    def subscribe(
        self,
        *,
        match: str | Iterable[str] | None = None,
        types: str | Iterable[str] | None = None,
        client: str | None = None,
        change: Any = None,
        frame: Any = None,
        connection: Any = None,
        ack: bool = False,
        shows: bool = False,
        **parameters: Any,
    ) -> Subscription:
        """Subscribes to its stream, and returns once that has begun. A step, seek or restart of this object then also waits until
        the subscription holds it. Other `parameters` are those of the stream: `since`, `snapshot`, `ticks`, `stamp`."""
        __tracebackhide__ = True
        url, given = self._stream(match, types, client, parameters)
        options = Options(change, frame, connection, ack, shows)
        subscription = Subscription(url, options, token=self.control, timeout=self._origin.timeout, tls=self._origin.tls)
        try:
            subscription.until(lambda state: state.hello is not None)
            subscription.until(starts(given), BEGIN_S)
        except BaseException:
            subscription.close()
            raise
        if given.get("ticks") != "off":
            self._subscriptions.append(subscription)
        return subscription

    def close(self) -> None:
        """Closes its subscriptions, and the replay; one that is gone already counts as closed."""
        for subscription in self._subscriptions:
            subscription.close()
        self._subscriptions.clear()
        try:
            self._origin.send(Request("DELETE", self._about))
        except TouchlineError as error:
            if not self._is_gone(error):
                raise


class AsyncReplay(_Replay):
    """A replay of a server. Each method returns a coroutine."""

    def __init__(self, *args: Any, **named: Any):
        super().__init__(*args, **named)
        self._subscriptions: list[AsyncSubscription] = []

    async def __aenter__(self) -> AsyncReplay:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _ask(self, request: Request) -> Any:
        __tracebackhide__ = True
        try:
            return await self._origin.send_async(request)
        except ConnectionLost as error:
            raise explained(error, self._process) from None

    async def command(self, command: dict[str, Any]) -> Any:
        __tracebackhide__ = True
        return await self._ask(self._command_request(command))

    async def _control(self, name: str, /, caught_up: bool = True, **fields: Any) -> Any:
        __tracebackhide__ = True
        fields = _with_timeout(fields)
        answer = await super()._control(name, **fields)
        if name in _AWAITED and caught_up:
            left = deadline(_seconds(fields.get("timeout")))
            for subscription in list(self._subscriptions):
                try:
                    await subscription.caught_up(answer, timeout=left())
                except (SubscriptionEnded, RequestError):
                    pass
        return answer

    async def history(self, match: str | None = None, *, to: int | None = None) -> list[Frame]:
        """The event frames of the past, of all matches or of one: up to event `to`, or to now."""
        end = (await self.state())["n"] if to is None else to
        frames: list[Frame] = []
        for first in range(1, end + 1, _PAGE):
            frames += await self._ask(self._history_request(first, end, match))
        return [frame for frame in frames if frame["n"] <= end]

    async def shows(
        self, client: str, score: str | tuple[int, int], *, match: str | None = None, clock: str | None = None, n: int | None = None
    ) -> Any:
        return await self._ask(self._shows_request(client, score, match or _only_match(await self.state()), clock, n))

    def subscribe(
        self,
        *,
        match: str | Iterable[str] | None = None,
        types: str | Iterable[str] | None = None,
        client: str | None = None,
        change: Any = None,
        frame: Any = None,
        connection: Any = None,
        ack: bool = False,
        shows: bool = False,
        **parameters: Any,
    ) -> Opening:
        """Subscribes to its stream: `app = await replay.subscribe()`, or `async with replay.subscribe() as app`. A step, seek
        or restart of this object then also waits until the subscription holds it. Other `parameters` are those of the stream:
        `since`, `snapshot`, `ticks`, `stamp`."""
        url, given = self._stream(match, types, client, parameters)
        options = Options(change, frame, connection, ack, shows)

        def make() -> AsyncSubscription:
            subscription = AsyncSubscription(url, options, token=self.control, timeout=self._origin.timeout, tls=self._origin.tls)
            if given.get("ticks") != "off":
                self._subscriptions.append(subscription)
            return subscription

        return Opening(make, starts(given))

    async def close(self) -> None:
        """Closes its subscriptions, and the replay; one that is gone already counts as closed."""
        for subscription in self._subscriptions:
            await subscription.close()
        self._subscriptions.clear()
        try:
            await self._origin.send_async(Request("DELETE", self._about))
        except TouchlineError as error:
            if not self._is_gone(error):
                raise


def _with_timeout(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of a command; a number as `timeout` is in seconds."""
    timeout = fields.get("timeout")
    return {**fields, "timeout": f"{timeout:g}s"} if isinstance(timeout, (int, float)) else fields


def _seconds(timeout: str | None) -> float:
    """How long a subscription may take to hold what it was sent: as long as the barrier, if that is a plain number of seconds."""
    try:
        return float((timeout or "").removesuffix("s"))
    except ValueError:
        return ANSWER_S


def _only_match(state: dict[str, Any]) -> str:
    matches = [match["match"] for match in state["matches"]]
    if len(matches) != 1:
        raise TouchlineError(f"there are {len(matches)} matches: name one with match=, such as {matches[0] if matches else 'its id'!r}")
    return str(matches[0])
