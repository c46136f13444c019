"""What can be read of a frame: a feed may have faults, and a link may corrupt what it carries."""

from __future__ import annotations

import math
from typing import Any

from ._score import SIDES, Frame

#: What the fold takes of each kind of frame. Events are judged field by field, as feeds have faults.
_REQUIRED: dict[str, dict[str, type]] = {
    "hello": {"run": str, "epoch": int, "head": int, "playback": dict, "matches": list},
    "playback": {"epoch": int, "version": int},
    "snapshot": {"match": str, "n": int, "state": dict},
    "tick": {"n": int, "at": int, "matches": dict},
    "table": {"competition": str},
}


def check_shape(frame: Frame) -> None:
    """Raises `ValueError` for a frame that the fold cannot take."""
    kind = frame.get("kind")
    for name, wanted in _REQUIRED.get(kind, {}).items() if isinstance(kind, str) else ():
        value = frame.get(name)
        if not isinstance(value, wanted) or isinstance(value, bool):
            raise ValueError(f"{kind} without a readable {name!r}")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def is_score(value: Any) -> bool:
    return isinstance(value, dict) and _is_number(value.get("home")) and _is_number(value.get("away"))


def _is_person(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("id"), str) and isinstance(value.get("name", ""), str)


_PEOPLE = ("player", "assist", "in", "out", "fouled", "recipient", "opponent")
_NUMBERS = ("seq", "rev", "at", "period", "minutes", "delay", "xg")
_TEXTS = ("op", "status", "clock", "clock_status", "label", "text", "reason", "outcome", "situation", "body_part", "position", "question", "about")
#: The types of an event's fields. All but `type` may be missing or null.
_FIELD_TYPES = {
    "side": lambda value: isinstance(value, str) and value in SIDES,
    "score": is_score,
    "shootout": is_score,
    "positions": _is_object,
    "was": _is_object,
    **dict.fromkeys(_PEOPLE, _is_person),
    **dict.fromkeys(_NUMBERS, _is_number),
    **dict.fromkeys(_TEXTS, _is_text),
}


def readable(event: Frame) -> Frame:
    """An event without the fields that have another type than the protocol's; the same object if it has none."""
    wrong = [name for name, is_right in _FIELD_TYPES.items() if event.get(name) is not None and not is_right(event[name])]
    copy = {name: value for name, value in event.items() if name not in wrong} if wrong else event
    if not isinstance(copy.get("type"), str):
        copy = {**copy, "type": "unknown"}
    if copy.get("was"):
        was = readable(copy["was"])
        if was is not copy["was"]:
            copy = {**copy, "was": was}
    return copy
