"""What a subscription does beside folding, and how its connection is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ._fold import State
from ._score import Frame


@dataclass(frozen=True)
class Connection:
    """`connecting`, `live`, `lost` (it is tried again), `refused`, `over` or `closed`; the last three are final."""

    state: str
    reason: str = ""
    #: How often it was tried since it last brought anything new.
    attempt: int = 0
    #: Of `live` after a resumed connection: the number of events that were missed, and follow.
    caught_up: int | None = None

    def __str__(self) -> str:
        return f"{self.state}: {self.reason}" if self.reason else self.state


@dataclass(frozen=True)
class Options:
    """What a subscription does beside folding.

    `change(state)` is called after each change of the state, `frame(frame, state)` after each frame, and `connection(connection)`
    when the connection changes. With `ack` each event is acknowledged once `change` has returned, and in an event loop once the
    awaitable is done that it may return. With `shows` the score of each match is reported as shown once `change` has returned.
    """

    change: Callable[[State], object] | None = None
    frame: Callable[[Frame, State], object] | None = None
    connection: Callable[[Connection], object] | None = None
    ack: bool = False
    shows: bool = False
