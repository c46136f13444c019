"""Folds the frames of a stream into the state of every match, as `clients/js/touchline.js` does.

`reduce` is pure: the same frames give the same state, and a state once returned never changes. A client that folds a snapshot and
the events after it holds exactly the server's state.

A feed may have faults. Fields of events that have another type than the protocol's are left out, an event that is sent again
changes nothing, and one that comes late leaves the score and the status alone. Snapshots, and the scores of ticks, are the truth.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, NamedTuple

Frame = dict[str, Any]
SIDES = ("home", "away")


class Score(NamedTuple):
    """Equal to a pair: `match.score == (0, 1)`. As a text: `0-1`."""

    home: int
    away: int

    def __str__(self) -> str:
        return f"{self.home}-{self.away}"


class Happening(NamedTuple):
    """An event in its last revision, with those before it."""

    id: str
    event: Frame
    was: tuple[Frame, ...]
    removed: bool


@dataclass(frozen=True)
class Match:
    id: str
    home: Frame
    away: Frame
    competition: str | None
    #: The scheduled kick-off, RFC 3339.
    kickoff: str | None
    #: The number of the last event in the snapshot, and of the last event of the match.
    base: int
    n: int
    seq: int | None
    last_seq: int
    status: str
    score: Score
    #: The score of the last event. A feed may be wrong about it for long, so only its changes count against that of a tick.
    event_score: Score
    first_half_over: bool
    first_half_score: Score
    #: Once the shoot-out has begun.
    shootout: Score | None
    #: As in the snapshot; `State.tie` gives the current one.
    tie: Frame | None
    #: Competition, season, round, venue, officials.
    about: Frame
    sheets: Frame
    players: Mapping[str, Frame]
    staff: Mapping[str, Frame]
    substitutions_left: Mapping[str, int] | None
    concussion_substitutions_left: Mapping[str, int] | None
    extra_time: bool
    statistics: Mapping[str, Mapping[str, Any]]
    #: Whether `happenings` holds every event, not only the important ones that stand.
    complete: bool
    #: What a scoreboard shows, as of the last tick or event: `89:07`, `89`; `None` until one follows the snapshot.
    clock: str | None = None
    label: str | None = None
    #: 1 to 5 in play, else `None`.
    period: int | None = None
    #: The minutes of stoppage time that are announced for the period.
    announced: int | None = None
    running: bool = False
    #: The events since the snapshot.
    told: tuple[Frame, ...] = ()
    _happenings: Mapping[str, Happening] = field(default_factory=dict, repr=False)

    @property
    def happenings(self) -> list[Happening]:
        """The events in the order of their first reports."""
        return list(self._happenings.values())

    @property
    def last(self) -> Frame | None:
        """The last event that changed the match since the snapshot."""
        return self.told[-1] if self.told else None

    def last_standing(self, kind: str) -> Frame | None:
        """The last event of a type that was not removed."""
        return next((h.event for h in reversed(self.happenings) if not h.removed and h.event["type"] == kind), None)

    def lineup(self, side: str) -> dict[str, Any]:
        """The line-up of a side: the players `on`, on the `bench`, `off` and `sent_off`; `formation` and `coach` where known."""
        lists: dict[str, Any] = {"on": [], "bench": [], "off": [], "sent_off": []}
        for player in self.players.values():
            if player["side"] == side:
                name, more = _list_of(player)
                lists[name].append({**player, **more})
        staff = [
            {**{k: v for k, v in one.items() if k not in ("side", "was_sent_off")}, **({"sent_off": True} if one["was_sent_off"] > 0 else {})}
            for one in self.staff.values()
            if one["side"] == side
        ]
        return {**self.sheets[side], **({"staff": staff} if staff else {}), **lists}


@dataclass(frozen=True)
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
    matches: Mapping[str, Match] = field(default_factory=lambda: MappingProxyType({}))
    #: By competition and season.
    tables: Mapping[str, Frame] = field(default_factory=lambda: MappingProxyType({}))

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
        return None if self.n is None else f"{self.run}.{self.epoch}.{self.n}"

    def tie(self, match: str) -> Frame | None:
        """The current two-legged tie of a match, in the shape of a snapshot's; `None` for other matches."""
        return _tie_of(self, match)


NOTHING = State()


def reduce(state: State, frame: Frame) -> State:
    """The state after a frame. Unknown kinds and replies to commands change nothing."""
    kind = frame.get("kind")
    if kind == "hello":
        playback = frame["playback"]
        known = replace(state, hello=frame, playback=playback, head=frame["head"])
        if frame["resumed"] != "ok":
            return replace(known, n=None, tick=None, matches=NOTHING.matches, tables=NOTHING.tables)
        return _changed(known, lambda match: {**_fixture_of(frame, match.id), "running": _runs(match.clock, match.label, playback)})
    if kind == "playback":
        is_new_epoch = frame["epoch"] != state.epoch
        fields = {name: value for name, value in frame.items() if name != "kind"}
        playback = {"length": (state.playback or {}).get("length"), **fields}
        known = replace(state, playback=playback)
        if is_new_epoch:
            return replace(known, n=None, head=0, tick=None, matches=NOTHING.matches, tables=NOTHING.tables)
        return _changed(known, lambda match: {"running": _runs(match.clock, match.label, frame)})
    if kind == "snapshot":
        return _with_match(state, _from_snapshot(frame, state.hello))
    if kind == "event":
        name, n = frame.get("match"), frame.get("n")
        if not isinstance(name, str) or not isinstance(frame.get("id"), str) or not isinstance(n, int) or isinstance(n, bool):
            return state
        before = state.matches.get(name) or _from_snapshot({"match": name, "n": n - 1, "state": {}}, state.hello)
        return replace(_with_match(state, _apply_event(before, _readable(frame), state.playback)), n=n)
    if kind == "tick":
        return _changed(replace(state, n=frame["n"], tick=frame), lambda match: _of_tick(match, frame))
    if kind == "table":
        key = f"{frame['competition']} {frame.get('season') or ''}"
        return replace(state, tables=MappingProxyType({**state.tables, key: frame}))
    return state


def _with_match(state: State, match: Match) -> State:
    return replace(state, matches=MappingProxyType({**state.matches, match.id: match}))


def _changed(state: State, change: Any) -> State:
    """The state with the fields that `change(match)` names. A match in which none has another value stays the same object."""
    changed = {}
    for match in state.matches.values():
        fields = {name: value for name, value in change(match).items() if getattr(match, name) != value}
        if fields:
            changed[match.id] = replace(match, **fields)
    return replace(state, matches=MappingProxyType({**state.matches, **changed})) if changed else state


# Events of a feed with faults.


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _is_score(value: Any) -> bool:
    return isinstance(value, dict) and _is_number(value.get("home")) and _is_number(value.get("away"))


def _is_person(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("id"), str) and isinstance(value.get("name", ""), str)


_PEOPLE = ("player", "assist", "in", "out", "fouled", "recipient", "opponent")
_NUMBERS = ("seq", "rev", "at", "period", "minutes", "delay", "xg")
_TEXTS = ("op", "status", "clock", "clock_status", "label", "text", "reason", "outcome", "situation", "body_part", "position", "question", "about")
#: The types of an event's fields. All but `type` may be missing or null.
_FIELD_TYPES = {
    "side": lambda value: isinstance(value, str) and value in SIDES,
    "score": _is_score,
    "shootout": _is_score,
    "positions": _is_object,
    "was": _is_object,
    **dict.fromkeys(_PEOPLE, _is_person),
    **dict.fromkeys(_NUMBERS, _is_number),
    **dict.fromkeys(_TEXTS, _is_text),
}


def _readable(event: Frame) -> Frame:
    """An event without the fields that have another type than the protocol's; the same object if it has none."""
    wrong = [name for name, is_right in _FIELD_TYPES.items() if event.get(name) is not None and not is_right(event[name])]
    copy = {name: value for name, value in event.items() if name not in wrong} if wrong else event
    if not isinstance(copy.get("type"), str):
        copy = {**copy, "type": "unknown"}
    if copy.get("was"):
        was = _readable(copy["was"])
        if was is not copy["was"]:
            copy = {**copy, "was": was}
    return copy


#: Key types that count in a state: a snapshot lists every such event in force.
_LISTED_TYPES = ("goal", "penalty_missed", "yellow_card", "second_yellow_card", "red_card", "substitution")

# One match.

_BEFORE_HALF_TIME = ("scheduled", "first_half", "postponed")
#: These statuses do not say how far the match has come.
_INTERRUPTED = ("suspended", "abandoned")
_CARDS = ("yellow_card", "red_card", "second_yellow_card")


def _score(value: Frame) -> Score:
    return Score(value["home"], value["away"])


def _from_snapshot(frame: Frame, hello: Frame | None) -> Match:
    state = frame["state"]
    score = _score(state["score"]) if state.get("score") else Score(0, 0)
    half_time, played = state.get("half_time"), state.get("played")
    lineups = state.get("lineups") or {}
    return Match(
        id=frame["match"],
        **_fixture_of(hello, frame["match"]),
        base=frame["n"],
        n=frame["n"],
        seq=frame.get("seq"),
        last_seq=frame.get("seq") or 0,
        status=state.get("status") or "scheduled",
        score=score,
        event_score=score,
        first_half_over=bool(half_time),
        first_half_score=_score(half_time or played) if half_time or played else score,
        shootout=_score(state["shootout"]) if state.get("shootout") else None,
        tie=state.get("tie"),
        about=state.get("match") or {},
        sheets={side: {name: lineups[side][name] for name in ("formation", "coach") if name in lineups.get(side, {})} for side in SIDES},
        players=dict(entry for side in SIDES for entry in _players(side, lineups.get(side, {}))),
        staff={
            one["id"]: {
                **{name: value for name, value in one.items() if name not in ("sent_off", "moves")},
                "side": side,
                "yellow_cards": one.get("yellow_cards", 0),
                "was_sent_off": one.get("moves", {}).get("sent_off", 1 if one.get("sent_off") else 0),
            }
            for side in SIDES
            for one in lineups.get(side, {}).get("staff", [])
        },
        substitutions_left=state.get("substitutions_left"),
        concussion_substitutions_left=state.get("concussion_substitutions_left"),
        extra_time=state.get("extra_time") is True,
        statistics={side: (state.get("statistics") or {}).get(side, {}) for side in SIDES},
        complete=frame["n"] == 0,
        _happenings={event["id"]: Happening(event["id"], event, (), False) for event in state.get("events", [])},
    )


def _fixture_of(hello: Frame | None, name: str) -> Frame:
    """What hello says of a match. No hello has named the teams of matches to which a connection has subscribed by a command."""
    known: Frame = next((match for match in (hello or {}).get("matches", []) if match["id"] == name), {})
    teams = {side: known.get(side) or {"id": side, "name": side, "short": side, "colours": []} for side in SIDES}
    return {**teams, "competition": known.get("competition"), "kickoff": known.get("kickoff")}


def _players(side: str, lineup: Frame) -> Iterable[tuple[str, Frame]]:
    for name in ("on", "off", "sent_off", "bench"):
        for player in lineup.get(name, []):
            moves = player.get("moves", {})
            is_away = bool(player.get("temporary"))
            place = player.get("from", name)
            yield (
                player["id"],
                {
                    **{key: value for key, value in player.items() if key not in ("from", "temporary", "moves")},
                    **{count: player.get(count, 0) for count in ("yellow_cards", "goals", "own_goals")},
                    "side": side,
                    # These are counts, so that a correction can subtract its share in any order.
                    "came_on": moves.get("came_on", 0 if place == "bench" else 1),
                    "went_off": moves.get("went_off", 1 if place == "off" or is_away else 0),
                    "was_away": moves.get("away", 1 if is_away else 0),
                    "was_sent_off": moves.get("sent_off", 1 if name == "sent_off" else 0),
                },
            )


def _apply_event(match: Match, event: Frame, playback: Frame | None) -> Match:
    known = match._happenings.get(event["id"])
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
        _count(match, fields, counted, -1)
    if not is_removal:
        _count(match, fields, event, 1)

    def now(name: str) -> Any:
        return fields.get(name, getattr(match, name))

    more = 0 if match.extra_time or not _in_extra_time(event) else match.about.get("extra_time_substitutions") or 0
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
    score = _score(event["score"])
    if not is_late:
        fields.update(_clock_after({**event, "status": status}, match, playback))
        fields["shootout"] = _score(event["shootout"]) if event.get("shootout") else None
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
        extra_time=match.extra_time or _in_extra_time(event),
        first_half_over=is_over,
        told=(*match.told, event),
        _happenings={**match._happenings, event["id"]: happening},
    )


# The clock of a scoreboard, of which a snapshot says nothing.

_PERIODS = {"first_half": 1, "second_half": 2, "extra_first_half": 3, "extra_second_half": 4, "shootout": 5}
#: What a scoreboard shows in place of the minute.
_BREAK_LABELS = {
    "scheduled": "pre", "half_time": "HT", "extra_time_break": "ET", "extra_half_time": "ET", "shootout_break": "PEN",
    "full_time": "FT", "suspended": "susp", "abandoned": "abd", "postponed": "ppd",
}  # fmt: skip
_FINAL_LABELS = ("FT", "abd", "ppd")


def _runs(clock: str | None, label: str | None, playback: Frame | None) -> bool:
    """Whether the clock of a match runs."""
    return (playback or {}).get("state") == "playing" and clock is not None and label not in _FINAL_LABELS


def _of_tick(match: Match, tick: Frame) -> dict[str, Any]:
    """What a tick says of a match: the clock, and the score, as a feed may have lost a goal."""
    now = tick.get("matches", {}).get(match.id)
    if not now or match.n > tick["n"]:
        return {}
    return {
        "score": _score(now["score"]) if _is_score(now.get("score")) else match.score,
        **{name: now.get(name) for name in ("period", "clock", "label", "announced")},
        "running": now.get("running", False),
    }


def _clock_after(event: Frame, match: Match, playback: Frame | None) -> dict[str, Any]:
    """The clock after an event. `match` is that before it."""

    def after(clock: str | None, period: int | None, label: str | None, announced: int | None) -> dict[str, Any]:
        return {"clock": clock, "period": period, "label": label, "announced": announced, "running": _runs(clock, label, playback)}

    status, period, clock = event["status"], event.get("period"), event.get("clock")
    current = _PERIODS.get(status)
    if current is None:
        # Before the match the clock counts down to a kick-off that may be delayed, which ticks know.
        if status == "scheduled":
            return after(match.clock, None, _BREAK_LABELS["scheduled"], None)
        is_of_break = "period" in event and period is None and (event.get("clock_status") or status) == status and "told" not in event
        label = _BREAK_LABELS.get(status)
        # The clock of a break starts at the whistle.
        return after(clock if is_of_break else match.clock if label == match.label else "00:00", None, label, None)
    # An event that was reported later happened at another time than now.
    if "told" in event or period != current or "clock" not in event:
        return {}
    if event["type"] == "added_time":
        announced = None if event.get("op") == "remove" else event.get("minutes")
    else:
        announced = match.announced if current == match.period else None
    return after(clock, period, event.get("label"), announced)


def _is_known(before: Frame, event: Frame) -> bool:
    """Whether a revision is not newer than the known one."""
    rev, known = event.get("rev", 0) or 0, before.get("rev") or 0
    return rev < known or (rev == known and event.get("op") == before.get("op"))


def _score_after(score: Score, before: Frame | None, event: Frame) -> Score:
    """The score after an event that does not say it."""

    def goals(one: Frame | None, side: str) -> int:
        return 1 if one and one["type"] == "goal" and one.get("op") != "remove" and one.get("side") == side else 0

    return Score(*(getattr(score, side) + goals(event, side) - goals(before, side) for side in SIDES))


def _count(match: Match, fields: dict[str, Any], event: Frame, sign: int) -> None:
    """Counts the contribution of an event into `fields`; `sign` is -1 where the event is taken back."""
    side, kind = event.get("side"), event["type"]
    if side not in SIDES:
        return

    def now(name: str) -> Any:
        return fields.get(name, getattr(match, name))

    def add(about: Any, count: str, times: int = sign) -> None:
        name = (about or {}).get("id")
        for group in ("players", "staff"):
            one = now(group).get(name)
            if one and (group == "players" or kind in _CARDS):
                fields[group] = {**now(group), name: {**one, count: one[count] + times}}

    if kind == "goal" and event.get("period") == 1:
        fields["first_half_score"] = now("first_half_score")._replace(**{side: getattr(now("first_half_score"), side) + sign})
    player = event.get("player")
    if kind == "goal":
        add(player, "own_goals" if event.get("own_goal") else "goals")
    elif kind == "yellow_card":
        add(player, "yellow_cards")
    elif kind == "second_yellow_card":
        add(player, "yellow_cards")
        add(player, "was_sent_off")
    elif kind == "red_card":
        add(player, "was_sent_off")
    elif kind == "substitution":
        # A substitution that does not name the player who goes off brings no player on.
        if event.get("out"):
            add(event.get("in"), "came_on")
        add(event.get("out"), "went_off")
        fields.update(_substitutions_after(now("substitutions_left"), now("concussion_substitutions_left"), event, side, sign))
    elif kind == "player_off":
        add(player, "went_off")
        add(player, "was_away")
    elif kind == "player_on":
        add(player, "came_on")
        add(player, "was_away", -sign)
    counts = dict(now("statistics")[side])
    for name in _statistics_of(event):
        counts[name] = (counts.get(name) or 0) + sign
    expected = _expected_goals(event)
    if expected:
        counts["xg"] = math.floor(10_000 * (counts.get("xg") or 0) + sign * expected + 0.5) / 10_000
    statistics = {**now("statistics"), side: counts}
    fields["statistics"] = _with_derived(statistics) if expected or kind in _PASS_TYPES else statistics


def _substitutions_after(left: Any, concussion: Any, event: Frame, side: str, sign: int) -> dict[str, Any]:
    """The substitutions left after one more, or one less."""
    period, status = event.get("period"), event.get("status")
    is_before_kickoff = "period" in event and period is None and (event.get("clock_status") or status) == "scheduled"
    if not left or is_before_kickoff:
        return {}
    if concussion and event.get("reason") == "concussion":
        # A concussion substitution gives the other side one more.
        other = "away" if side == "home" else "home"
        return {
            "concussion_substitutions_left": {**concussion, side: concussion[side] - sign},
            "substitutions_left": {**left, other: left[other] + sign},
        }
    return {"substitutions_left": {**left, side: left[side] - sign}}


def _in_extra_time(event: Frame) -> bool:
    """Whether an event belongs to extra time, or to the break before it."""
    of_extra_time = ("extra_time_break", "extra_first_half", "extra_half_time", "extra_second_half")
    return event.get("period") in (3, 4) or event.get("status") in of_extra_time


_SHOT_STATISTICS = {
    "saved": ("shots", "shots_on_target"),
    "saved_woodwork": ("shots", "shots_on_target", "woodwork"),
    "woodwork": ("shots", "woodwork"),
    "blocked": ("shots", "shots_blocked"),
    "off_target": ("shots", "shots_off_target"),
}
_STATISTICS = {
    "save": ("saves",),
    "corner": ("corners",),
    "offside": ("offsides",),
    "foul": ("fouls",),
    "yellow_card": ("yellow_cards",),
    "second_yellow_card": ("red_cards",),
    "red_card": ("red_cards",),
    "substitution": ("substitutions",),
}
_PASS_TYPES = ("pass", "cross")
#: The outcomes of a completed pass; a pass without an outcome is completed too.
_COMPLETED_OUTCOMES = ("accurate", "complete", "completed", "success", "successful")


def _statistics_of(event: Frame) -> tuple[str, ...]:
    """The statistics of its side that an event counts in."""
    kind, outcome = event["type"], event.get("outcome")
    if kind == "goal":
        return () if event.get("own_goal") else ("shots", "shots_on_target")
    if kind in _PASS_TYPES:
        return ("passes", "passes_completed") if (outcome or "complete").lower() in _COMPLETED_OUTCOMES else ("passes",)
    if kind in ("shot", "penalty_missed"):
        return _SHOT_STATISTICS.get(outcome or "", ("shots",))
    return _STATISTICS.get(kind, ())


def _expected_goals(event: Frame) -> int:
    """The expected goals of an attempt in ten-thousandths, as the server sums them; 0 for other events."""
    xg = event.get("xg")
    if event["type"] not in ("goal", "shot", "penalty_missed") or event.get("own_goal") or not xg:
        return 0
    try:
        single: float = struct.unpack("<f", struct.pack("<f", xg))[0]
    except OverflowError:
        return 0
    return math.floor(10_000 * single + 0.5)


def _with_derived(statistics: Frame) -> Frame:
    """Adds the statistics that depend on both sides: `None` while no pass, or no attempt with expected goals, stands."""

    def of(side: str, name: str) -> Any:
        return statistics[side].get(name) or 0

    passes, xg = (sum(of(side, name) for side in SIDES) for name in ("passes", "xg"))
    home = (200 * of("home", "passes") + passes) // (2 * passes) if passes else None
    possession = {"home": home, "away": None if home is None else 100 - home}
    return {
        side: {
            **statistics[side],
            "passes": of(side, "passes") if passes else None,
            "passes_completed": of(side, "passes_completed") if passes else None,
            "possession": possession[side],
            "xg": of(side, "xg") if xg else None,
        }
        for side in SIDES
    }


def _list_of(player: Frame) -> tuple[str, Frame]:
    is_in_play = player["came_on"] > player["went_off"]
    is_away = not is_in_play and player["was_away"] > 0 and player["came_on"] + player["was_away"] > player["went_off"]
    temporary: Frame = {"temporary": True} if is_away else {}
    place = "off" if player["went_off"] > 0 else "bench"
    if player["was_sent_off"] > 0:
        return "sent_off", temporary or ({} if is_in_play else {"from": place})
    return ("on" if is_in_play else place), temporary


def _tie_of(state: State, name: str) -> Frame | None:
    match = state.matches.get(name)
    if not match or not match.tie:
        return None
    tie = match.tie
    other = state.matches.get(tie["other"]["match"] or "")
    score = Score(other.score.away, other.score.home) if other else _score(tie["other"]["score"])
    aggregate = Score(match.score.home + score.home, match.score.away + score.away)
    second = match if tie["leg"] == 2 else other
    winner = tie["winner"]
    if second:
        winner = None
        if second.status == "full_time" or second.last_standing("awarded"):
            kicks = second.shootout
            if kicks and tie["leg"] != 2:
                kicks = Score(kicks.away, kicks.home)
            # The home team played away in the other leg.
            away_goals = Score(score.home, match.score.away) if tie["away_goals"] else None
            winner = _leader(aggregate) or _leader(away_goals) or _leader(kicks)
    return {**tie, "other": {**tie["other"], "score": score._asdict()}, "aggregate": aggregate._asdict(), "winner": winner}


def _leader(goals: Score | None) -> str | None:
    if goals is None or goals.home == goals.away:
        return None
    return "home" if goals.home > goals.away else "away"
