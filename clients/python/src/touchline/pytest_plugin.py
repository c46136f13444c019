"""The plugin for pytest: a server for the session, and a replay of its own for each test.

def test_the_goal_is_shown(replay):
    app = replay.subscribe()
    replay.step_to("next:goal")
    assert app.state.match.score == (0, 1)
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ._errors import TouchlineError
from ._replay import AsyncReplay, Replay
from ._server import Server

_REPLAY = pytest.StashKey[Replay]()


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
    except OSError as error:
        text = f"{error.filename}: {error.strerror}"
    pytest.fail(f"{what}: {text}", pytrace=False)


@pytest.fixture(scope="session")
def touchline_server_args() -> list[str]:
    """The arguments of `touchline serve`, to be overridden. Without `--port` it listens on a free one."""
    return ["juv", "--paused"]


@pytest.fixture(scope="session")
def touchline_server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """The server of the session, under pytest-xdist of each worker: started with `touchline_server_args`, or that of
    `TOUCHLINE_URL`, which runs already (`TOUCHLINE_TOKEN` is its token)."""
    url = os.environ.get("TOUCHLINE_URL")
    if url:
        yield _attempt(f"TOUCHLINE_URL={url}", lambda: _running(url))
        return
    args = request.getfixturevalue("touchline_server_args")
    server = _attempt("touchline", lambda: Server.start(*args))
    try:
        yield server
    finally:
        server.stop()


def _running(url: str) -> Server:
    server = Server(url, token=os.environ.get("TOUCHLINE_TOKEN"))
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
    opened: Replay = _attempt("touchline", lambda: touchline_server.open(**{**played, "paused": True, **touchline_replay_args}))
    request.node.stash[_REPLAY] = opened
    try:
        yield opened
    finally:
        _attempt("touchline", opened.close)


@pytest.fixture
def async_replay(replay: Replay) -> AsyncReplay:
    """The fixture `replay` for a test with an event loop: its methods are awaited."""
    return AsyncReplay(replay._origin, replay.id, process=replay._process, findings=replay.findings)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Says of a failed test where its replay was."""
    report = yield
    opened = item.stash.get(_REPLAY, None)
    if opened and report.when == "call" and report.failed:
        report.sections.append(("touchline", _place(opened)))
    return report


def _place(replay: Replay) -> str:
    try:
        state = replay.state()
        journal = replay.journal()
    except TouchlineError as error:
        return f"{replay.http}: {error}"
    lines = [f"{replay.http}: event {state['n']}, {state['playback']['state']}"]
    for match in state["matches"]:
        score = match["state"]["score"]
        lines.append(f"{match['match']}: {score['home']}-{score['away']} at {match['now']['clock']} ({match['now']['status']})")
    if journal["faults"] != "off":
        lines.append(f"faults: {journal['faults']}, seed {journal.get('seed', 0)}")
        lines += [
            f"  {entry.get('id') or entry.get('client') or ''}: {entry['kind']}: {entry['what']}" for entry in journal["entries"] + journal["links"]
        ]
    return "\n".join(lines)
