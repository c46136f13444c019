"""The plugin for pytest: a server for the session, and a replay of its own for each test.

def test_the_goal_is_shown(replay):
    app = replay.subscribe()
    replay.step_to("next:goal")
    assert app.state.match.score == (0, 1)
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ._address import token_of, without_query
from ._errors import TouchlineError
from ._http import CLOSE_S
from ._replay import AsyncReplay, Replay
from ._server import Server

_REPLAYS = pytest.StashKey[list[Replay | AsyncReplay]]()
_MOST_FAULTS = 20


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "touchline(scenario, **fields): what the fixture `replay` plays, as the fields of a replay: "
        '@pytest.mark.touchline("var", faults="lossy", seed=7)',
    )


def _attempt(what: str, call: Callable[[], Any]) -> Any:
    """Calls, and fails with one line where that is all there is to say."""
    try:
        return call()
    except TouchlineError as error:
        text = str(error)
    pytest.fail(f"{what}: {text}", pytrace=False)


@pytest.fixture(scope="session")
def touchline_server_args() -> list[str]:
    """The arguments of `touchline serve`, to be overridden. Without `--port` it listens on a free one."""
    return ["juv", "--paused"]


@pytest.fixture(scope="session")
def touchline_server(touchline_server_args: list[str]) -> Iterator[Server]:
    """The server of the session, under pytest-xdist of each worker: started with `touchline_server_args`, or that of
    `TOUCHLINE_URL`, which runs already (`TOUCHLINE_TOKEN` is its token, unless the address has one)."""
    url = os.environ.get("TOUCHLINE_URL")
    if url:
        yield _attempt(f"TOUCHLINE_URL={without_query(url)}", lambda: _running(url))
        return
    server = _attempt("touchline", lambda: Server.start(*touchline_server_args))
    try:
        yield server
    finally:
        server.stop()


def _running(url: str) -> Server:
    server = Server(url, token=token_of(url) or os.environ.get("TOUCHLINE_TOKEN"))
    server.check()
    return server


@pytest.fixture(scope="session")
def touchline_url(touchline_server: Server) -> str:
    """The address of the server, `http://127.0.0.1:PORT`."""
    return touchline_server.url


@pytest.fixture
def touchline_replay_args(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The fields of the replay of a test, to be overridden: those of its markers `touchline`, of which the closest wins."""
    fields: dict[str, Any] = {}
    for marker in reversed(list(request.node.iter_markers("touchline"))):
        if len(marker.args) > 1:
            pytest.fail("@pytest.mark.touchline takes one scenario, and else fields by their names", pytrace=False)
        if marker.args:
            fields.pop("lines", None)
            fields["scenario"] = marker.args[0]
        fields.update(marker.kwargs)
    return fields


@pytest.fixture
def replay(touchline_server: Server, touchline_replay_args: dict[str, Any], request: pytest.FixtureRequest) -> Iterator[Replay]:
    """A private replay: of `juv` and paused, unless its fields say otherwise; closed after the test, with all its subscriptions."""
    played = {} if "lines" in touchline_replay_args else {"scenario": "juv"}
    # A server that is left running closes by itself what a killed test leaves.
    linger = "forever" if touchline_server.pid else "10m"
    fields = {**played, "paused": True, "linger": linger, **touchline_replay_args}
    opened: Replay = _attempt("touchline", lambda: touchline_server.open(**fields))
    request.node.stash[_REPLAYS] = [opened]
    try:
        yield opened
    finally:
        _attempt("touchline", opened.close)


@pytest.fixture
def async_replay(replay: Replay, request: pytest.FixtureRequest) -> AsyncReplay:
    """The fixture `replay` for a test with an event loop: its methods are awaited."""
    awaited = AsyncReplay(replay._origin, replay.id, process=replay._process, findings=replay.findings)
    request.node.stash[_REPLAYS].append(awaited)
    return awaited


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Says of a failed test where its replay was."""
    report = yield
    replays = item.stash.get(_REPLAYS, None)
    if replays and report.when == "call" and report.failed:
        report.sections.append(("touchline", _place(replays)))
    return report


def _place(replays: list[Replay | AsyncReplay]) -> str:
    replay = replays[0]
    assert isinstance(replay, Replay)
    try:
        return "\n".join(_place_lines(replay, next((one.last_step for one in replays if one.last_step), None)))
    except Exception as error:
        # A report must not end the run.
        return f"{replay.http}: {error}"


def _place_lines(replay: Replay, last_step: dict[str, Any] | None) -> Iterator[str]:
    # A server that hangs has cost the test its time limit already.
    replay = Replay(dataclasses.replace(replay._origin, timeout=CLOSE_S), replay.id, process=replay._process)
    state = replay.state()
    journal = replay.journal()
    yield f"{replay.http}: event {state['n']}, {state['playback']['state']}"
    for match in state["matches"]:
        score = match["state"]["score"]
        yield f"{match['match']}: {score['home']}-{score['away']} at {match['now']['clock']} ({match['now']['status']})"
    if last_step and last_step["subscribers"] == 0:
        yield "the last step was sent to no subscriber: wait_for=1 waits for one"
    if journal["faults"] != "off":
        yield f"faults: {journal['faults']}, seed {journal.get('seed', 0)}"
        done = journal["entries"] + journal["links"]
        if len(done) > _MOST_FAULTS:
            yield f"  {len(done) - _MOST_FAULTS} earlier ones, then"
        for entry in done[-_MOST_FAULTS:]:
            yield f"  {entry.get('id') or entry.get('client') or ''}: {entry['kind']}: {entry['what']}"
