"""The plugin for pytest, as a tester meets it: in runs of its own."""

import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

import pytest

from touchline import Server

SOURCES = pathlib.Path(__file__).parents[3] / "clients/python/src"
GOAL = """
def test_the_goal_is_shown(replay):
    app = replay.subscribe()
    replay.step_to("next:goal")
    assert app.state.match.score == (0, 1)
"""


@pytest.fixture
def run(pytester, monkeypatch):
    """Runs pytest in a process, with the plugin of the sources."""
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    monkeypatch.setenv("PYTHONPATH", str(SOURCES), prepend=os.pathsep)
    monkeypatch.setenv("PYTEST_PLUGINS", "touchline.pytest_plugin")
    return lambda *args: pytester.runpytest_subprocess("-p", "no:cacheprovider", *args, timeout=120)


def servers(marker):
    """The processes whose command line holds a word. `-ww`, as `ps` cuts at `COLUMNS` otherwise."""
    listed = subprocess.run(["ps", "-wweo", "pid=,args="], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if marker in line and "touchline" in line and "serve" in line]


def wait_for(condition, seconds=15):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def test_the_first_test(run, pytester):
    pytester.makepyfile(GOAL)
    run().assert_outcomes(passed=1)


def test_fixtures_are_overridden(run, pytester):
    pytester.makeconftest(
        """
        import pytest

        @pytest.fixture(scope="session")
        def touchline_server_args():
            return ["cup", "--paused", "--max-replays", "3"]

        @pytest.fixture
        def touchline_replay_args(touchline_replay_args):
            return {"faults": "drop:at=next:goal", "seed": 7, **touchline_replay_args}
        """
    )
    pytester.makepyfile(
        """
        import urllib.request
        import pytest

        def test_server(touchline_server, touchline_url, replay):
            assert touchline_server.replay().state()["matches"][0]["match"] != "juv-nap"
            assert replay.state()["matches"][0]["match"] == "juv-nap"
            assert urllib.request.urlopen(f"{touchline_url}/readyz").status == 200
            assert replay.journal()["faults"] == "drop:at=next:goal"

        @pytest.mark.touchline("juv", faults="off", from_="88:00")
        class TestMarked:
            def test_class(self, replay):
                assert replay.journal()["faults"] == "off"
                assert replay.state()["matches"][0]["match"] == "juv-nap"
                assert replay.state()["matches"][0]["now"]["clock"] == "88:00"

            @pytest.mark.touchline("var", paused=False, wait_for=2)
            def test_closest(self, replay):
                assert replay.state()["playback"]["state"] == "waiting"
                assert replay.state()["matches"][0]["match"] != "juv-nap"
        """
    )
    run("--strict-markers").assert_outcomes(passed=3)


def test_a_replay_is_closed_after_a_failure_which_says_where_it_was(run, pytester):
    pytester.makepyfile(
        """
        import pytest, touchline

        ids = []

        @pytest.mark.touchline(faults="drop:at=next:goal; cut:at=89:07", seed=7)
        def test_fails(replay):
            ids.append(replay.id)
            app = replay.subscribe(client="phone")
            replay.step_to("next:goal")
            assert app.state.match.last_standing("goal")

        def test_it_is_closed(touchline_server):
            with pytest.raises(touchline.RequestError, match=ids[0]) as gone:
                touchline_server.replay(ids[0]).describe()
            assert gone.value.status == 404
        """
    )
    result = run()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.re_match_lines(
        [
            r"-+ touchline -+",
            r"http://127.0.0.1:\d+/r/\w+: event 8\d, paused",
            r"juv-nap: 0-1 at 89:07 \(second_half\)",
            r"faults: drop:at=next:goal; cut:at=89:07, seed 7",
            r"  koulibaly-goal: drop: not sent",
        ]
    )
    assert "no subscriber" not in str(result.stdout)


def test_a_failure_says_that_nobody_was_sent_the_last_step(run, pytester):
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.touchline("hard", faults="duplicate:p=1")
        def test_blocking(replay):
            replay.step_to("100%")
            assert False

        @pytest.mark.asyncio
        async def test_awaited(async_replay):
            await async_replay.step()
            assert False

        def test_before_a_step(replay):
            assert False
        """
    )
    result = run()
    result.assert_outcomes(failed=3)
    assert result.outlines.count("the last step was sent to no subscriber: wait_for=1 waits for one") == 2
    assert len([line for line in result.outlines if ": duplicate: " in line]) == 20
    result.stdout.re_match_lines([r"  \d+ earlier ones, then"])


def test_a_report_never_breaks_the_run(run, pytester):
    pytester.makepyfile(
        """
        def test_fails(replay, monkeypatch):
            replay.__class__.journal = lambda self: {}
            assert False
        """
    )
    result = run()
    result.assert_outcomes(failed=1)
    result.stdout.re_match_lines([r"http://127.0.0.1:\d+/r/\w+: 'faults'"])


def test_a_refusal_is_one_line_at_the_line_of_the_test(run, pytester):
    pytester.makepyfile(
        """
        def test_fails(replay):
            replay.step_to("next:goall")
        """
    )
    result = run("--tb=short")
    result.assert_outcomes(failed=1)
    text = "\n".join(result.outlines)
    assert not any(name in text for name in ("_replay.py", "_http.py", "_controls.py"))
    assert len([line for line in result.outlines if line.startswith("E ")]) == 1


@pytest.mark.parametrize("workers", [0, 8])
def test_forty_tests(run, pytester, workers):
    if workers:
        pytest.importorskip("xdist")
    marker = f"--max-replays=1{os.getpid()}"
    pytester.makeconftest(
        f"""
        import pytest

        @pytest.fixture(scope="session")
        def touchline_server_args():
            return ["juv", "--paused", "{marker}"]
        """
    )
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("n", range(40))
        def test_goal(replay, n):
            app = replay.subscribe(ack=n % 2 == 0)
            replay.step_to("HT")
            assert app.state.match.score == (0, 0)
            replay.step_to("next:goal", acknowledged=n % 2 == 0, timeout=30)
            assert app.state.match.score == (0, 1)
        """
    )
    run(*(["-n", str(workers)] if workers else [])).assert_outcomes(passed=40)
    assert not servers(marker)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_is_left_however_pytest_ends(run, pytester, sent):
    marker = f"--max-replays=2{os.getpid()}"
    pytester.makeconftest(
        f"""
        import pytest

        @pytest.fixture(scope="session")
        def touchline_server_args():
            return ["juv", "--paused", "{marker}"]
        """
    )
    path = pytester.makepyfile(
        """
        def test_waits(replay):
            replay.subscribe()
            print("begun", flush=True)
            replay.step(wait_for=2, timeout=60)
        """
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-s", path], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    for line in process.stdout:
        if "begun" in line:
            break
    assert len(servers(marker)) == 1
    # As Ctrl-C does it: to the whole group.
    os.killpg(process.pid, sent)
    out, _ = process.communicate(timeout=15)
    wait_for(lambda: not servers(marker))
    if sent == signal.SIGINT:
        assert process.returncode == 2
        assert "KeyboardInterrupt" in out
        assert "error" not in out.lower().replace("keyboardinterrupt", "")


def test_a_server_that_dies_is_named_in_each_test(run, pytester):
    pytester.makepyfile(
        """
        import os, signal

        def test_dies(replay, touchline_server):
            os.kill(touchline_server.pid, signal.SIGKILL)
            replay.step()

        def test_after(replay):
            pass
        """
    )
    result = run("-rfE", "--tb=short")
    result.assert_outcomes(failed=1, errors=1)
    result.stdout.re_match_lines_random(
        [
            r"E .*touchline serve \(pid \d+\) was ended by SIGKILL, last line: .*; POST .* did not answer: .*",
            r"touchline: touchline serve \(pid \d+\) was ended by SIGKILL, last line: .*; POST .*/api/replays did not answer: Connection refused",
        ]
    )
    assert "_controls.py" not in "\n".join(result.outlines)


@pytest.mark.parametrize(
    ("variable", "value", "text"),
    [
        ("TOUCHLINE_BINARY", "/nowhere/touchline", "touchline: TOUCHLINE_BINARY=/nowhere/touchline: there is no such program"),
        ("TOUCHLINE_BINARY", "/bin/false", "touchline: /bin/false did not start: * ended with exit code 1"),
        ("TOUCHLINE_URL", "127.0.0.1:1", "TOUCHLINE_URL=127.0.0.1:1: '127.0.0.1:1' is no address of a server"),
        (
            "TOUCHLINE_URL",
            "http://127.0.0.1:1",
            "TOUCHLINE_URL=http://127.0.0.1:1: GET http://127.0.0.1:1/api/scenarios did not answer: Connection refused",
        ),
        (
            "TOUCHLINE_URL",
            "http://me:secret@127.0.0.1:1/?token=secret",
            "TOUCHLINE_URL=http://127.0.0.1:1/: GET http://127.0.0.1:1/api/scenarios did not answer: Connection refused",
        ),
    ],
)
def test_what_is_wrong_is_one_line(run, pytester, monkeypatch, variable, value, text):
    monkeypatch.setenv(variable, value)
    pytester.makepyfile(GOAL)
    result = run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"{text}*"])
    text = "\n".join(result.outlines)
    assert "Traceback" not in text and "secret" not in text


def test_no_program_at_all(run, pytester, monkeypatch):
    monkeypatch.delenv("TOUCHLINE_BINARY", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    pytester.makepyfile(GOAL)
    result = run()
    result.assert_outcomes(errors=1)
    result.stdout.re_match_lines([r"touchline: there is no program touchline in .* or on PATH: install a wheel for this platform \(.*\), or set .*"])


def test_a_port_that_is_taken(run, pytester):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        pytester.makeconftest(
            f"""
            import pytest

            @pytest.fixture(scope="session")
            def touchline_server_args():
                return ["juv", "--port", "{port}"]
            """
        )
        pytester.makepyfile(GOAL)
        result = run()
    result.assert_outcomes(errors=1)
    result.stdout.re_match_lines([rf"touchline: .* did not start: .*127.0.0.1:{port}: the port is in use; port 0 takes a free one"])


def test_another_server_at_the_url(run, pytester, monkeypatch):
    site = subprocess.Popen(
        [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        port = site.stdout.readline().split(" port ")[1].split()[0]
        monkeypatch.setenv("TOUCHLINE_URL", f"http://127.0.0.1:{port}")
        pytester.makepyfile(GOAL)
        result = run()
        result.assert_outcomes(errors=1)
        result.stdout.fnmatch_lines([f"TOUCHLINE_URL=*: http://127.0.0.1:{port} is no Touchline server: GET /api/scenarios was answered 404"])
    finally:
        site.kill()
        site.communicate()


def test_a_running_server_is_used_and_left(run, pytester, monkeypatch):
    with Server.start("juv", "--paused") as server:
        monkeypatch.setenv("TOUCHLINE_URL", server.url)
        monkeypatch.setenv("TOUCHLINE_BINARY", "/nowhere")
        pytester.makepyfile(
            """
            import pytest

            @pytest.mark.touchline(name="mine")
            def test_goal(replay):
                assert replay.describe()["linger"] == "600s"
            """
        )
        run().assert_outcomes(passed=1)
        assert [replay["id"] for replay in server.replays()] == ["main"]


def test_a_replay_of_an_own_server_stays(run, pytester):
    pytester.makepyfile("def test_it(replay): assert replay.describe()['linger'] == 'forever'")
    run().assert_outcomes(passed=1)


def test_the_token_of_an_address_beats_the_variable(run, pytester, monkeypatch):
    pytester.makepyfile("def test_main(touchline_server): assert touchline_server.replay().step()['to']")
    with Server.start("juv", "--paused", env={"TOUCHLINE_CONTROL_TOKEN": "correct-horse"}) as server:
        monkeypatch.setenv("TOUCHLINE_URL", f"{server.url}/?token=correct-horse")
        monkeypatch.setenv("TOUCHLINE_TOKEN", "another")
        run().assert_outcomes(passed=1)
        monkeypatch.setenv("TOUCHLINE_URL", server.url)
        run().assert_outcomes(failed=1)
        monkeypatch.setenv("TOUCHLINE_TOKEN", "correct-horse")
        run().assert_outcomes(passed=1)


@pytest.mark.parametrize("workers", [0, 2])
def test_ctrl_c_closes_the_replays_of_a_server_that_runs(run, pytester, monkeypatch, workers):
    if workers:
        pytest.importorskip("xdist")
    path = pytester.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("n", range(2))
        def test_waits(replay, n):
            replay.step(wait_for=2, timeout=60)
        """
    )
    with Server.start("juv", "--paused") as server:
        monkeypatch.setenv("TOUCHLINE_URL", server.url)
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *(["-n", str(workers)] if workers else []), path]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True) as process:
            try:
                wait_for(lambda: len(server.replays()) == 1 + max(1, workers))
            except BaseException:
                process.kill()
                raise
            os.killpg(process.pid, signal.SIGINT)
            assert process.wait(20) == 2
        assert [replay["id"] for replay in server.replays()] == ["main"]


def test_in_an_event_loop(run, pytester):
    pytest.importorskip("pytest_asyncio")
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.asyncio
        async def test_goal(async_replay):
            async with async_replay.subscribe(ack=True) as app:
                await async_replay.step_to("next:goal", wait_for=1, acknowledged=True)
                assert app.state.match.score == (0, 1)
        """
    )
    run().assert_outcomes(passed=1)
