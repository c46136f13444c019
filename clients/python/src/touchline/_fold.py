"""Folds the frames of a stream into the state of every match, as `clients/js/touchline.js` does.

`reduce` is pure: the same frames give the same state, and a state once returned never changes. A client that folds a snapshot and
the events after it holds exactly the server's state.

A feed may have faults. Fields of events that have another type than the protocol's are left out, an event that is sent again
changes nothing, and one that comes late leaves the score and the status alone. Snapshots, and the scores of ticks, are the truth.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, NoReturn

from ._clock import clock_after, of_tick, runs
from ._counting import count, in_extra_time
from ._history import Happening
from ._match import Match, fixture_of, from_snapshot
from ._readable import check_shape, readable
from ._score import SIDES, Frame, Score
from ._tie import tie_of


class _Matches(dict[str, Match]):
    def __missing__(self, name: str) -> NoReturn:
        raise KeyError(f"no match {name!r}: there are {', '.join(self) or 'none yet'}")


@dataclass(frozen=True, repr=False)
class State:
    #: The last `hello`.
    hello: Frame | None = None
    #: The playback: `state`, `speed`, `at`, `wall`, ... as in the protocol; `length`, in ms, of the timeline.
    playback: Frame | None = None
    tick: Frame | None = None
    #: The number of the last event known to be received; `None` until an event or a tick follows the snapshots.
    n: int | None = None
    #: Events up to this number were emitted before this client connected.
    head: int = 0
    #: By their ids. A match that has not changed is the same object.
    matches: Mapping[str, Match] = field(default_factory=lambda: MappingProxyType(_Matches()))
    #: By competition and season.
    tables: Mapping[str, Frame] = field(default_factory=lambda: MappingProxyType({}))

    def __repr__(self) -> str:
        return f"<State of event {self.n}: {', '.join(repr(match) for match in self.matches.values()) or 'no match'}>"

    @property
    def match(self) -> Match:
        """The only match of the stream."""
        if len(self.matches) != 1:
            raise LookupError(f"there are {len(self.matches)} matches, not one: state.matches has {', '.join(self.matches) or 'none'}")
        return next(iter(self.matches.values()))

    @property
    def run(self) -> str | None:
        """The run in force. It changes with the faults of the feed."""
        return (self.playback or {}).get("run") or (self.hello or {}).get("run")

    @property
    def epoch(self) -> int | None:
        epoch = (self.playback or {}).get("epoch")
        return (self.hello or {}).get("epoch") if epoch is None else epoch

    @property
    def cursor(self) -> str | None:
        """The value for `since=`; `None` if only snapshots can restore the state."""
        return None if None in (self.n, self.run, self.epoch) else f"{self.run}.{self.epoch}.{self.n}"

    def tie(self, match: str) -> Frame | None:
        """The current two-legged tie of a match, in the shape of a snapshot's; `None` for other matches."""
        return tie_of(self.matches, match)


NOTHING = State()


def reduce(state: State, frame: Frame) -> State:
    """The state after a frame. Unknown kinds and replies to commands change nothing; a frame that lacks what its kind has is a
    `ValueError`."""
    check_shape(frame)
    kind = frame.get("kind")
    if kind == "hello":
        playback = frame["playback"]
        known = replace(state, hello=frame, playback=playback, head=frame["head"])
        if frame["resumed"] != "ok":
            return replace(known, n=None, tick=None, matches=NOTHING.matches, tables=NOTHING.tables)
        return _changed(known, lambda match: {**fixture_of(frame, match.id), "running": runs(match.clock, match.label, playback)})
    if kind == "playback":
        is_new_epoch = frame["epoch"] != state.epoch
        fields = {name: value for name, value in frame.items() if name != "kind"}
        playback = {"length": (state.playback or {}).get("length"), **fields}
        known = replace(state, playback=playback)
        if is_new_epoch:
            return replace(known, n=None, head=0, tick=None, matches=NOTHING.matches, tables=NOTHING.tables)
        return _changed(known, lambda match: {"running": runs(match.clock, match.label, frame)})
    if kind == "snapshot":
        return _with_match(state, from_snapshot(frame, state.hello))
    if kind == "event":
        name, n = frame.get("match"), frame.get("n")
        if not isinstance(name, str) or not isinstance(frame.get("id"), str) or not isinstance(n, int) or isinstance(n, bool):
            return state
        before = state.matches.get(name) or from_snapshot({"match": name, "n": n - 1, "state": {}}, state.hello)
        return replace(_with_match(state, _apply_event(before, readable(frame), state.playback)), n=n)
    if kind == "tick":
        return _changed(replace(state, n=frame["n"], tick=frame), lambda match: of_tick(match, frame))
    if kind == "table":
        key = f"{frame['competition']} {frame.get('season') or ''}"
        return replace(state, tables=MappingProxyType({**state.tables, key: frame}))
    return state


def _with_match(state: State, match: Match) -> State:
    return replace(state, matches=MappingProxyType(_Matches({**state.matches, match.id: match})))


def _changed(state: State, change: Callable[[Match], dict[str, Any]]) -> State:
    """The state with the fields that `change(match)` names. A match in which none has another value stays the same object."""
    changed = {}
    for match in state.matches.values():
        fields = {name: value for name, value in change(match).items() if getattr(match, name) != value}
        if fields:
            changed[match.id] = replace(match, **fields)
    return replace(state, matches=MappingProxyType(_Matches({**state.matches, **changed}))) if changed else state


#: Key types that count in a state: a snapshot lists every such event in force.
_LISTED_TYPES = ("goal", "penalty_missed", "yellow_card", "second_yellow_card", "red_card", "substitution")

_BEFORE_HALF_TIME = ("scheduled", "first_half", "postponed")
#: These statuses do not say how far the match has come.
_INTERRUPTED = ("suspended", "abandoned")


def _apply_event(match: Match, event: Frame, playback: Frame | None) -> Match:
    known = match.told.latest(event["id"])
    before = known.event if known else None
    seq = event.get("seq")
    if (seq is not None and match.seq is not None and seq <= match.seq) or (before and _is_known(before, event)):
        return match
    if not event.get("score"):
        event = {**event, "score": _score_after(match.score, before, event)._asdict()}
    # A lost event was never counted.
    was = event.get("was")
    counted = before or (None if match.complete or (was or {}).get("type") in _LISTED_TYPES else was)
    is_late = seq is not None and seq < match.last_seq
    is_removal = event.get("op") == "remove"
    fields: dict[str, Any] = {}
    if counted and counted.get("op") != "remove":
        count(match, fields, counted, -1)
    if not is_removal:
        count(match, fields, event, 1)

    def now(name: str) -> Any:
        return fields.get(name, getattr(match, name))

    more = 0 if match.extra_time or not in_extra_time(event) else match.about.get("extra_time_substitutions") or 0
    if more and now("substitutions_left"):
        fields["substitutions_left"] = {side: now("substitutions_left")[side] + more for side in SIDES}
    # Positions follow a change of position, or a correction of one.
    for name, position in (event.get("positions") or {}).items():
        if name in now("players"):
            player = {key: value for key, value in now("players")[name].items() if key != "position"}
            fields["players"] = {**now("players"), name: player if position is None else {**player, "position": position}}
    status = (None if is_late else event.get("status")) or match.status
    period = event.get("period")
    is_over = status not in _BEFORE_HALF_TIME
    if status in _INTERRUPTED:
        is_over = match.first_half_over or (period or 0) > 1
    score = Score.of(event["score"])
    if not is_late:
        fields.update(clock_after({**event, "status": status}, match, playback))
        fields["shootout"] = Score.of(event["shootout"]) if event.get("shootout") else None
        if seq is not None:
            fields["last_seq"] = seq
        if score != match.event_score:
            fields["score"] = fields["event_score"] = score
    revisions = (*known.was, known.event) if known else ((was,) if was else ())
    happening = Happening(event["id"], event, revisions, is_removal)
    return replace(
        match,
        **fields,
        n=event["n"],
        status=status,
        extra_time=match.extra_time or in_extra_time(event),
        first_half_over=is_over,
        told=match.told.after(happening),
    )


def _is_known(before: Frame, event: Frame) -> bool:
    """Whether a revision is not newer than the known one."""
    rev, known = event.get("rev", 0) or 0, before.get("rev") or 0
    return rev < known or (rev == known and event.get("op") == before.get("op"))


def _score_after(score: Score, before: Frame | None, event: Frame) -> Score:
    """The score after an event that does not say it."""

    def goals(one: Frame | None, side: str) -> int:
        return 1 if one and one["type"] == "goal" and one.get("op") != "remove" and one.get("side") == side else 0

    return Score(*(getattr(score, side) + goals(event, side) - goals(before, side) for side in SIDES))
