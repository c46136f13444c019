"""The events of a match, in a form that costs each new state little."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, overload

from ._score import Frame


class Happening(NamedTuple):
    """An event in its last revision, with those before it."""

    id: str
    event: Frame
    was: tuple[Frame, ...]
    removed: bool


class _Log:
    def __init__(self, start: Iterable[tuple[str, list[tuple[int, Happening]]]], events: list[Frame]):
        #: By their ids, in the order of their first reports: each revision, and how many events there were with it.
        self.revisions = dict(start)
        self.events = events


class History(Sequence[Frame]):
    """The events since a snapshot. States share one log, of which each knows how much it holds; a state that is continued a second
    time copies it."""

    __slots__ = ("_length", "_log")

    def __init__(self, log: _Log, length: int):
        self._log = log
        self._length = length

    @classmethod
    def of(cls, events: Iterable[Frame] = ()) -> History:
        """That of a snapshot with these events."""
        return cls(_Log(((event["id"], [(0, Happening(event["id"], event, (), False))]) for event in events), []), 0)

    def after(self, happening: Happening) -> History:
        log, length = self._log, self._length
        if len(log.events) > length:
            held = ((name, [one for one in revisions if one[0] <= length]) for name, revisions in list(log.revisions.items()))
            log = _Log((one for one in held if one[1]), log.events[:length])
        log.revisions.setdefault(happening.id, []).append((length + 1, happening))
        log.events.append(happening.event)
        return History(log, length + 1)

    def latest(self, name: str) -> Happening | None:
        """An event in its last known revision."""
        return next((one for length, one in reversed(self._log.revisions.get(name, [])) if length <= self._length), None)

    @property
    def happenings(self) -> list[Happening]:
        latest = (self.latest(name) for name in list(self._log.revisions))
        return [one for one in latest if one]

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> Frame: ...
    @overload
    def __getitem__(self, index: slice) -> list[Frame]: ...
    def __getitem__(self, index: int | slice) -> Frame | list[Frame]:
        if isinstance(index, slice):
            return self._log.events[: self._length][index]
        if not -self._length <= index < self._length:
            raise IndexError(f"there are {self._length} events, none at {index}")
        return self._log.events[index % self._length]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, History) and self[:] == other[:] and self.happenings == other.happenings

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<{self._length} events>"
