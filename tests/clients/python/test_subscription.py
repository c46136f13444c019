"""How subscriptions begin, end and resume: against a server that follows a script, and under threads."""

import asyncio
import json
import threading
import time
import traceback

import pytest
from scripted import CLOSE, Scripted, event, frame, hello, tick

from touchline import AnswerTimeout, AsyncSubscription, Options, Subscription, SubscriptionEnded, TouchlineError


def test_frames_of_another_shape_end_the_connection_and_not_the_subscription(monkeypatch):
    monkeypatch.setattr("touchline._subscription.FIRST_RETRY_S", 0.01)
    scripts = [
        hello() + tick(1) + frame({"kind": "tick", "at": 2}),
        hello(resumed="ok") + frame({"kind": "playback", "epoch": "2", "version": 1}),
        frame({"kind": "hello", "run": "r", "epoch": 1, "head": 0, "resumed": None, "matches": [], "playback": "none"}),
        hello(resumed="ok") + frame({"kind": "snapshot", "match": "m", "n": 1}),
        hello(resumed="ok") + frame(b"[1]"),
        hello(resumed="ok") + tick(7),
    ]
    connections = []
    with Scripted(*scripts) as server, Subscription(server.url, Options(connection=connections.append)) as app:
        app.until(lambda state: state.n == 7, timeout=60)
        assert [one.reason.partition(" (")[0] for one in connections if one.state == "lost"] == [
            "1006 a frame cannot be read: tick without a readable 'n'",
            "1006 a frame cannot be read: playback without a readable 'epoch'",
            "1006 a frame cannot be read: hello without a readable 'playback'",
            "1006 a frame cannot be read: snapshot without a readable 'state'",
            "0 a message was not a JSON object",
        ]
        assert [one.attempt for one in connections if one.state == "lost"] == [1, 2, 3, 4, 5]
        assert server.requests[1:] == ["GET /ws?since=r.1.1 HTTP/1.1"] * 5


def test_close_waits_until_the_server_has_read_the_last_acknowledgement(monkeypatch):
    order = []

    def close(connection, payload):
        time.sleep(0.2)  # A slow server.
        order.append("server")
        connection.sendall(frame(payload, CLOSE))

    monkeypatch.setattr(Scripted, "close", staticmethod(close))
    with Scripted(hello() + tick(3)) as server:
        with Subscription(server.url) as app:
            app.until(lambda state: state.n == 3)
            app.ack()
        order.append("closed")
        assert order == ["server", "closed"]
        (_, ack), (opcode, code) = server.received[0]
        assert json.loads(ack) == {"command": "ack", "n": 3, "epoch": 1}
        assert (opcode, code) == (CLOSE, b"\x03\xe8")


def test_close_does_not_wait_long_for_a_server_that_hangs():
    done = threading.Event()

    def hang(connection):
        connection.sendall(hello() + tick())
        done.wait(30)

    with Scripted(hang) as server:
        app = Subscription(server.url)
        app.until(lambda state: state.n == 0)
        begin = time.monotonic()
        app.close()
        assert time.monotonic() - begin < 3
        done.set()


def test_a_cancellation_that_is_swallowed_does_not_keep_a_subscription(monkeypatch):
    async def wait_for(awaitable, timeout):
        """That of Python 3.10 and 3.11, if the awaitable is done just when it is cancelled."""
        task = asyncio.ensure_future(awaitable)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            return await task

    connections = []

    async def main(url):
        app = AsyncSubscription(url, Options(connection=connections.append))
        await asyncio.sleep(0)
        closing = asyncio.create_task(app.close())
        _, pending = await asyncio.wait({closing}, timeout=5)
        assert not pending
        return app.connection.state

    with Scripted(hello() + tick()) as server:
        monkeypatch.setattr(asyncio, "wait_for", wait_for)
        assert asyncio.run(main(server.url)) == "closed"
    assert [one.state for one in connections] == ["closed"]


def test_the_state_of_the_caller_is_acknowledged():
    app, at_first, acknowledged = None, threading.Event(), threading.Event()

    def change(state):
        if state.n == 1:
            at_first.set()
            acknowledged.wait(5)

    with Scripted(lambda connection: started.wait(5) and connection.sendall(hello() + event(1) + event(2))) as server:
        started = threading.Event()
        with Subscription(server.url, Options(change=change)) as app:
            started.set()
            assert at_first.wait(5)
            app.ack()
            acknowledged.set()
            app.until(lambda state: state.n == 2)
        assert json.loads(server.received[0][0][1]) == {"command": "ack", "n": 1, "epoch": 1}


def test_a_function_that_is_called_may_close_its_subscription():
    app, created = None, threading.Event()

    def change(state):
        created.wait(5)
        if state.n == 1:
            app.close()

    with Scripted(hello() + tick(1)) as server:
        app = Subscription(server.url, Options(change=change))
        created.set()
        app._thread.join(5)
        assert not app._thread.is_alive()
        assert (app.connection.state, app.error) == ("closed", None)
        assert server.received[0][-1] == (CLOSE, b"\x03\xe8")
        app.close()


def test_a_coroutine_that_is_called_may_close_its_subscription():
    async def main(url):
        async def change(state):
            if state.n == 1:
                await app.close()

        app = AsyncSubscription(url, Options(change=change))
        with pytest.raises(SubscriptionEnded):
            await app.until(lambda state: False)
        await asyncio.wait_for(app.close(), 5)
        return app.connection.state, app.error

    with Scripted(hello() + tick(1)) as server:
        assert asyncio.run(main(server.url)) == ("closed", None)


def test_a_call_while_another_thread_closes_is_settled(monkeypatch):
    submit = asyncio.run_coroutine_threadsafe
    is_closed, submitting, outcomes = threading.Event(), threading.Event(), []

    def late(coroutine, loop):
        if threading.current_thread() is waiting:
            submitting.set()
            is_closed.wait(0.3)  # It cannot be closed meanwhile.
        return submit(coroutine, loop)

    def wait():
        try:
            outcomes.append(app.until(lambda state: False, timeout=60))
        except Exception as error:
            outcomes.append(type(error))

    with Scripted(hello() + tick()) as server:
        app = Subscription(server.url)
        monkeypatch.setattr(asyncio, "run_coroutine_threadsafe", late)
        waiting = threading.Thread(target=wait, daemon=True)
        waiting.start()
        assert submitting.wait(5)
        app.close()
        is_closed.set()
        waiting.join(5)
    assert outcomes == [SubscriptionEnded]


@pytest.mark.parametrize("url", ["nonsense", "http://127.0.0.1:8089/ws?token=secret", "ws://", "ws://a:b", "ws://[::1"])
def test_what_is_no_address_of_a_stream(url):
    with pytest.raises(TouchlineError, match=r"^'[^?]*' is no address of a stream: ws://127\.0\.0\.1:8089/ws is one$"):
        Subscription(url)


def test_errors_of_until_end_at_the_line_that_called():
    def predicate(state):
        return 1 / 0

    with Scripted(hello() + tick()) as server, Subscription(server.url) as app:
        app.until(lambda state: state.n == 0)
        with pytest.raises(AnswerTimeout) as timed_out:
            app.until(lambda state: False, timeout=0.01)
        with pytest.raises(ZeroDivisionError) as failed:
            app.until(predicate)
        for error in (timed_out.value, failed.value):
            text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
            assert "concurrent" not in text and "asyncio" not in text
        assert failed.traceback[-1].name == "predicate"
        app.close()
        with pytest.raises(SubscriptionEnded):
            app.until(lambda state: True)


def test_errors_show_no_query():
    with Scripted(hello() + tick()) as server, Subscription(f"{server.url}?token=secret") as app:
        app.until(lambda state: state.n == 0)
        with pytest.raises(AnswerTimeout) as timed_out:
            app.until(lambda state: False, timeout=0.01)
        assert server.url in str(timed_out.value)
        assert "secret" not in str(timed_out.value) + repr(app)
