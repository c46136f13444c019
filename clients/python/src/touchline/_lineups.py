"""Line-ups, and two-legged ties."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ._score import Frame, Score

if TYPE_CHECKING:
    from ._fold import State
    from ._match import Match


def lineup(match: Match, side: str) -> dict[str, Any]:
    lists: dict[str, Any] = {"on": [], "bench": [], "off": [], "sent_off": []}
    for player in match.players.values():
        if player["side"] == side:
            name, more = _list_of(player)
            lists[name].append({**player, **more})
    staff = [
        {**{k: v for k, v in one.items() if k not in ("side", "was_sent_off")}, **({"sent_off": True} if one["was_sent_off"] > 0 else {})}
        for one in match.staff.values()
        if one["side"] == side
    ]
    return {**match.sheets[side], **({"staff": staff} if staff else {}), **lists}


def players_of(side: str, lineup: Frame) -> Iterable[tuple[str, Frame]]:
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


def staff_of(side: str, lineup: Frame) -> Iterable[tuple[str, Frame]]:
    for one in lineup.get("staff", []):
        yield (
            one["id"],
            {
                **{name: value for name, value in one.items() if name not in ("sent_off", "moves")},
                "side": side,
                "yellow_cards": one.get("yellow_cards", 0),
                "was_sent_off": one.get("moves", {}).get("sent_off", 1 if one.get("sent_off") else 0),
            },
        )


def _list_of(player: Frame) -> tuple[str, Frame]:
    is_in_play = player["came_on"] > player["went_off"]
    is_away = not is_in_play and player["was_away"] > 0 and player["came_on"] + player["was_away"] > player["went_off"]
    temporary: Frame = {"temporary": True} if is_away else {}
    place = "off" if player["went_off"] > 0 else "bench"
    if player["was_sent_off"] > 0:
        return "sent_off", temporary or ({} if is_in_play else {"from": place})
    return ("on" if is_in_play else place), temporary


def tie_of(state: State, name: str) -> Frame | None:
    match = state.matches.get(name)
    if not match or not match.tie:
        return None
    tie = match.tie
    other = state.matches.get(tie["other"]["match"] or "")
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
