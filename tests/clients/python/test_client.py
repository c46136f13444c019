"""The client against the real program: control, documents, subscriptions that resume, acknowledge and show, in both forms."""

import asyncio
import json
import pathlib
import socket
import threading

import pytest

from touchline import AnswerTimeout, AsyncServer, ConnectionLost, RequestError, Server, StartError, SubscriptionEnded, TouchlineError

ROOT = pathlib.Path(__file__).parents[3]


def test_step_and_state(replay):
    before = replay.step_to("89:06")
    assert (before["to"], before["now"]["score"]) == (86, {"home": 0, "away": 0})
    answer = replay.step()
    assert (answer["from"], answer["to"]) == (86, 87)
    assert replay.state("juv-nap")["state"]["score"] == {"home": 0, "away": 1}
    assert replay.state()["n"] == 87
    assert [frame["id"] for frame in replay.history()][-1] == "koulibaly-goal"
    assert len(replay.history("juv-nap", to=10)) == 10
    assert replay.timeline()["length"] > replay.timeline(spoilers=False)["n"]
    assert replay.tables()[0]["competition"] == "Serie A"
    assert replay.describe()["id"] == replay.id


def test_control(replay):
    assert replay.speed("max")["playback"]["speed"] == "max"
    frames = []
    watcher = replay.subscribe(frame=lambda frame, _: frames.append(frame))
    version = replay.pace("highlights", by="anna")["playback"]["version"]
    watcher.until(lambda state: state.playback["version"] == version)
    assert [frame["by"] for frame in frames if frame["kind"] == "playback"][-1] == "anna"
    assert replay.loop()["playback"]["loop"] is True
    assert "loop" not in replay.loop(False)["playback"]
    assert replay.seek("next:goal", lead="20s")["now"]["clock"] == "88:47"
    assert replay.step_to("HT", or_end=True)["reached"] is False
    assert replay.restart()["playback"]["epoch"] == 3
    assert replay.pause()["playback"]["state"] == "paused"
    with pytest.raises(RequestError, match="version") as refused:
        replay.play(if_version=1)
    assert (refused.value.code, refused.value.status) == ("stale", 409)
    with pytest.raises(RequestError) as refused:
        replay.command({"command": "sek"})
    assert "seek" in refused.value.accepted


def test_a_step_waits_for_the_subscriptions_of_its_replay(replay):
    app = replay.subscribe()
    assert app.state.match.status == "scheduled"
    for _ in range(101):
        to = replay.step()["to"]
        assert app.state.n == to == app.state.match.n
        assert app.state.tick["n"] == to
    assert app.state.match.score == (0, 1)
    assert app.connection.state == "live"


def test_steps_by_number_and_to_a_position(replay):
    for wrong in ("next:goal", 1.0, True, None):
        with pytest.raises(TouchlineError, match=r": step\(count\) goes so many events forward; step_to\('next:goal'\) goes to a position$"):
            replay.step(wrong)
    with pytest.raises(TouchlineError, match=r"^step_to\(5\): step_to\('next:goal'\) goes to a position; step\(count\) goes so many"):
        replay.step_to(5)
    assert replay.last_step is None
    assert replay.step(3, timeout=7.5) == replay.last_step
    assert replay.last_step["to"] == 3


def test_every_field_of_a_replay_is_in_the_help(touchline_server):
    from touchline._server import ReplayFields

    assert all(f"`{name}`" in Server.open.__doc__ for name in ReplayFields.__annotations__)
    fields = {"name": "derby", "speed": 5, "pace": "highlights", "from_": "10:00", "until": "HT", "loop": True, "hold": "1s", "paused": True}
    fields.update(wait_for=2, linger="5m", now=False, faults="lossy", seed=7, wall=None, fit=None)
    assert set(fields) == set(ReplayFields.__annotations__)
    with touchline_server.open("juv", **fields) as replay:
        assert replay.http.endswith("/r/derby")


def test_filters_and_parameters(replay):
    goals = replay.subscribe(match=["juv-nap"], types=["goal", "card"], client="phone", stamp=True)
    replay.step_to("100%")
    types = {event["type"] for event in goals.state.match.told}
    assert types == {"goal", "yellow_card"}
    assert all("emitted" in event for event in goals.state.match.told)
    assert goals.state.n == 101
    frames = []
    others = (kind for kind in ("goal", "card"))
    with replay.subscribe(types=others, stamp=False, ticks=None, since="start", frame=lambda frame, _: frames.append(frame)):
        events = [frame for frame in frames if frame["kind"] == "event"]
        assert {event["type"] for event in events} == types
        assert not any("emitted" in event for event in events)


def test_a_subscription_without_ticks_is_closed_with_its_replay(replay):
    silent = replay.subscribe(ticks="off")
    replay.step_to("HT")  # It does not wait for a tick.
    for _ in range(3):
        replay.subscribe().close()
    assert [one for one, _ in replay._subscriptions][0] is silent
    app = replay.subscribe()
    assert [one for one, _ in replay._subscriptions] == [silent, app]
    replay.close()
    assert (silent.connection.state, app.connection.state) == ("closed", "closed")


def test_a_subscription_that_fails_to_close_keeps_nothing_open(replay):
    first, failing = replay.subscribe(), replay.subscribe()
    close = failing.close

    def fail():
        close()
        raise RuntimeError("no end")

    failing.close = fail
    with pytest.raises(RuntimeError, match="no end"):
        replay.close()
    assert first.connection.state == "closed"
    with pytest.raises(RequestError) as gone:
        replay.describe()
    assert gone.value.status == 404


def test_a_late_subscriber_has_the_state(replay):
    replay.step_to("next:goal")
    with replay.subscribe() as late:
        assert late.state.match.score == (0, 1)
        assert not late.state.match.told
        assert late.state.match.clock == "89:07"
    with pytest.raises(SubscriptionEnded):
        late.until(lambda state: False)


def test_a_cut_is_resumed_without_a_loss(replay):
    connections = []
    app = replay.subscribe(client="phone", connection=connections.append)
    replay.step_to("30:00")
    before = len(app.state.match.told)
    replay.fault("cut", client="phone")
    replay.step_to("60:00")
    assert [one.state for one in connections] == ["live", "lost", "live"]
    assert connections[-1].caught_up == app.state.n - before
    numbers = [event["n"] for event in app.state.match.told]
    assert numbers == list(range(1, app.state.n + 1))
    assert [link["kind"] for link in replay.journal()["links"]] == ["cut"]


PLANS = ["cut:every=400ms", "corrupt:p=0.05,what=json", "corrupt:p=0.05,what=utf8", "fragment:size=7", "refuse:times=2; cut:at=30:00"]


@pytest.mark.parametrize("plan", PLANS)
def test_bad_links_lose_nothing(touchline_server, plan):
    with touchline_server.open("juv", paused=True, faults=plan, seed=3, speed=3000) as replay:
        app = replay.subscribe()
        replay.play()
        app.until(lambda state: state.n == 101, timeout=30)
        assert [event["n"] for event in app.state.match.told] == list(range(1, 102))


def test_a_long_snapshot_on_a_slow_link_is_no_silence(touchline_server, monkeypatch):
    monkeypatch.setattr("touchline._subscription.LOST_IDLE_S", 1.0)
    connections = []
    with touchline_server.open("juv", paused=True, from_="88:30", faults="throttle:rate=16000") as replay:
        app = replay.subscribe(connection=connections.append)
        assert app.state.match.score == (0, 0)
        assert [one.state for one in connections] == ["live"]


def test_silence_ends_a_connection(touchline_server, monkeypatch):
    monkeypatch.setattr("touchline._subscription.LOST_IDLE_S", 0.5)
    connections = []
    with touchline_server.open("juv", paused=True) as replay:
        app = replay.subscribe(connection=connections.append, ticks="5s")
        replay.fault("half_open")
        app.until(lambda state: len(connections) >= 3)
        assert connections[1].state == "lost"
        assert connections[1].reason.startswith("1006 nothing was heard for 0.5 s")


def test_a_seek_begins_a_new_epoch(replay):
    app = replay.subscribe()
    replay.step_to("next:goal")
    replay.seek("10:00")
    assert (app.state.epoch, app.state.match.score, app.state.match.clock) == (2, (0, 0), "10:00")
    replay.step_to("next:goal")
    assert app.state.match.score == (0, 1)
    replay.restart(caught_up=False)
    app.until(lambda state: state.epoch == 3 and state.match.score == (0, 0))
    replay.fault("stall", for_="50ms")
    replay.seek("next:goal", lead="20s")
    assert app.state.match.clock == "88:47"


def test_acknowledged_steps_wait_for_the_app(replay):
    shown = []
    app = replay.subscribe(ack=True, change=lambda state: shown.append(state.n))
    to = replay.step_to("next:goal", wait_for=1, acknowledged=True, caught_up=False)["to"]
    assert to in shown
    silent = replay.subscribe()
    with pytest.raises(RequestError, match="subscriber 2") as behind:
        replay.step(acknowledged=True, timeout=0.2)
    assert behind.value.code == "behind"
    # An app that renders later acknowledges by itself.
    threading.Timer(0.1, silent.ack, [89]).start()
    assert replay.step(acknowledged=True)["to"] == 89
    assert app.state.n == 89


def test_an_app_that_fails_is_not_acknowledged_and_follows_on(replay):
    def change(state):
        if state.n == 2:
            raise ValueError("no such kit")

    app = replay.subscribe(ack=True, change=change)
    replay.step(acknowledged=True)
    with pytest.raises(RequestError, match=r"subscriber 1 was sent up to 2, acknowledged up to 1") as behind:
        replay.step(acknowledged=True, timeout=0.2)
    assert behind.value.code == "behind"
    assert replay.step(acknowledged=True)["to"] == 3
    assert str(app.error) == "no such kit"


def test_what_is_shown_is_judged(replay):
    with replay.subscribe(client="tv", shows=True):
        replay.step_to("next:goal")
        replay.shows("web", (1, 1))
    by_hand = replay.subscribe(client="radio")
    by_hand.shows("0-1")
    by_hand.command({"command": "ping"})
    shown = [(one["client"], one["score"], one["truth"]) for one in replay.verdict()["shown"]]
    assert shown[0][:2] == ("tv", "0-0")
    assert shown[-3:] == [("tv", "0-1", "0-1"), ("web", "1-1", "0-1"), ("radio", "0-1", "0-1")]


def test_commands_over_the_socket(replay):
    app = replay.subscribe()
    assert app.command({"command": "step", "until": "HT"})["now"]["status"] == "half_time"
    assert app.command({"command": "ping", "payload": 7})["payload"] == 7
    with pytest.raises(RequestError) as refused:
        app.command({"command": "seek", "to": "next:red_card"})
    assert refused.value.code == "not_found"


def test_a_function_of_a_subscription_cannot_wait_for_it(replay):
    app = None

    def change(state):
        if app and state.n == 1:
            app.until(lambda state: state.n == 2)

    app = replay.subscribe(change=change)
    replay.step()
    assert str(app.error) == "a function that a subscription calls may not wait for that subscription"


def test_a_function_may_close_the_replay(replay):
    app = None

    def change(state):
        if app and state.n == 2:
            replay.close()

    app = replay.subscribe(change=change)
    replay.step(caught_up=False)
    replay.step(caught_up=False)
    with pytest.raises(SubscriptionEnded):
        app.until(lambda state: False)
    app.close()
    assert (app.connection.state, app.error) == ("closed", None)


@pytest.mark.parametrize("error", [SystemExit(3), pytest.fail.Exception("wrong score")])
def test_a_function_that_exits_or_fails_the_test_ends_the_step(replay, error):
    def change(state):
        if state.n == 2:
            raise error

    app = replay.subscribe(change=change)
    replay.step()
    with pytest.raises(type(error)) as raised:
        replay.step()
    assert raised.value is app.error is error
    with pytest.raises(type(error)):
        app.until(lambda state: False)
    other = replay.subscribe()
    with pytest.raises(type(error)):
        other.until(lambda state: (_ for _ in ()).throw(error))
    assert other.until(lambda state: True).n == 2


def test_refusals_are_final(replay):
    with pytest.raises(RequestError, match="nobody") as refused:
        replay.subscribe(match="nobody")
    assert refused.value.code == "unknown_match"
    app = replay.subscribe()
    replay.close()
    assert app.connection.state == "closed"
    replay.close()
    with pytest.raises(RequestError) as refused:
        replay.subscribe()
    assert refused.value.code == "unknown_replay"


def test_the_end_of_a_replay_that_is_closed_elsewhere(touchline_server):
    with touchline_server.open("juv", paused=True) as replay:
        app = replay.subscribe()
        other = type(replay)(replay._origin, replay.id)
        other.close()
        with pytest.raises(RequestError):
            app.until(lambda state: False, timeout=5)
        assert app.connection.state == "refused"


def test_a_scenario_of_ones_own(touchline_server, tmp_path):
    lines = (ROOT / "scenarios" / "goalless.jsonl").read_text(encoding="utf-8")
    path = tmp_path / "mine.jsonl"
    path.write_text(lines, encoding="utf-8")
    objects = [json.loads(line) for line in lines.splitlines() if line.strip()]
    for fields in ({"scenario": path}, {"lines": lines}, {"lines": objects}):
        with touchline_server.open(**fields, paused=True) as replay:
            assert replay.step_to("FT")["now"]["score"] == {"home": 0, "away": 0}
            assert replay.findings == []
    with pytest.raises(RequestError, match="line 1") as refused:
        touchline_server.open(lines='{"kind":"gaol"}')
    assert refused.value.findings[0]["severity"] == "error"
    with pytest.raises(RequestError, match="spede"):
        touchline_server.open("juv", spede=60)


def test_server_documents(touchline_server):
    assert "var-night" in [scenario["name"] for scenario in touchline_server.scenarios()]
    assert "main" in [replay["id"] for replay in touchline_server.replays()]
    assert touchline_server.replay().state()["playback"]["state"] == "paused"
    with pytest.raises(TouchlineError, match="no name of a replay"):
        touchline_server.replay("..")


def test_until(replay):
    app = replay.subscribe()
    assert repr(app.state) == "<State of event 0: <Match juv-nap scheduled 0-0 -1:00>>"
    with pytest.raises(AnswerTimeout, match="at event 0, juv-nap 0-0, live"):
        app.until(lambda state: state.n == 1, timeout=0.05)
    with pytest.raises(AnswerTimeout, match=r"the predicate raised KeyError\(\"no match 'other': there are juv-nap\"\)"):
        app.until(lambda state: state.matches["other"], timeout=0.05)
    with pytest.raises(KeyError, match="no match 'other': there are juv-nap"):
        app.state.matches["other"]
    with pytest.raises(AnswerTimeout, match=r"the predicate raised StopIteration\(\)$"):
        app.until(lambda state: next(iter([])), timeout=0.05)
    with pytest.raises(TouchlineError, match=r"^a command over a socket has at most 65536 bytes, and this ping has 70"):
        app.command({"command": "ping", "payload": "x" * 70_000})
    with pytest.raises(ZeroDivisionError):
        app.until(lambda state: 1 / 0)
    assert app.until(lambda state: True) is app.state


@pytest.mark.parametrize("url", ["127.0.0.1:8089", "http://", "ftp://a", "http://a:b", "", "http://[::1"])
def test_addresses(url):
    with pytest.raises((TouchlineError), match="no address"):
        Server(url)


def test_nobody_answers():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(AnswerTimeout, match=r"within 0.2 s"):
            Server(f"http://127.0.0.1:{port}", timeout=0.2).scenarios()
        with pytest.raises(StartError, match=rf"127\.0\.0\.1:{port}: the port is in use"):
            Server.start("juv", "--port", str(port))
    with pytest.raises(ConnectionLost, match="Connection refused"):
        Server(f"http://127.0.0.1:{port}").check()


@pytest.mark.parametrize(
    ("args", "named", "text"),
    [
        (["nope"], {}, 'no scenario "nope"'),
        (["--bad"], {}, r"ended with exit code 2, last line: unexpected argument '--bad' found"),
        ([], {"binary": "/bin/true"}, "did not start: touchline serve .* ended with exit code 0"),
        ([], {"binary": "/bin/echo"}, r"ended with exit code 0, it printed 'serve --port 0 --exit-with-stdin'$"),
        ([], {"binary": __file__}, "cannot be started"),
        ([], {"binary": "/nowhere/touchline"}, "No such file"),
    ],
)
def test_what_does_not_start(args, named, text):
    with pytest.raises(StartError, match=text) as error:
        Server.start(*args, **named)
    assert "\n" not in str(error.value)


def test_a_program_that_is_never_ready(tmp_path):
    program = tmp_path / "touchline"
    program.write_text("#!/bin/sh\necho 'touchline: on the way' >&2\nexec sleep 60\n")
    program.chmod(0o755)
    with pytest.raises(StartError, match=r"not ready within 0\.3 s, last line: on the way"):
        Server.start(binary=str(program), timeout=0.3)


def test_a_token(monkeypatch):
    monkeypatch.setenv("TOUCHLINE_CONTROL_TOKEN", "that-of-another")
    with Server.start("juv", "--paused", env={"TOUCHLINE_CONTROL_TOKEN": "correct-horse"}) as server, server.open("juv", paused=True) as replay:
        assert replay.step()["to"] == 1
        with replay.subscribe() as app:
            assert app.command({"command": "step"})["to"] == 2
        with pytest.raises(RequestError) as refused:
            server.replay().play()
        assert refused.value.status == 401
        assert Server(f"{server.url}/?token=correct-horse").replay().step()["to"] == 1


def test_tls(tmp_path):
    import ssl

    pem = tmp_path / "touchline.pem"
    with Server.start("juv", "--paused", "--tls-self-signed", "--tls-pem", str(pem)) as started:
        tls = ssl.create_default_context(cafile=str(pem))
        with Server(started.url, tls=tls).open("juv", paused=True) as replay:
            app = replay.subscribe()
            replay.step_to("next:goal")
            assert app.state.match.score == (0, 1)


def test_a_server_that_dies(touchline_server):
    server = Server.start("juv", "--paused")
    replay = server.open("juv", paused=True)
    app = replay.subscribe()
    server._process._process.kill()
    with pytest.raises(ConnectionLost, match="was ended by SIGKILL, last line: "):
        replay.step()
    with pytest.raises(AnswerTimeout, match="lost: "):
        app.until(lambda state: state.n == 1, timeout=0.5)
    replay.close()
    server.stop()
    server.stop()


# In an event loop.


def test_async(touchline_url):
    async def main():
        server = AsyncServer(touchline_url)
        assert len(await server.scenarios()) == 7
        async with await server.open("juv", paused=True) as replay:
            shown = []

            async def change(state):
                await asyncio.sleep(0)
                shown.append(state.n)

            async with replay.subscribe(client="phone", ack=True, change=change) as app:
                await replay.step_to("next:goal", wait_for=1, acknowledged=True)
                assert app.state.match.score == (0, 1)
                assert 87 in shown
                await replay.fault("cut")
                await replay.step_to("FT")
                assert app.state.match.label == "FT"
                assert len(await replay.history()) == app.state.n
                assert (await app.command({"command": "ping"}))["ok"]
            assert app.connection.state == "closed"
            other = await replay.subscribe()
            await replay.shows("web", "0-1")
            assert (await replay.verdict())["shown"][0]["client"] == "web"
            with pytest.raises(RequestError):
                await replay.subscribe(match="nobody")
        assert other.connection.state == "closed"

    asyncio.run(main())


def test_twenty_at_once(touchline_url):
    async def one(server):
        async with await server.open("juv", paused=True) as replay, replay.subscribe(ack=True) as app:
            for position in ("30:00", "HT", "next:goal", "FT"):
                await replay.step_to(position, wait_for=1, acknowledged=True, timeout=30)
            return app.state.match.score

    async def main():
        server = AsyncServer(touchline_url, timeout=30)
        assert await asyncio.gather(*(one(server) for _ in range(20))) == [(0, 1)] * 20

    asyncio.run(main())


def test_an_async_server_outlives_the_thread_that_started_it():
    async def main():
        async with await AsyncServer.start("juv", "--paused") as server:
            await asyncio.get_running_loop().shutdown_default_executor()
            assert len(await server.replays()) == 1

    asyncio.run(main())


def test_a_cancelled_request_ends_at_once(touchline_url):
    async def main():
        async with await AsyncServer(touchline_url).open("juv", paused=True) as replay:
            before = threading.enumerate()
            waiting = asyncio.create_task(replay.step(wait_for=1, timeout=60))
            while not any(thread.name == "touchline request" and thread not in before for thread in threading.enumerate()):
                await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            for _ in range(100):
                if not any(thread.name == "touchline request" for thread in threading.enumerate()):
                    return
                await asyncio.sleep(0.02)
            raise AssertionError("its thread still waits")

    asyncio.run(main())
