"""Requests over HTTP with the standard library: blocking, and as a coroutine."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ._errors import AnswerTimeout, ConnectionLost, RequestError, TouchlineError

#: The default time limit of answers, and the longest that the server lets a barrier wait, in seconds.
ANSWER_S = 10.0
MAX_BARRIER_S = 60.0


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    body: Any = None
    #: In seconds, beside what the server is allowed to wait.
    timeout: float | None = None
    #: Makes the result of the JSON that is answered.
    result: Callable[[Any], Any] = field(default=lambda body: body)


@dataclass(frozen=True)
class Origin:
    """A server: the URL below which it has all its paths, the token, and how long it may take to answer."""

    root: str
    token: str | None = None
    timeout: float = ANSWER_S
    tls: ssl.SSLContext | None = None

    @classmethod
    def of(cls, url: str, token: str | None = None, timeout: float | None = None, tls: ssl.SSLContext | None = None) -> Origin:
        """Reads an address, or a link with a token, such as the server shows for control."""
        try:
            parts = urlsplit(url)
            is_address = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port)
        except ValueError:
            is_address = False
        if not is_address:
            raise TouchlineError(f"{url!r} is no address of a server: http://127.0.0.1:8089 is one")
        given = parse_qs(parts.query).get("token")
        root = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
        return cls(root, token or (given[-1] if given else None), ANSWER_S if timeout is None else timeout, tls)

    @property
    def ws(self) -> str:
        return "ws" + self.root.removeprefix("http")

    def send(self, request: Request) -> Any:
        """Sends a request, and returns the JSON of the answer."""
        __tracebackhide__ = True
        return _Exchange(self, request).run()

    async def send_async(self, request: Request) -> Any:
        """As `send`, in a thread of its own: cancelling it closes the connection, so that the thread ends."""
        exchange = _Exchange(self, request)
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()

        def settle(value: Any, error: BaseException | None) -> None:
            if not answer.done():
                answer.set_exception(error) if error else answer.set_result(value)

        def run() -> None:
            value: Any = None
            failure: BaseException | None = None
            try:
                value = exchange.run()
            except Exception as error:
                failure = error
            try:
                loop.call_soon_threadsafe(settle, value, failure)
            except RuntimeError:
                pass  # The loop is closed: nobody waits any more.

        threading.Thread(target=run, name="touchline request", daemon=True).start()
        try:
            return await answer
        except asyncio.CancelledError:
            exchange.abort()
            raise


class _Exchange:
    def __init__(self, origin: Origin, request: Request):
        self._origin = origin
        self._request = request
        self._aborted = False
        parts = urlsplit(origin.root)
        timeout = origin.timeout if request.timeout is None else request.timeout
        self._timeout = timeout
        self._path = parts.path + request.path
        self._connection: http.client.HTTPConnection
        if parts.scheme == "https":
            self._connection = http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=timeout, context=origin.tls)
        else:
            self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)

    def run(self) -> Any:
        __tracebackhide__ = True
        status, body = self._exchange()
        try:
            document = json.loads(body) if body else None
        except ValueError:
            document = None
            if status < 400:
                raise TouchlineError(f"{self._where()} answered {status} with a body that is not JSON: is it a Touchline server?") from None
        if status >= 400:
            if document is None:
                document = {"message": f"{self._where()} answered {status}"}
            raise RequestError(document, status)
        return self._request.result(document)

    def _exchange(self) -> tuple[int, bytes]:
        __tracebackhide__ = True
        headers = {"Connection": "close"}
        if self._origin.token:
            headers["Authorization"] = f"Bearer {self._origin.token}"
        body = None
        if self._request.body is not None:
            body = json.dumps(self._request.body).encode()
            headers["Content-Type"] = "application/json"
        try:
            self._connection.request(self._request.method, self._path, body, headers)
            response = self._connection.getresponse()
            return response.status, response.read()
        except TimeoutError:
            raise AnswerTimeout(f"{self._where()} did not answer within {self._timeout:g} s") from None
        except (OSError, http.client.HTTPException, AttributeError) as error:
            if isinstance(error, AttributeError) and not self._aborted:
                raise
            raise ConnectionLost(f"{self._where()} did not answer: {reason(error)}") from None
        finally:
            self._connection.close()

    def abort(self) -> None:
        self._aborted = True
        if self._connection.sock:
            try:
                self._connection.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _where(self) -> str:
        return f"{self._request.method} {self._origin.root}{self._request.path}"


def reason(error: BaseException) -> str:
    """What an error says, without the number of the operating system."""
    strerror = getattr(error, "strerror", None)
    return (strerror or str(error) or type(error).__name__)[:200]
