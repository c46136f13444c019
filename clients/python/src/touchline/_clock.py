"""The clock of a scoreboard, of which a snapshot says nothing."""

from __future__ import annotations

from typing import Any

from ._match import Match
from ._readable import is_score
from ._score import Frame, Score

_PERIODS = {"first_half": 1, "second_half": 2, "extra_first_half": 3, "extra_second_half": 4, "shootout": 5}
#: What a scoreboard shows in place of the minute.
_BREAK_LABELS = {
    "scheduled": "pre", "half_time": "HT", "extra_time_break": "ET", "extra_half_time": "ET", "shootout_break": "PEN",
    "full_time": "FT", "suspended": "susp", "abandoned": "abd", "postponed": "ppd",
}  # fmt: skip
_FINAL_LABELS = ("FT", "abd", "ppd")


def runs(clock: str | None, label: str | None, playback: Frame | None) -> bool:
    """Whether the clock of a match runs."""
    return (playback or {}).get("state") == "playing" and clock is not None and label not in _FINAL_LABELS


def of_tick(match: Match, tick: Frame) -> dict[str, Any]:
    """What a tick says of a match: the clock, and the score, as a feed may have lost a goal."""
    now = tick.get("matches", {}).get(match.id)
    if not now or match.n > tick["n"]:
        return {}
    return {
        "score": Score.of(now["score"]) if is_score(now.get("score")) else match.score,
        **{name: now.get(name) for name in ("period", "clock", "label", "announced")},
        "running": now.get("running", False),
    }


def clock_after(event: Frame, match: Match, playback: Frame | None) -> dict[str, Any]:
    """The clock after an event. `match` is that before it."""

    def after(clock: str | None, period: int | None, label: str | None, announced: int | None) -> dict[str, Any]:
        return {"clock": clock, "period": period, "label": label, "announced": announced, "running": runs(clock, label, playback)}

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
