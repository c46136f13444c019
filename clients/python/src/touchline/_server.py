"""A server: one that is started, or one that runs already."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Iterable, Mapping
from typing import Any

from ._errors import ConnectionLost, RequestError, TouchlineError
from ._http import Origin, Request
from ._process import START_S, ServerProcess
from ._replay import AsyncReplay, Replay, explained


class _Server:
    def __init__(self, url: str, *, token: str | None = None, timeout: float | None = None, tls: ssl.SSLContext | None = None):
        self._origin = Origin.of(url, token, timeout, tls)
        self._process: ServerProcess | None = None
        self.url = self._origin.root
        self.ws = f"{self._origin.ws}/ws"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.url}>"

    @property
    def pid(self) -> int | None:
        """The process of a server that was started here."""
        return self._process.pid if self._process else None

    def _opened(self, kind: Any, body: dict[str, Any]) -> Any:
        origin = Origin(self._origin.root, body["control"] if body.get("control") else self._origin.token, self._origin.timeout, self._origin.tls)
        return kind(origin, body["id"], process=self._process, findings=body.get("findings"))

    def _open_request(self, kind: Any, scenario: Any, lines: Any, fields: dict[str, Any]) -> Request:
        body = {name.rstrip("_"): value for name, value in fields.items() if value is not None}
        if isinstance(scenario, os.PathLike):
            with open(scenario, encoding="utf-8") as file:
                lines = file.read()
        elif scenario is not None:
            body["scenario"] = scenario
        if lines is not None:
            body["lines"] = lines if isinstance(lines, str) else list(lines)
        return Request("POST", "/api/replays", body, result=lambda answer: self._opened(kind, answer))

    @staticmethod
    def _list(name: str) -> Request:
        return Request("GET", f"/api/{name}", result=lambda body: body[name])


def _spawn(args: tuple[str, ...], binary: str | None, env: Mapping[str, str] | None, timeout: float) -> ServerProcess:
    return ServerProcess(args, binary, env, timeout)


def _check(server: _Server, body: Any) -> None:
    if not isinstance(body, list):
        raise TouchlineError(f"{server.url} answers, but is no Touchline server")


class Server(_Server):
    """A server. `Server(url)` is one that runs already: an address such as `http://127.0.0.1:8089`, or a link with a token."""

    @classmethod
    def start(cls, *args: str, binary: str | None = None, env: Mapping[str, str] | None = None, timeout: float = START_S) -> Server:
        """Starts `touchline serve ARGS`, without `--port` on a free one, and returns when it is ready. It ends with `stop()`, and with
        this process, however that ends. Variables `TOUCHLINE_...` hold for it only if they are in `env`."""
        process = _spawn(args, binary, env, timeout)
        try:
            server = cls(process.ready["http"])
        except BaseException:
            process.stop()
            raise
        server._process = process
        return server

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _ask(self, request: Request) -> Any:
        __tracebackhide__ = True
        try:
            return self._origin.send(request)
        except ConnectionLost as error:
            raise explained(error, self._process) from None

    def open(self, scenario: str | os.PathLike[str] | None = None, *, lines: str | Iterable[Any] | None = None, **fields: Any) -> Replay:
        """Opens a private replay: of a shipped scenario, of a scenario file (a `Path`), or of `lines`. `fields` are those of the
        protocol: `paused=True`, `speed=60`, `faults="lossy"`, `seed=7`, `from_="85:00"`, ..."""
        __tracebackhide__ = True
        return self._ask(self._open_request(Replay, scenario, lines, fields))  # type: ignore[no-any-return]

    def replay(self, name: str = "main") -> Replay:
        """A replay that exists."""
        return Replay(self._origin, name, process=self._process)

    def replays(self) -> list[dict[str, Any]]:
        __tracebackhide__ = True
        return self._ask(self._list("replays"))  # type: ignore[no-any-return]

    def scenarios(self) -> list[dict[str, Any]]:
        __tracebackhide__ = True
        return self._ask(self._list("scenarios"))  # type: ignore[no-any-return]

    def check(self) -> None:
        """Raises an error of one line if it is not a Touchline server that answers."""
        __tracebackhide__ = True
        try:
            _check(self, self._ask(self._list("scenarios")))
        except RequestError as error:
            raise _no_server(self, error) from None
        except (KeyError, TypeError):
            _check(self, None)

    def stop(self) -> None:
        """Stops a server that was started here."""
        if self._process:
            self._process.stop()


class AsyncServer(_Server):
    """A server, for an event loop. `AsyncServer(url)` is one that runs already."""

    @classmethod
    async def start(cls, *args: str, binary: str | None = None, env: Mapping[str, str] | None = None, timeout: float = START_S) -> AsyncServer:
        """Starts `touchline serve ARGS`, without `--port` on a free one, and returns when it is ready. It ends with `stop()`, and with
        this process, however that ends. Variables `TOUCHLINE_...` hold for it only if they are in `env`."""
        process = await asyncio.to_thread(_spawn, args, binary, env, timeout)
        server = cls(process.ready["http"])
        server._process = process
        return server

    async def __aenter__(self) -> AsyncServer:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _ask(self, request: Request) -> Any:
        __tracebackhide__ = True
        try:
            return await self._origin.send_async(request)
        except ConnectionLost as error:
            raise explained(error, self._process) from None

    async def open(self, scenario: str | os.PathLike[str] | None = None, *, lines: str | Iterable[Any] | None = None, **fields: Any) -> AsyncReplay:
        """Opens a private replay: of a shipped scenario, of a scenario file (a `Path`), or of `lines`. `fields` are those of the
        protocol: `paused=True`, `speed=60`, `faults="lossy"`, `seed=7`, `from_="85:00"`, ..."""
        __tracebackhide__ = True
        return await self._ask(self._open_request(AsyncReplay, scenario, lines, fields))  # type: ignore[no-any-return]

    def replay(self, name: str = "main") -> AsyncReplay:
        """A replay that exists."""
        return AsyncReplay(self._origin, name, process=self._process)

    async def replays(self) -> list[dict[str, Any]]:
        return await self._ask(self._list("replays"))  # type: ignore[no-any-return]

    async def scenarios(self) -> list[dict[str, Any]]:
        return await self._ask(self._list("scenarios"))  # type: ignore[no-any-return]

    async def stop(self) -> None:
        """Stops a server that was started here."""
        if self._process:
            await asyncio.to_thread(self._process.stop)


def _no_server(server: _Server, error: RequestError) -> TouchlineError:
    return TouchlineError(f"{server.url} is no Touchline server: GET /api/scenarios was answered {error.status}")


__all__ = ["AsyncServer", "Server"]
