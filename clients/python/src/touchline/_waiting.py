"""Waits for a state."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ._fold import State
from ._score import Frame

__tracebackhide__ = True


class Waiter:
    """Waits for a state of which a predicate is true."""

    def __init__(self, predicate: Callable[[State], object]):
        self._predicate = predicate
        self.missing: Exception | None = None
        self.future: asyncio.Future[State] = asyncio.get_running_loop().create_future()

    def check(self, state: State) -> None:
        if self.future.done():
            return
        try:
            if self._predicate(state):
                self.future.set_result(state)
            self.missing = None
        except (LookupError, StopIteration) as error:
            # At the start of an epoch there is no match until its snapshot. `next` finds none then.
            self.missing = error
        except BaseException as error:
            # `pytest.fail` too.
            self.future.set_exception(error)

    def fail(self, error: BaseException) -> None:
        if not self.future.done():
            self.future.set_exception(error.with_traceback(None))


def holds(state: State, answer: Frame) -> bool:
    """Whether a state holds all that a step, a seek or a restart has sent."""
    after = answer["playback"]
    if state.epoch is None or state.playback is None or state.hello is None or state.n is None:
        return False
    if state.epoch != after["epoch"]:
        return bool(state.epoch > after["epoch"])
    if "to" not in answer:
        return True
    if state.n < answer["to"] or state.playback["version"] < after["version"]:
        return False
    # The tick comes last; a connection that resumes after the step is sent none.
    has_resumed = state.hello["resumed"] == "ok" and state.hello["playback"]["version"] >= after["version"]
    return has_resumed or (state.tick is not None and state.tick["at"] >= after["at"])
