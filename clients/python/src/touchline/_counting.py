"""What an event counts: of its players, and in the statistics of its side."""

from __future__ import annotations

import math
import struct
from typing import Any

from ._match import Match
from ._score import SIDES, Frame

_CARDS = ("yellow_card", "red_card", "second_yellow_card")


def count(match: Match, fields: dict[str, Any], event: Frame, sign: int) -> None:
    """Counts the contribution of an event into `fields`; `sign` is -1 where the event is taken back."""
    side, kind = event.get("side"), event["type"]
    if side not in SIDES:
        return

    def now(name: str) -> Any:
        return fields.get(name, getattr(match, name))

    def add(about: Any, counted: str, times: int = sign) -> None:
        name = (about or {}).get("id")
        for group in ("players", "staff"):
            one = now(group).get(name)
            if one and (group == "players" or kind in _CARDS):
                fields[group] = {**now(group), name: {**one, counted: one[counted] + times}}

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


def in_extra_time(event: Frame) -> bool:
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
