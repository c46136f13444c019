"""The fold: the same as the server's state, and under faults the same as the JavaScript client's."""

import dataclasses
import itertools
import json
import pathlib
import shutil
import subprocess
import tracemalloc

import pytest

from touchline import NOTHING, Score, reduce
from touchline._waiting import holds

HERE = pathlib.Path(__file__).parent
SCENARIOS = ["juv", "serie-a", "var", "hard", "cup", "last", "goalless"]
FAULTS = [
    "lossy",
    "drop:p=0.2; duplicate:p=0.2; late:p=0.2,by=90s",
    "reorder:p=0.3; unknown:p=0.4",
    "correct:p=0.2; vanish:p=0.5; burst:p=0.1,for=2m",
    "clock:p=0.3; reissue:p=0.3; burst:p=0.2,for=60s",
]


def frames_of(server, scenario, **fields):
    """All frames of a replay that is stepped to its end, with a seek back on the way."""
    frames = []
    with server.open(scenario, paused=True, **fields) as replay:
        app = replay.subscribe(frame=lambda frame, _: frames.append(frame), since="start", snapshot="full")
        replay.step_to("40%", timeout=30)
        replay.play()
        replay.pause()
        replay.seek("30%")
        replay.step_to("100%", timeout=30)
        replay.step_to("100%", or_end=True, timeout=30)
        app.close()
    return frames


def plain(state):
    """In the form that `fold.mjs` prints."""
    matches = {name: plain_match(match, state) for name, match in state.matches.items()}
    fields = {name: getattr(state, name) for name in ("hello", "playback", "tick", "n", "head", "cursor")}
    return {**fields, "tables": dict(state.tables), "matches": matches}


def plain_match(match, state):
    fields = {field.name: getattr(match, field.name) for field in dataclasses.fields(match) if not field.name.startswith("_")}
    fields["told"] = list(match.told)
    fields["happenings"] = [{**one._asdict(), "was": list(one.was)} for one in match.happenings]
    fields["current_tie"] = state.tie(match.id)
    fields["lineup"] = {side: bare(match.lineup(side)) for side in ("home", "away")}
    return {name: value._asdict() if isinstance(value, Score) else value for name, value in fields.items()}


def bare(lineup):
    counts = ("came_on", "went_off", "was_away", "was_sent_off")
    return {
        name: [{key: value for key, value in one.items() if key not in counts} for one in value] if isinstance(value, list) else value
        for name, value in lineup.items()
    }


def without_nothing(value):
    """JavaScript leaves out what is undefined, and has null where Python has None."""
    if isinstance(value, dict):
        return {name: without_nothing(one) for name, one in value.items() if one is not None}
    if isinstance(value, (list, tuple)):
        return [without_nothing(one) for one in value]
    return value


@pytest.mark.skipif(not shutil.which("node"), reason="no node")
@pytest.mark.parametrize(
    ("scenario", "faults"), [*((one, None) for one in SCENARIOS), *(("hard", one) for one in FAULTS), *(("cup", one) for one in FAULTS)]
)
def test_the_state_is_that_of_the_javascript_client(touchline_server, scenario, faults):
    frames = frames_of(touchline_server, scenario, faults=faults, seed=7 if faults else None)
    stride = 1 + len(frames) // 40
    lines = "".join(json.dumps(frame) + "\n" for frame in frames)
    done = subprocess.run(["node", HERE / "fold.mjs", str(stride)], input=lines, capture_output=True, text=True, check=True, timeout=60)
    expected = [json.loads(line) for line in done.stdout.splitlines()]
    state, got = NOTHING, []
    for count, frame in enumerate(frames, 1):
        state = reduce(state, frame)
        if count % stride == 0 or count == len(frames):
            got.append(plain(state))
    assert len(got) == len(expected) > 10
    for one, other in zip(got, expected, strict=True):
        assert without_nothing(one) == without_nothing(other)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_state_is_that_of_the_server(touchline_server, scenario):
    with touchline_server.open(scenario, paused=True) as replay:
        matches = [match["match"] for match in replay.state()["matches"]]
        app = replay.subscribe(match=matches, snapshot="full")
        for position in ("25%", "50%", "75%", "100%"):
            replay.step_to(position, or_end=True, timeout=30)
            for document in replay.state(snapshot="full")["matches"]:
                match, truth, now = app.state.matches[document["match"]], document["state"], document["now"]
                assert (match.status, match.score._asdict()) == (truth["status"], truth["score"])
                assert (match.clock, match.label, match.period) == (now["clock"], now["label"], now["period"])
                assert match.statistics == truth["statistics"]
                assert match.substitutions_left == truth["substitutions_left"]
                for side in ("home", "away"):
                    lists = ("on", "bench", "off", "sent_off")
                    mine, its = match.lineup(side), truth["lineups"][side]
                    assert {name: {one["id"] for one in mine[name]} for name in lists} == {name: {one["id"] for one in its[name]} for name in lists}
                standing = [happening.id for happening in match.happenings if not happening.removed]
                assert sorted(standing) == sorted(event["id"] for event in truth["events"])
                assert app.state.tie(match.id) == truth.get("tie")


def test_a_state_never_changes(touchline_server):
    states = []
    with touchline_server.open("var", paused=True) as replay:
        replay.subscribe(change=lambda state: states.append((state, repr(plain(state)))))
        replay.step_to("100%", or_end=True)
    assert len(states) > 20
    assert all(repr(plain(state)) == text for state, text in states)


@pytest.mark.parametrize("frame", [{}, {"kind": "later"}, {"kind": []}, {"kind": "event"}, {"kind": "event", "match": "m", "id": "e", "n": True}])
def test_frames_that_say_nothing_change_nothing(frame):
    assert reduce(NOTHING, frame) is NOTHING


def test_an_event_of_a_match_without_a_snapshot_is_folded():
    state = reduce(NOTHING, {"kind": "event", "match": "m", "id": "e", "n": 4, "type": "goal", "side": "away", "xg": 1e300, "player": 7, "was": []})
    assert state.match.score == (0, 1)
    assert str(state.match.score) == "0-1"
    assert state.match.last_standing("goal")["id"] == "e"
    assert (state.n, state.cursor) == (4, None)


def foul(n, **fields):
    return {"kind": "event", "match": "m", "id": f"e{n}", "n": n, "rev": 0, "type": "foul", "score": {"home": 0, "away": 0}, **fields}


def test_states_share_the_events_before_them():
    tracemalloc.start()
    states = list(itertools.accumulate((foul(n) for n in range(1, 4_001)), reduce, initial=NOTHING))
    bytes_of_all = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert len(states[-1].match.told) == len(states[-1].match.happenings) == 4_000
    assert bytes_of_all < 30_000_000, "each state with a list of its own would be twice 64 MB"


def test_a_state_that_is_continued_twice():
    states = list(itertools.accumulate([foul(1), foul(2), foul(3), foul(4, id="e2", rev=1)], reduce, initial=NOTHING))
    other = reduce(states[2], foul(3, id="other"))
    assert [event["n"] for event in states[4].match.told] == [1, 2, 3, 4]
    assert [event["id"] for event in other.match.told] == ["e1", "e2", "other"]
    assert [(one.id, one.event["rev"], len(one.was)) for one in states[4].match.happenings] == [("e1", 0, 0), ("e2", 1, 1), ("e3", 0, 0)]
    assert [(one.id, one.event["rev"]) for one in states[3].match.happenings] == [("e1", 0), ("e2", 0), ("e3", 0)]
    assert [one.id for one in other.match.happenings] == ["e1", "e2", "other"]
    assert (states[3].match.told[-1]["id"], states[3].match.told[:2], states[1].match.last["id"]) == ("e3", list(states[2].match.told), "e1")
    assert states[2].match.told != states[3].match.told
    assert states[4].match == reduce(states[3], foul(4, id="e2", rev=1)).match
    with pytest.raises(IndexError):
        states[1].match.told[1]


def test_a_step_is_held_with_its_last_frame_only(touchline_server):
    """The events, then the playback, then the tick: until that the clock is an older one."""
    frames = []
    with touchline_server.open("juv", paused=True) as replay, replay.subscribe(frame=lambda frame, _: frames.append(frame)):
        before = len(frames)
        answer = replay.step_to("next:goal")
    assert [frame["kind"] for frame in frames[before:]][-2:] == ["playback", "tick"]
    state, held = NOTHING, []
    for frame in frames:
        state = reduce(state, frame)
        held.append(holds(state, answer))
    assert held == [False] * (len(frames) - 1) + [True]
    # A connection that resumes after the step is sent the missed events, and no tick.
    hello = {**frames[0], "resumed": "ok", "playback": frames[-2]}
    resumed = reduce(reduce(NOTHING, frames[0]), {**frames[-1], "n": 80, "at": 1})
    for frame in (hello, *(one for one in frames[before:] if one["kind"] == "event")):
        assert not holds(resumed, answer)
        resumed = reduce(resumed, frame)
    assert holds(resumed, answer)
