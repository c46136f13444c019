"""The WebSocket of the client against a server that follows a script (RFC 6455)."""

import asyncio
import threading

import pytest
from scripted import CLOSE, PING, PONG, Scripted, frame, hello

from touchline._websocket import Closed, WebSocket


def received(script, headers=None, sent=()):
    """What the client makes of a script: how the connection closed, and the frames that the server received."""

    async def main(server):
        socket = await WebSocket.connect(server.url)
        try:
            for text in sent:
                socket.send(text)
            with pytest.raises(Closed) as closed:
                while True:
                    await socket.receive(5)
            while not server.received[0] and closed.value.code != 1006:
                await asyncio.sleep(0.01)
            return closed.value, server.received[0]
        finally:
            socket.abort()

    with Scripted(script, headers=headers) as server:
        return asyncio.run(asyncio.wait_for(main(server), 10))


@pytest.mark.parametrize(
    ("script", "code"),
    [
        (frame(b"", PING, first=0), 1002),
        (frame(b"p" * 126, PING), 1002),
        (frame(b"\x03\xe8" + b"r" * 124, CLOSE), 1002),
        (frame(b"\x03", CLOSE), 1002),
        *((frame(code.to_bytes(2, "big"), CLOSE), 1002) for code in (0, 999, 1004, 1005, 1006, 1015, 2999, 5000)),
        (frame(b"\x03\xe8\xff", CLOSE), 1007),
        (b"\x81\x7e\x00\x05hello", 1002),
        (b"\x81\x7f" + (200).to_bytes(8, "big") + b"x" * 200, 1002),
        (b"\x81\x7f" + (1 << 63).to_bytes(8, "big"), 1009),
        (frame(b"x", 0), 1002),
        (frame(b"x", first=0) + frame(b"y"), 1002),
        (frame(b"x", first=0xC0), 1002),
        (b"\x81\x81maskx", 1002),
        (frame(b"x", 2), 1003),
        (frame(b"x", 3), 1002),
        (frame(b"", 11), 1002),
        (frame(b"\xff"), 1007),
        (frame(b"x", first=0) + frame(b"\xc3", 0), 1007),
    ],
)
def test_what_breaks_the_protocol_is_refused(script, code):
    closed, frames = received(script)
    assert closed.code == code
    assert frames == [(CLOSE, code.to_bytes(2, "big"))]


@pytest.mark.parametrize("code", [1000, 1001, 1003, 1007, 1014, 3000, 4500, 4999])
def test_a_close_is_echoed(code):
    closed, frames = received(frame(code.to_bytes(2, "big") + b"Ende, gut", CLOSE))
    assert (closed.code, closed.reason) == (code, "Ende, gut")
    assert frames == [(CLOSE, code.to_bytes(2, "big"))]


def test_a_close_may_say_nothing():
    closed, frames = received(frame(b"", CLOSE))
    assert (closed.code, frames) == (1005, [(CLOSE, b"")])


def test_a_message_has_a_limit_however_it_is_cut(monkeypatch):
    monkeypatch.setattr("touchline._websocket._MAX_MESSAGE", 10_000)
    assert received(frame(b"x" * 10_001))[0].code == 1009
    assert received(frame(b"x" * 6_000, first=0) + frame(b"x" * 6_000, 0))[0].code == 1009
    assert received(frame(b"", first=0) + frame(b"", 0, first=0) * 10_000)[0].code == 1009


def test_messages_in_parts_and_pings_between_them():
    async def main(server):
        socket = await WebSocket.connect(server.url)
        texts = [await socket.receive(5) for _ in range(3)]
        while not server.received[0]:
            await asyncio.sleep(0.01)
        socket.abort()
        return texts

    parts = frame(b"Pjani", first=0) + frame(b"now?", PING) + frame(b"\xc4", 0, first=0) + frame(b"\x87", 0)
    with Scripted(parts + frame(b"x" * 126) + frame(b"y" * 65536)) as server:
        assert asyncio.run(main(server)) == ["Pjanić", "x" * 126, "y" * 65536]
        assert server.received[0] == [(PONG, b"now?")]


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"Upgrade": None}, "not to a WebSocket"),
        ({"Upgrade": "h2c"}, "not to a WebSocket"),
        ({"Connection": "keep-alive"}, "not to a WebSocket"),
        ({"Sec-WebSocket-Accept": "x"}, "that of another request"),
        ({"Sec-WebSocket-Extensions": "permessage-deflate"}, "was not offered"),
        ({"Sec-WebSocket-Protocol": "chat"}, "was not offered"),
    ],
)
def test_an_upgrade_to_something_else_is_refused(headers, reason):
    with pytest.raises(Closed, match=reason):
        received(hello(), headers)


def test_what_the_words_of_an_upgrade_may_look_like():
    closed, _ = received(frame(b"\x03\xe8", CLOSE), {"Upgrade": "WebSocket", "Connection": "keep-alive, upgrade"})
    assert closed.code == 1000


def test_a_server_that_does_not_read_is_dropped():
    done = threading.Event()
    try:
        closed, _ = received(lambda connection: done.wait(10), sent=["x" * 100_000] * 400)
    finally:
        done.set()
    assert (closed.code, closed.reason) == (1006, "the server does not read")
