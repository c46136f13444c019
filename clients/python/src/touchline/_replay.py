"""A replay of a server: controlled and read over HTTP."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable
from contextlib import AsyncExitStack
from typing import Any, Generic, TypeVar
from urllib.parse import quote, urlencode

from ._address import Parameter, given_parameters, with_parameters
from ._blocking import Subscription
from ._calls import Blocking, Caller, Concurrent, settled
from ._controls import A, Controls
from ._errors import ConnectionLost, RequestError, SubscriptionEnded, TouchlineError
from ._fold import State
from ._http import BARRIER_S, CLOSE_S, Origin, Request
from ._options import Connection, Options
from ._process import ServerProcess
from ._score import Frame
from ._subscription import BEGIN_S, AsyncSubscription

__tracebackhide__ = True

_PAGE = 5_000
#: The longest that the server lets a barrier wait, in seconds.
_MAX_BARRIER_S = 60.0

#: What the methods give that are named so: each itself, or a coroutine of it.
Documents = TypeVar("Documents")
Nothing = TypeVar("Nothing")
Subscribed = TypeVar("Subscribed")


class _Replay(Controls[A], Caller, Generic[A, Documents, Nothing, Subscribed]):
    def __init__(self, origin: Origin, name: str, process: ServerProcess | None = None, findings: list[dict[str, Any]] | None = None):
        # "..", as a part of an address, would be another replay.
        if not re.fullmatch(r"[\w-]{1,64}", name, re.ASCII):
            raise TouchlineError(f"{name!r} is no name of a replay: it has 1 to 64 letters of ASCII, digits, '-' and '_'")
        super().__init__(origin, process)
        self.id = name
        #: The token.
        self.control = origin.token
        #: What `touchline check` says about the lines that were sent.
        self.findings = findings or []
        self.http = f"{origin.root}/r/{name}"
        self.ws = f"{origin.ws}/r/{name}/ws"
        #: The answer to the last step.
        self.last_step: dict[str, Any] | None = None
        self._about = f"/api/replays/{name}"
        #: Those made here, and whether steps wait for them.
        self._subscriptions: list[tuple[Subscription | AsyncSubscription, bool]] = []

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.http}>"

    # Commands.

    def command(self, command: dict[str, Any]) -> A:
        """Sends any command of the protocol."""
        return self._do(self._command(command, False))  # type: ignore[no-any-return]

    def _control(self, name: str, fields: dict[str, Any], caught_up: bool = False) -> A:
        given = {field: value for field, value in fields.items() if value is not None}
        return self._do(self._command({"command": name, **given}, caught_up))  # type: ignore[no-any-return]

    async def _command(self, command: dict[str, Any], caught_up: bool) -> dict[str, Any]:
        is_step = command.get("command") == "step"
        # A barrier takes as long as it is allowed to.
        limit = self._origin.timeout + _seconds(command.get("timeout"), BARRIER_S) if is_step else None
        answer: dict[str, Any] = await self._ask(Request("POST", f"{self._about}/command", command, limit))
        if is_step:
            self.last_step = answer
        end = time.monotonic() + _seconds(command.get("timeout"), self._origin.timeout)
        for subscription, is_awaited in list(self._subscriptions) if caught_up else ():
            if is_awaited and not subscription.is_closed:
                try:
                    await settled(subscription.caught_up(answer, timeout=max(0.0, end - time.monotonic())))
                except (SubscriptionEnded, RequestError):
                    pass
        return answer

    # Documents.

    def _document(self, path: str, **parameters: str | int | None) -> Coroutine[Any, Any, Any]:
        given = {name: value for name, value in parameters.items() if value is not None}
        return self._ask(Request("GET", path + (f"?{urlencode(given)}" if given else "")))

    def state(self, match: str | None = None, *, snapshot: str | None = None) -> A:
        """The true state now, of all matches or of one. `snapshot`: `key` or `full`."""
        name = "" if match is None else f"/{quote(match, safe='')}"
        return self._do(self._document(f"/r/{self.id}/state{name}", snapshot=snapshot))  # type: ignore[no-any-return]

    def timeline(self, *, spoilers: bool = True) -> A:
        """All that is played: the matches, markers and events with their times; without `spoilers` nothing that is still to come."""
        return self._do(self._document(f"/r/{self.id}/timeline", spoilers=None if spoilers else 0))  # type: ignore[no-any-return]

    def tables(self) -> Documents:
        """The league tables now."""

        async def tables() -> Any:
            return (await self._document(f"/r/{self.id}/table"))["tables"]

        return self._do(tables())  # type: ignore[no-any-return]

    def describe(self) -> A:
        """Its title, playback, subscribers and so on."""
        return self._do(self._document(self._about))  # type: ignore[no-any-return]

    def journal(self, *, all: bool = False) -> A:
        """What faults have done; with `all` also what they will do."""
        return self._do(self._document(f"{self._about}/journal", all=1 if all else None))  # type: ignore[no-any-return]

    def verdict(self) -> A:
        """What its clients have said that they show, and whether that was right."""
        return self._do(self._document(f"{self._about}/verdict"))  # type: ignore[no-any-return]

    def history(self, match: str | None = None, *, to: int | None = None) -> Documents:
        """The event frames of the past, of all matches or of one: up to event `to`, or to now."""

        async def history() -> list[Frame]:
            end = (await self._document(f"/r/{self.id}/state"))["n"] if to is None else to
            frames: list[Frame] = []
            for first in range(1, end + 1, _PAGE):
                # After a seek backwards the server has fewer, and refuses an end that lies ahead: so the last page has none.
                last = first + _PAGE - 1 if first + _PAGE <= end else None
                frames += await self._document(f"/r/{self.id}/history", match=match, **{"from": first}, to=last)
            return [frame for frame in frames if frame["n"] <= end]

        return self._do(history())  # type: ignore[no-any-return]

    def shows(self, client: str, score: str | tuple[int, int], *, match: str | None = None, clock: str | None = None, n: int | None = None) -> A:
        """Says what an app shows that follows the replay under this name of a client. `match` may be left out if there is one."""

        async def shows() -> Any:
            shown = match or _only_match(await self._document(f"/r/{self.id}/state"))
            text = score if isinstance(score, str) else f"{score[0]}-{score[1]}"
            body = {"client": client, "match": shown, "score": text, "clock": clock, "n": n}
            given = {name: value for name, value in body.items() if value is not None}
            return await self._ask(Request("POST", f"/r/{self.id}/shows", given))

        return self._do(shows())  # type: ignore[no-any-return]

    # Subscriptions.

    def subscribe(
        self,
        *,
        match: str | Iterable[str] | None = None,
        types: str | Iterable[str] | None = None,
        client: str | None = None,
        change: Callable[[State], object] | None = None,
        frame: Callable[[Frame, State], object] | None = None,
        connection: Callable[[Connection], object] | None = None,
        ack: bool = False,
        shows: bool = False,
        **parameters: Parameter,
    ) -> Subscribed:
        """Subscribes to its stream, and gives the subscription once that has begun; in an event loop by
        `app = await replay.subscribe()`, or `async with replay.subscribe() as app`. A step, seek or restart of this object then also
        waits until the subscription holds it, unless it has no ticks. Other `parameters` are those of the stream: `since`,
        `snapshot`, `ticks`, `stamp`. `Options` has the rest."""
        given = given_parameters({"match": match, "types": types, "client": client, **parameters})
        return self._subscribe(with_parameters(self.ws, given), Options(change, frame, connection, ack, shows), given)

    def _subscribe(self, url: str, options: Options, given: dict[str, str]) -> Subscribed:
        raise NotImplementedError

    async def _begun(self, subscription: Subscription | AsyncSubscription, given: dict[str, str]) -> Any:
        """The subscription, once its matches are there."""
        has_ticks = given.get("ticks") != "off"
        begins_with_tick = has_ticks and given.get("snapshot") != "off"
        try:
            await settled(subscription.until(lambda state: state.hello is not None))
            await settled(subscription.until(lambda state: not begins_with_tick or state.n is not None, BEGIN_S))
        except BaseException:
            await settled(subscription.close())
            raise
        self._subscriptions = [one for one in self._subscriptions if not one[0].is_closed]
        self._subscriptions.append((subscription, has_ticks))
        return subscription

    def close(self) -> Nothing:
        """Closes its subscriptions, and the replay; one that is gone already counts as closed."""
        return self._do(self._close())  # type: ignore[no-any-return]

    async def _close(self) -> None:
        subscriptions, self._subscriptions = self._subscriptions, []
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._delete)
            for subscription, _ in subscriptions:
                stack.push_async_callback(_close, subscription)

    async def _delete(self) -> None:
        try:
            await self._send(Request("DELETE", self._about, timeout=min(CLOSE_S, self._origin.timeout)))
        except RequestError as error:
            if error.status != 404:
                raise
        except ConnectionLost:
            if not await self._has_ended():
                raise


async def _close(subscription: Subscription | AsyncSubscription) -> None:
    await settled(subscription.close())


class Replay(Blocking, _Replay[dict[str, Any], list[Frame], None, Subscription]):
    """A replay of a server. Each method waits for the answer."""

    def __enter__(self) -> Replay:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _subscribe(self, url: str, options: Options, given: dict[str, str]) -> Subscription:
        subscription = Subscription(url, options, token=self.control, timeout=self._origin.timeout, tls=self._origin.tls)
        return self._do(self._begun(subscription, given))  # type: ignore[no-any-return]


class Opening(Awaitable[AsyncSubscription]):
    """A subscription that begins when it is awaited or entered."""

    def __init__(self, begin: Callable[[], Coroutine[Any, Any, AsyncSubscription]]):
        self._begin = begin
        self._subscription: AsyncSubscription | None = None

    def __await__(self) -> Generator[Any, None, AsyncSubscription]:
        return self._begin().__await__()

    async def __aenter__(self) -> AsyncSubscription:
        self._subscription = await self._begin()
        return self._subscription

    async def __aexit__(self, *_: object) -> None:
        assert self._subscription
        await self._subscription.close()


class AsyncReplay(Concurrent, _Replay[Coroutine[Any, Any, dict[str, Any]], Coroutine[Any, Any, list[Frame]], Coroutine[Any, Any, None], Opening]):
    """A replay of a server. Each method is awaited."""

    async def __aenter__(self) -> AsyncReplay:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def _subscribe(self, url: str, options: Options, given: dict[str, str]) -> Opening:
        def begin() -> Coroutine[Any, Any, AsyncSubscription]:
            subscription = AsyncSubscription(url, options, token=self.control, timeout=self._origin.timeout, tls=self._origin.tls)
            return self._do(self._begun(subscription, given))

        return Opening(begin)


def _seconds(timeout: object, default: float) -> float:
    """A length of the protocol, such as `20s`, in seconds: how long a barrier may take."""
    if timeout is None:
        return default
    parts = re.fullmatch(r"(?:(\d+)m)?(?:([\d.]+)s)?(?:(\d+)ms)?", str(timeout))
    if not parts:
        return _MAX_BARRIER_S
    minutes, seconds, milliseconds = (float(part or 0) for part in parts.groups())
    return 60 * minutes + seconds + milliseconds / 1000


def _only_match(state: dict[str, Any]) -> str:
    matches = [match["match"] for match in state["matches"]]
    if len(matches) != 1:
        raise TouchlineError(f"there are {len(matches)} matches: name one with match=, such as {matches[0] if matches else 'its id'!r}")
    return str(matches[0])
