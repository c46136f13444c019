"""A server: one that is started, or one that runs already."""

from __future__ import annotations

import os
import ssl
from collections.abc import Coroutine, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypedDict, TypeVar

from ._calls import Blocking, Caller, Concurrent
from ._errors import RequestError, TouchlineError
from ._http import Origin, Request, in_thread, reason
from ._process import START_S, Argument, ServerProcess
from ._replay import AsyncReplay, Documents, Nothing, Replay

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

__tracebackhide__ = True

AReplay = TypeVar("AReplay", Replay, AsyncReplay)
#: Itself, or a coroutine of it.
Opened = TypeVar("Opened")


class ReplayFields(TypedDict, total=False):
    """The fields of a replay, as in the protocol. `from_` is its `from`. Lengths are texts: `90s`, `3m`."""

    name: str | None
    speed: float | str | None
    pace: str | None
    fit: str | None
    from_: str | None
    until: str | None
    loop: bool | None
    hold: str | None
    paused: bool | None
    wait_for: int | None
    linger: str | None
    now: bool | None
    wall: str | None
    faults: str | None
    seed: int | None


class _Server(Caller, Generic[AReplay, Opened, Documents, Nothing]):
    _kind: type[AReplay]

    def __init__(self, url: str, *, token: str | None = None, timeout: float | None = None, tls: ssl.SSLContext | None = None):
        super().__init__(Origin.of(url, token, timeout, tls))
        self.url = self._origin.root
        self.ws = f"{self._origin.ws}/ws"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.url}>"

    @classmethod
    def _started(cls, process: ServerProcess) -> Self:
        try:
            server = cls(process.ready["http"])
        except BaseException:
            process.stop()
            raise
        server._process = process
        return server

    @property
    def pid(self) -> int | None:
        """The process of a server that was started here."""
        return self._process.pid if self._process else None

    def open(
        self, scenario: str | os.PathLike[str] | None = None, *, lines: str | Iterable[Any] | None = None, **fields: Unpack[ReplayFields]
    ) -> Opened:
        """Opens a private replay: of a shipped scenario, of a scenario file (a `Path`), or of `lines`: a text, or a list of objects.

        The fields are those of the protocol:
        `paused`, `loop`, `now`: `True` or `False`;
        `speed`: `60` or `"max"`, `pace`: `"highlights"`, `fit`: `"3m"`, the length of the whole;
        `from_`, `until`: positions, such as `"85:00"`; `wall`: `"20:45"`, when it kicked off;
        `hold`, `linger`: lengths, such as `"5m"`; `linger="forever"`; `wait_for`: a number of subscribers; `name`: a name;
        `faults`: a plan, such as `"lossy"`; `seed`: that of its chances.
        """
        return self._do(self._open(scenario, lines, fields))  # type: ignore[no-any-return]

    async def _open(self, scenario: str | os.PathLike[str] | None, lines: str | Iterable[Any] | None, fields: Mapping[str, Any]) -> AReplay:
        body = {name.rstrip("_"): value for name, value in fields.items() if value is not None}
        if isinstance(scenario, os.PathLike):
            lines = _text_of(scenario)
        elif scenario is not None:
            body["scenario"] = scenario
        if lines is not None:
            body["lines"] = lines if isinstance(lines, str) else list(lines)
        answer = await self._ask(Request("POST", "/api/replays", body))
        if not isinstance(answer, dict) or not isinstance(answer.get("id"), str):
            raise TouchlineError(f"{self.url} answers, but is no Touchline server")
        origin = Origin(self.url, answer.get("control") or self._origin.token, self._origin.timeout, self._origin.tls)
        return self._kind(origin, answer["id"], process=self._process, findings=answer.get("findings"))

    def replay(self, name: str = "main") -> AReplay:
        """A replay that exists."""
        return self._kind(self._origin, name, process=self._process)

    def replays(self) -> Documents:
        """The replays that are listed: what it was started with, and those opened under a name."""
        return self._do(self._list("replays"))  # type: ignore[no-any-return]

    def scenarios(self) -> Documents:
        """The scenarios that it has."""
        return self._do(self._list("scenarios"))  # type: ignore[no-any-return]

    async def _list(self, name: str) -> Any:
        body = await self._ask(Request("GET", f"/api/{name}"))
        if not isinstance(body, dict) or not isinstance(body.get(name), list):
            raise TouchlineError(f"{self.url} answers, but is no Touchline server")
        return body[name]

    def check(self) -> Nothing:
        """Raises an error of one line if it is not a Touchline server that answers."""

        async def check() -> None:
            try:
                await self._list("scenarios")
            except RequestError as error:
                raise TouchlineError(f"{self.url} is no Touchline server: GET /api/scenarios was answered {error.status}") from None

        return self._do(check())  # type: ignore[no-any-return]

    def stop(self) -> Nothing:
        """Stops a server that was started here."""

        async def stop() -> None:
            if self._process:
                await self._call(self._process.stop)

        return self._do(stop())  # type: ignore[no-any-return]


class Server(Blocking, _Server[Replay, Replay, list[dict[str, Any]], None]):
    """A server. `Server(url)` is one that runs already: an address such as `http://127.0.0.1:8089`, or a link with a token."""

    _kind = Replay

    @classmethod
    def start(cls, *args: Argument, binary: str | None = None, env: Mapping[str, str] | None = None, timeout: float = START_S) -> Server:
        """Starts `touchline serve ARGS`, without `--port` on a free one, and returns when it is ready. It ends with `stop()`, and with
        this process, however that ends. `binary` is a path, or a name on `PATH`. Variables `TOUCHLINE_...` hold for it only if they
        are in `env`."""
        return cls._started(ServerProcess(args, binary, env, timeout))

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class AsyncServer(
    Concurrent,
    _Server[AsyncReplay, Coroutine[Any, Any, AsyncReplay], Coroutine[Any, Any, list[dict[str, Any]]], Coroutine[Any, Any, None]],
):
    """As `Server`, for an event loop."""

    _kind = AsyncReplay

    @classmethod
    async def start(cls, *args: Argument, binary: str | None = None, env: Mapping[str, str] | None = None, timeout: float = START_S) -> AsyncServer:
        """As `Server.start`."""
        return cls._started(await in_thread(lambda: ServerProcess(args, binary, env, timeout), discard=ServerProcess.stop))

    async def __aenter__(self) -> AsyncServer:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()


def _text_of(path: str | os.PathLike[str]) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError as error:
        raise TouchlineError(f"{os.fspath(path)}: {reason(error)}") from None
    except UnicodeDecodeError:
        raise TouchlineError(f"{os.fspath(path)}: not a scenario, as it is not UTF-8") from None
