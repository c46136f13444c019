"""Two-legged ties."""

from __future__ import annotations

from collections.abc import Mapping

from ._match import Match
from ._score import Frame, Score


def tie_of(matches: Mapping[str, Match], name: str) -> Frame | None:
    match = matches.get(name)
    if not match or not match.tie:
        return None
    tie = match.tie
    other = matches.get(tie["other"]["match"] or "")
    score = Score(other.score.away, other.score.home) if other else Score.of(tie["other"]["score"])
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
