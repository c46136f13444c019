"""Requests over HTTP with the standard library: blocking, and as a coroutine. No proxy is used: the server is near."""

from __future__ import annotations

import asyncio
import concurrent.futures
import http.client
import json
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from ._address import checked, token_of, without_query
from ._errors import AnswerTimeout, ConnectionLost, RequestError, TouchlineError

__tracebackhide__ = True

#: The default time limits, in seconds: of answers, of a barrier at the server, and of the request that closes a replay.
ANSWER_S = 10.0
BARRIER_S = 5.0
CLOSE_S = 2.0
_MAX_BODY = 64 * 1024 * 1024

T = TypeVar("T")


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    body: Any = None
    #: In seconds.
    timeout: float | None = None


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
        token = token or token_of(url)
        if token and not (token.isascii() and token.isprintable() and " " not in token):
            raise TouchlineError("the token has a character that none has: it is printable ASCII without blanks")
        root = without_query(checked(url, "server", "http://127.0.0.1:8089")).rstrip("/")
        return cls(root, token, ANSWER_S if timeout is None else timeout, tls)

    @property
    def ws(self) -> str:
        return "ws" + self.root.removeprefix("http")

    def send(self, request: Request) -> Any:
        """Sends a request, and returns the JSON of the answer."""
        return _Exchange(self, request).run()

    async def send_async(self, request: Request) -> Any:
        """As `send`. Cancelling it closes the connection."""
        exchange = _Exchange(self, request)
        return await in_thread(exchange.run, abort=exchange.abort)


async def in_thread(call: Callable[[], T], *, abort: Callable[[], None] = lambda: None, discard: Callable[[T], object] = lambda result: None) -> T:
    """Calls in a thread of its own, which ends with the process. When it is cancelled, `abort` makes the call return soon, and
    `discard` takes what it returns nevertheless."""
    outcome: concurrent.futures.Future[T] = concurrent.futures.Future()

    def run() -> None:
        result: T | None = None
        failure: Exception | None = None
        try:
            result = call()
        except Exception as error:
            failure = error
        if not outcome.set_running_or_notify_cancel():
            if failure is None:
                discard(result)  # type: ignore[arg-type]
        elif failure is not None:
            outcome.set_exception(failure)
        else:
            outcome.set_result(result)  # type: ignore[arg-type]

    threading.Thread(target=run, name="touchline request", daemon=True).start()
    try:
        return await asyncio.wrap_future(outcome)
    except asyncio.CancelledError:
        abort()
        if not outcome.cancel():
            # It has just returned.
            outcome.add_done_callback(lambda done: None if done.exception() else discard(done.result()))
        raise


class _Exchange:
    def __init__(self, origin: Origin, request: Request):
        self._origin = origin
        self._request = request
        self._is_aborted = False
        self._is_late = False
        self._socket: socket.socket | None = None
        parts = urlsplit(origin.root)
        self._timeout = origin.timeout if request.timeout is None else request.timeout
        self._path = parts.path + request.path
        self._connection: http.client.HTTPConnection
        if parts.scheme == "https":
            self._connection = http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=self._timeout, context=origin.tls)
        else:
            self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=self._timeout)

    def run(self) -> Any:
        status, body = self._exchange()
        try:
            document = json.loads(body) if body else None
        except ValueError:
            document = None
            if status < 400:
                raise TouchlineError(f"{self._where()} answered {status} with a body that is not JSON: is it a Touchline server?") from None
        if status >= 400:
            if not isinstance(document, dict) or "message" not in document:
                document = {"message": f"{self._where()} answered {status}"}
            raise RequestError(document, status)
        return document

    def _exchange(self) -> tuple[int, bytes]:
        headers = {"Connection": "close"}
        if self._origin.token:
            headers["Authorization"] = f"Bearer {self._origin.token}"
        body = None
        if self._request.body is not None:
            body = json.dumps(self._request.body).encode()
            headers["Content-Type"] = "application/json"
        # The limit of a socket is one for each byte.
        timer = threading.Timer(self._timeout, self._expire)
        timer.daemon = True
        timer.start()
        try:
            self._connection.connect()
            # `_connection` gives it away once the head is there.
            self._socket = self._connection.sock
            if self._is_aborted:
                raise ConnectionError("the request was cancelled")
            self._connection.request(self._request.method, self._path, body, headers)
            response = self._connection.getresponse()
            return response.status, self._read(response)
        except (OSError, http.client.HTTPException, UnicodeError) as error:
            if self._is_late or isinstance(error, TimeoutError):
                raise AnswerTimeout(f"{self._where()} did not answer within {self._timeout:g} s") from None
            raise ConnectionLost(f"{self._where()} did not answer: {reason(error)}") from None
        finally:
            timer.cancel()
            self._connection.close()

    @staticmethod
    def _read(response: http.client.HTTPResponse) -> bytes:
        body = bytearray()
        while chunk := response.read(65536):
            body += chunk
            if len(body) > _MAX_BODY:
                raise ConnectionError(f"its answer is longer than {_MAX_BODY} bytes")
        # A read of some bytes does not tell the end of the body from that of the connection.
        if response.length:
            raise http.client.IncompleteRead(bytes(body), response.length)
        return bytes(body)

    def _expire(self) -> None:
        self._is_late = True
        self.abort()

    def abort(self) -> None:
        """Makes `run` return soon, from another thread."""
        self._is_aborted = True
        # Without a socket it is about to connect, and looks at the flag then.
        if self._socket:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _where(self) -> str:
        return f"{self._request.method} {self._origin.root}{without_query(self._request.path)}"


def reason(error: BaseException) -> str:
    """What an error says, without the number of the operating system."""
    strerror = getattr(error, "strerror", None)
    return (strerror or str(error) or type(error).__name__)[:200]
