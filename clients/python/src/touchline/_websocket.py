"""The client's side of a WebSocket (RFC 6455) over asyncio, without extensions: what a subscription takes, and no more.

It is written here, not taken from a package, so that the wheel installs without an index and meets no other version of a WebSocket
library that the app under test requires.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
import ssl
from typing import Any
from urllib.parse import urlsplit

from ._errors import RequestError
from ._within import within

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_MAX_HEAD = 64 * 1024
_MAX_MESSAGE = 64 * 1024 * 1024
#: What each frame of a message counts beside its payload, so that empty ones come to an end too.
_FRAME_COST = 16
_MAX_CONTROL = 125
#: A server that leaves more than this unread does not read any more.
_MAX_UNSENT = 1024 * 1024
_CONTINUATION, _TEXT, _BINARY, _CLOSE, _PING, _PONG = 0, 1, 2, 8, 9, 10
#: The code of a connection that ended without a close frame.
ABNORMAL = 1006


class Closed(Exception):
    """The connection is closed: by the code of the other side, or of this side for what it cannot read."""

    def __init__(self, code: int, reason: str):
        super().__init__(f"{code} {reason}".strip())
        self.code = code
        self.reason = reason


class WebSocket:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self._reader = reader
        self._writer = writer
        self._received = bytearray()
        self._silence = 0.0
        self._lost = "the connection was lost"
        #: Whether it still sends.
        self.is_open = True

    @classmethod
    async def connect(cls, url: str, token: str | None = None, tls: ssl.SSLContext | None = None) -> WebSocket:
        """Opens a connection. Raises `RequestError` where the server says why it refuses, and `Closed` or `OSError` for all else."""
        parts = urlsplit(url)
        is_secure = parts.scheme == "wss"
        context = (tls or ssl.create_default_context()) if is_secure else None
        port = parts.port or (443 if is_secure else 80)
        reader, writer = await asyncio.open_connection(parts.hostname, port, ssl=context, limit=_MAX_HEAD)
        try:
            key = base64.b64encode(os.urandom(16))
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            host = parts.netloc.rpartition("@")[2]
            lines = [f"GET {target} HTTP/1.1", f"Host: {host}", "Upgrade: websocket", "Connection: Upgrade"]
            lines += [f"Sec-WebSocket-Key: {key.decode()}", "Sec-WebSocket-Version: 13"]
            lines += [f"Authorization: Bearer {token}"] if token else []
            writer.write("\r\n".join([*lines, "", ""]).encode())
            try:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                raise Closed(ABNORMAL, "the server did not answer the upgrade") from None
            first, *rest = head.split("\r\n")
            headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
            status = first.split(" ")[1] if " " in first else ""
            if status != "101":
                raise await _refusal(reader, status, headers)
            _check_upgrade(headers, key)
            return cls(reader, writer)
        except BaseException:
            writer.transport.abort()
            raise

    async def receive(self, silence: float) -> str:
        """The next text message. Answers pings meanwhile. Raises `Closed`, also if not a byte arrives for this many seconds: a long
        message on a slow link is none."""
        self._silence = silence
        message: bytearray | None = None
        size = 0
        try:
            while True:
                is_final, opcode, payload = await self._frame()
                if opcode == _PING:
                    self._send(_PONG, payload)
                elif opcode == _CLOSE:
                    raise self._closed(payload)
                elif opcode in (_TEXT, _CONTINUATION):
                    if (opcode == _CONTINUATION) != (message is not None):
                        raise self._failure(1002, "fragments of no message, or a message within another")
                    size += _FRAME_COST + len(payload)
                    if size > _MAX_MESSAGE:
                        raise self._failure(1009, "a message is too long")
                    if message is None:
                        message = bytearray()
                    message += payload
                    if is_final:
                        return message.decode()
                elif opcode == _BINARY:
                    raise self._failure(1003, "a binary message")
                elif opcode != _PONG:
                    raise self._failure(1002, "an unknown frame")
        except UnicodeDecodeError:
            raise self._failure(1007, "a text was not UTF-8") from None
        except TimeoutError:
            raise Closed(ABNORMAL, f"nothing was heard for {silence:g} s") from None
        except OSError:
            raise Closed(ABNORMAL, self._lost) from None

    async def _read(self, length: int) -> bytes:
        while len(self._received) < length:
            chunk = await within(self._silence, self._reader.read(65536))
            if not chunk:
                raise Closed(ABNORMAL, self._lost)
            self._received += chunk
        taken = bytes(self._received[:length])
        del self._received[:length]
        return taken

    async def _frame(self) -> tuple[bool, int, bytes]:
        first, second = await self._read(2)
        is_final, opcode, length = bool(first & 0x80), first & 0x0F, second & 0x7F
        if first & 0x70 or second & 0x80:
            raise self._failure(1002, "reserved bits, or a mask")
        if opcode >= _CLOSE and (length > _MAX_CONTROL or not is_final):
            raise self._failure(1002, "a control frame that is long or fragmented")
        if length > _MAX_CONTROL:
            size, least = (2, 126) if length == 126 else (8, 65536)
            length = int.from_bytes(await self._read(size), "big")
            if length < least:
                raise self._failure(1002, "a length in more bytes than it takes")
        if length > _MAX_MESSAGE:
            raise self._failure(1009, "a message is too long")
        return is_final, opcode, await self._read(length)

    def _closed(self, payload: bytes) -> Closed:
        """What a close frame says. It is echoed."""
        if not payload:
            self.close()
            return Closed(1005, "")
        code = int.from_bytes(payload[:2], "big")
        if len(payload) == 1 or not (1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999):
            return self._failure(1002, "a close code that must not be sent")
        reason = payload[2:].decode()
        self.close(code)
        return Closed(code, reason)

    def _failure(self, code: int, reason: str) -> Closed:
        self.close(code)
        return Closed(code, reason)

    def send(self, text: str) -> None:
        self._send(_TEXT, text.encode())

    def _send(self, opcode: int, payload: bytes) -> None:
        if not self.is_open or self._writer.is_closing():
            return
        length = len(payload)
        if length < 126:
            head = bytes([0x80 | opcode, 0x80 | length])
        elif length < 65536:
            head = bytes([0x80 | opcode, 0x80 | 126]) + length.to_bytes(2, "big")
        else:
            head = bytes([0x80 | opcode, 0x80 | 127]) + length.to_bytes(8, "big")
        mask = os.urandom(4)
        pad = (mask * (length // 4 + 1))[:length]
        masked = (int.from_bytes(payload, "big") ^ int.from_bytes(pad, "big")).to_bytes(length, "big")
        self._writer.write(head + mask + masked)
        if self._writer.transport.get_write_buffer_size() > _MAX_UNSENT:
            self._lost = "the server does not read"
            self.abort()

    def close(self, code: int | None = None) -> None:
        """Sends a close frame, once. The other side then has read all that was sent when `receive` raises its own."""
        self._send(_CLOSE, b"" if code is None else code.to_bytes(2, "big"))
        self.is_open = False

    def abort(self) -> None:
        """Drops the connection. A dead one may take minutes to report its close."""
        self.is_open = False
        self._writer.transport.abort()


def _check_upgrade(headers: dict[str, str], key: bytes) -> None:
    def has(name: str, word: str) -> bool:
        return word in [one.strip().lower() for one in headers.get(name, "").split(",")]

    if not has("upgrade", "websocket") or not has("connection", "upgrade"):
        raise Closed(ABNORMAL, "the upgrade was answered 101, but not to a WebSocket")
    if headers.get("sec-websocket-accept") != base64.b64encode(hashlib.sha1(key + _GUID).digest()).decode():
        raise Closed(ABNORMAL, "the answer to the upgrade is that of another request")
    if headers.get("sec-websocket-extensions") or headers.get("sec-websocket-protocol"):
        raise Closed(ABNORMAL, "the answer to the upgrade has an extension or a protocol that was not offered")


async def _refusal(reader: asyncio.StreamReader, status: str, headers: dict[str, str]) -> Exception:
    """What was answered in place of the upgrade. Only an `error` frame is final: anything may happen on the way."""
    try:
        length = min(int(headers.get("content-length", "0")), _MAX_HEAD)
        body: Any = json.loads(await reader.readexactly(length))
        if body.get("kind") == "error":
            return RequestError(body, int(status))
    except (ValueError, AttributeError, OSError, asyncio.IncompleteReadError):
        pass
    return Closed(ABNORMAL, f"the upgrade was answered {status}")
