"""Line-ups: from a snapshot, and as they are now."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ._score import Frame


def lineup(players: Iterable[Frame], staff: Iterable[Frame], sheet: Frame, side: str) -> dict[str, Any]:
    lists: dict[str, Any] = {"on": [], "bench": [], "off": [], "sent_off": []}
    for player in players:
        if player["side"] == side:
            name, more = _list_of(player)
            lists[name].append({**player, **more})
    listed = [
        {**{k: v for k, v in one.items() if k not in ("side", "was_sent_off")}, **({"sent_off": True} if one["was_sent_off"] > 0 else {})}
        for one in staff
        if one["side"] == side
    ]
    return {**sheet, **({"staff": listed} if listed else {}), **lists}


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
