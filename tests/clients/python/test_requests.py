"""Requests over HTTP, addresses and tokens, and how the program is started and ended."""

import asyncio
import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from touchline import AnswerTimeout, AsyncServer, ConnectionLost, RequestError, Server, StartError, TouchlineError, find_binary
from touchline._http import Origin, Request, _Exchange


@contextlib.contextmanager
def answering(answer):
    """A server that answers every request with these bytes, or by a function of the connection; and the requests."""
    requests = []

    def serve():
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection:
                    requests.append(connection.recv(65536))
                    answer(connection) if callable(answer) else connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", requests


def body(text):
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode()


def test_errors_show_no_token():
    for url in ("http://127.0.0.1:1/?token=secret", "http://me:secret@127.0.0.1:1", "127.0.0.1:1?token=secret", "ftp://me:secret@a"):
        with pytest.raises(TouchlineError) as error:
            Server(url).check()
        assert "secret" not in str(error.value)


def test_a_token_is_given_or_in_the_address():
    with answering(body('{"replays":[]}')) as (url, requests):
        Server(url).replays()
        Server(f"{url}/?token=of-the-address").replays()
        Server(f"{url}/?token=of-the-address", token="given").replays()
    sent = [next((line for line in request.decode().split("\r\n") if line.startswith("Authorization")), None) for request in requests]
    assert sent == [None, "Authorization: Bearer of-the-address", "Authorization: Bearer given"]
    with pytest.raises(TouchlineError, match="printable ASCII"):
        Server(url, token="two\nlines")


@pytest.mark.parametrize("answer", [body('{"ok":1}'), body("[]"), body('{"replays":7}')])
def test_another_server(answer):
    with answering(answer) as (url, _):
        for call in (Server(url).check, Server(url).replays, lambda: Server(url).open("juv")):
            with pytest.raises(TouchlineError, match=f"^{url} answers, but is no Touchline server$"):
                call()


def test_a_name_that_is_none():
    with pytest.raises(ConnectionLost):
        Server("http://a..b:80").replays()


def test_a_request_that_is_cancelled_before_it_is_connected_is_not_sent():
    with answering(body("{}")) as (url, requests):
        exchange = _Exchange(Origin.of(url), Request("DELETE", "/api/replays/main"))
        exchange.abort()
        with pytest.raises(ConnectionLost):
            exchange.run()
        Origin.of(url).send(Request("GET", "/"))
        assert [request[:6] for request in requests if request] == [b"GET / "]


@pytest.mark.parametrize(("answer", "why"), [(body("x" * 2000), "longer than 1000 bytes"), (body("x" * 100)[:-1], "IncompleteRead")])
def test_an_answer_that_is_too_long_or_cut(monkeypatch, answer, why):
    monkeypatch.setattr("touchline._http._MAX_BODY", 1000)
    with answering(answer) as (url, _), pytest.raises(ConnectionLost, match=f"GET {url}/api/replays did not answer: .*{why}"):
        Server(url).replays()


def test_the_limit_is_one_of_the_request():
    def drip(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        for _ in range(100):
            connection.sendall(b" ")
            time.sleep(0.05)

    begin = time.monotonic()
    with answering(drip) as (url, _), pytest.raises(AnswerTimeout, match=f"GET {url}/api/replays did not answer within 0.2 s"):
        Server(url, timeout=0.2).replays()
    assert time.monotonic() - begin < 3


def test_a_server_that_hangs():
    with Server.start("juv", "--paused") as server:
        replay = Server(server.url, timeout=0.5).open("juv", paused=True)
        app = replay.subscribe()
        os.kill(server.pid, signal.SIGSTOP)
        begin = time.monotonic()
        with pytest.raises(AnswerTimeout, match=rf"POST {server.url}/api/replays/\w+/command did not answer within 0\.7 s"):
            replay.step(timeout=0.2)
        with pytest.raises(AnswerTimeout, match=rf"DELETE {server.url}/api/replays/\w+ did not answer within 0\.5 s"):
            replay.close()
        assert app.connection.state == "closed"
        assert time.monotonic() - begin < 5
    assert time.monotonic() - begin < 12


def test_no_proxy_is_used(monkeypatch, touchline_url):
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with Server(touchline_url).open("juv", paused=True) as replay, replay.subscribe() as app:
        assert app.connection.state == "live"


def test_an_async_server_is_checked(touchline_url):
    asyncio.run(AsyncServer(touchline_url).check())
    with answering(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n") as (url, _):
        with pytest.raises(TouchlineError, match=f"^{url} is no Touchline server: GET /api/scenarios was answered 404$"):
            asyncio.run(AsyncServer(url).check())


def test_an_event_loop_is_not_blocked_by_a_server_that_ends(touchline_url):
    threads = []

    class Process:
        def wait(self, timeout):
            threads.append(threading.current_thread())
            return True

        def ending(self):
            return "it ended"

    async def main():
        replay = await AsyncServer(touchline_url).open("juv")
        await replay.close()
        gone = type(replay)(Origin.of("http://127.0.0.1:1"), replay.id, process=Process())
        with pytest.raises(ConnectionLost, match="^it ended; GET "):
            await gone.state()
        await gone.close()

    asyncio.run(main())
    assert len(threads) == 2 and threading.main_thread() not in threads


# The program.


def is_running(pid):
    return subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()[:1] not in ("", "Z")


def wait_for(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


@pytest.fixture
def script(tmp_path):
    """Makes a program of lines of a shell. `$REAL` is the real one."""

    def make(text):
        path = tmp_path / "bin" / "touchline"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\nREAL='{find_binary()}'\n{text}\n")
        path.chmod(0o755)
        return path

    return make


def test_a_start_that_is_cancelled_leaves_no_process(script, tmp_path):
    os.mkfifo(tmp_path / "go")
    program = script(f'echo $$ >{tmp_path}/pid.new; mv {tmp_path}/pid.new {tmp_path}/pid; read go <{tmp_path}/go; exec $REAL "$@"')

    async def main():
        starting = asyncio.create_task(AsyncServer.start("juv", binary=str(program)))
        while not (tmp_path / "pid").exists():
            await asyncio.sleep(0.01)
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting
        return int((tmp_path / "pid").read_text())

    pid = asyncio.run(main())
    (tmp_path / "go").write_text("\n")
    wait_for(lambda: not is_running(pid))


def test_which_program_is_started(script, monkeypatch):
    program = script('exec $REAL "$@"')
    real = find_binary()
    monkeypatch.setenv("TOUCHLINE_BINARY", "/nowhere/touchline")
    with pytest.raises(StartError, match=r"^TOUCHLINE_BINARY=/nowhere/touchline: there is no such program"):
        Server.start("juv")
    with Server.start("juv", "--paused", binary=real) as server:
        server.check()
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    monkeypatch.setenv("TOUCHLINE_BINARY", "touchline")
    assert find_binary() == str(program)
    with Server.start("juv", "--paused") as server:
        assert server._process.binary == str(program)


def test_python_runs_the_program():
    version = subprocess.run([find_binary(), "--version"], capture_output=True, text=True, check=True).stdout
    source = str(pathlib.Path(sys.modules["touchline"].__file__).parents[1])
    environment = {**os.environ, "TOUCHLINE_BINARY": find_binary(), "PYTHONPATH": source}
    command = [sys.executable, "-m", "touchline"]
    assert subprocess.run([*command, "--version"], env=environment, capture_output=True, text=True).stdout == version
    failed = subprocess.run(command, env={**environment, "TOUCHLINE_BINARY": "/nowhere"}, capture_output=True, text=True)
    assert (failed.returncode, failed.stderr.count("\n")) == (1, 1)
    assert failed.stderr.startswith("touchline: TOUCHLINE_BINARY=/nowhere: there is no such program")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("echo hello", r"ended with exit code 0, it printed 'hello'$"),
        ("while printf xxxxxxxxxxxxxxxx; do :; done", r"it is not Touchline, it printed 'xxx"),
        ("""echo '{"ready":true,"http":5}'; exec sleep 60""", r"it is not Touchline, it printed '\{\"ready\":true,\"http\":5\}'$"),
    ],
)
def test_a_program_that_is_another(script, text, why):
    with pytest.raises(StartError, match=why):
        Server.start("juv", binary=str(script(text)))


def test_what_a_script_has_started_ends_with_it(script, tmp_path):
    program = script(f"sleep 60 & echo $! >{tmp_path}/pid; wait")
    with pytest.raises(StartError, match="not ready"):
        Server.start("juv", binary=str(program), timeout=0.5)
    assert not is_running(int((tmp_path / "pid").read_text()))


def test_arguments_of_other_types(tmp_path):
    path = tmp_path / "mine.jsonl"
    path.write_bytes((pathlib.Path(__file__).parents[3] / "scenarios" / "goalless.jsonl").read_bytes())
    with Server.start(path, "--paused", "--port", 0) as server:
        assert server.replay().state()["n"] == 0
    with pytest.raises(StartError, match="null byte"):
        Server.start("juv\0")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_forked_process_does_not_keep_a_server():
    """It has the pipe too whose end stops the server."""
    code = """
import os, signal, sys, time
from touchline import Server
server = Server.start("juv", "--paused")
child = os.fork()
if child == 0:
    time.sleep(60)
print(server.pid, child, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    source = str(pathlib.Path(sys.modules["touchline"].__file__).parents[1])
    environment = {**os.environ, "TOUCHLINE_BINARY": find_binary(), "PYTHONPATH": source}
    with subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True) as process:
        server, child = map(int, process.stdout.readline().split())
        try:
            wait_for(lambda: not is_running(server))
        finally:
            os.kill(child, signal.SIGKILL)


def test_a_scenario_file_that_cannot_be_read(touchline_server, tmp_path):
    with pytest.raises(TouchlineError, match=f"^{tmp_path}/none: No such file or directory$"):
        touchline_server.open(tmp_path / "none")
    (tmp_path / "latin").write_bytes(b"\xe9")
    with pytest.raises(TouchlineError, match="latin: not a scenario, as it is not UTF-8$"):
        touchline_server.open(tmp_path / "latin")
    with pytest.raises(RequestError, match="juvv"):
        touchline_server.open("juvv")
