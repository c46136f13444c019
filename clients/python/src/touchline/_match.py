"""The state of one match, and how it begins: with a snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ._history import Happening, History
from ._lineups import lineup, players_of, staff_of
from ._score import SIDES, Frame, Score


@dataclass(frozen=True, repr=False)
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
    told: History = field(default_factory=History.of)

    def __repr__(self) -> str:
        return f"<Match {self.id} {self.status} {self.score}{f' {self.clock}' if self.clock else ''}>"

    @property
    def happenings(self) -> list[Happening]:
        """The events in the order of their first reports."""
        return self.told.happenings

    @property
    def last(self) -> Frame | None:
        """The last event that changed the match since the snapshot."""
        return self.told[-1] if self.told else None

    def last_standing(self, kind: str) -> Frame | None:
        """The last event of a type that was not removed."""
        return next((h.event for h in reversed(self.happenings) if not h.removed and h.event["type"] == kind), None)

    def lineup(self, side: str) -> dict[str, Any]:
        """The line-up of a side: the players `on`, on the `bench`, `off` and `sent_off`; `formation` and `coach` where known."""
        return lineup(self.players.values(), self.staff.values(), self.sheets[side], side)


def from_snapshot(frame: Frame, hello: Frame | None) -> Match:
    state = frame["state"]
    score = Score.of(state["score"]) if state.get("score") else Score(0, 0)
    half_time, played = state.get("half_time"), state.get("played")
    lineups = state.get("lineups") or {}
    return Match(
        id=frame["match"],
        **fixture_of(hello, frame["match"]),
        base=frame["n"],
        n=frame["n"],
        seq=frame.get("seq"),
        last_seq=frame.get("seq") or 0,
        status=state.get("status") or "scheduled",
        score=score,
        event_score=score,
        first_half_over=bool(half_time),
        first_half_score=Score.of(half_time or played) if half_time or played else score,
        shootout=Score.of(state["shootout"]) if state.get("shootout") else None,
        tie=state.get("tie"),
        about=state.get("match") or {},
        sheets={side: {name: lineups[side][name] for name in ("formation", "coach") if name in lineups.get(side, {})} for side in SIDES},
        players=dict(entry for side in SIDES for entry in players_of(side, lineups.get(side, {}))),
        staff=dict(entry for side in SIDES for entry in staff_of(side, lineups.get(side, {}))),
        substitutions_left=state.get("substitutions_left"),
        concussion_substitutions_left=state.get("concussion_substitutions_left"),
        extra_time=state.get("extra_time") is True,
        statistics={side: (state.get("statistics") or {}).get(side, {}) for side in SIDES},
        complete=frame["n"] == 0,
        told=History.of(state.get("events", [])),
    )


def fixture_of(hello: Frame | None, name: str) -> Frame:
    """What hello says of a match. No hello has named the teams of matches to which a connection has subscribed by a command."""
    known: Frame = next((match for match in (hello or {}).get("matches", []) if match["id"] == name), {})
    teams = {side: known.get(side) or {"id": side, "name": side, "short": side, "colours": []} for side in SIDES}
    return {**teams, "competition": known.get("competition"), "kickoff": known.get("kickoff")}
