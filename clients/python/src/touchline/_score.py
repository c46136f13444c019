"""Scores, and the two sides."""

from __future__ import annotations

from typing import Any, NamedTuple

Frame = dict[str, Any]
SIDES = ("home", "away")


class Score(NamedTuple):
    """Equal to a pair: `match.score == (0, 1)`. As a text: `0-1`."""

    home: int
    away: int

    @classmethod
    def of(cls, value: Frame) -> Score:
        return cls(value["home"], value["away"])

    def __str__(self) -> str:
        return f"{self.home}-{self.away}"
