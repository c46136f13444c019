"""The commands of playback as methods."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from ._errors import TouchlineError

__tracebackhide__ = True

#: What a command returns: the answer, or a coroutine of it.
A = TypeVar("A")


class Controls(Generic[A]):
    """Each method gives the answer, a dict with `playback`, `now`, and what the command adds.

    `by` is shown to all subscribers; with `if_version` a command is refused if playback is at another version. After a step, a seek
    and a restart the subscriptions that were made by the same object hold what it has sent: with `caught_up=False` it does not wait
    for them.

    A step is a barrier: it returns when every subscriber has been sent all of it. `wait_for=1` first waits until so many are
    connected, `acknowledged=True` also until each has acknowledged it, `timeout` in seconds limits all of this, to 5 without it.
    """

    def _control(self, name: str, fields: dict[str, Any], caught_up: bool = False) -> A:
        raise NotImplementedError

    def play(self, *, by: str | None = None, if_version: int | None = None) -> A:
        """Plays on; after the end from the beginning."""
        return self._control("play", {"by": by, "if_version": if_version})

    def pause(self, *, by: str | None = None, if_version: int | None = None) -> A:
        """Pauses where it is."""
        return self._control("pause", {"by": by, "if_version": if_version})

    def restart(self, *, caught_up: bool = True, by: str | None = None, if_version: int | None = None) -> A:
        """To the beginning, in a new epoch: everything that was sent is void then, and snapshots follow."""
        return self._control("restart", {"by": by, "if_version": if_version}, caught_up)

    def speed(self, to: float | str, *, by: str | None = None, if_version: int | None = None) -> A:
        """`60`, or `"max"`: as fast as clients read."""
        return self._control("speed", {"to": to, "by": by, "if_version": if_version})

    def pace(self, to: str, *, by: str | None = None, if_version: int | None = None) -> A:
        """Rules for the speed, such as `"highlights"`, or `"off"`."""
        return self._control("pace", {"to": to, "by": by, "if_version": if_version})

    def loop(self, to: bool = True, *, by: str | None = None, if_version: int | None = None) -> A:
        """Whether it begins again at its end."""
        return self._control("loop", {"to": to, "by": by, "if_version": if_version})

    def seek(
        self,
        to: str,
        *,
        match: str | None = None,
        lead: str | None = None,
        caught_up: bool = True,
        by: str | None = None,
        if_version: int | None = None,
    ) -> A:
        """To a position, forward or back, or `lead` before it: everything that was sent is void then, and snapshots follow."""
        return self._control("seek", {"to": to, "match": match, "lead": lead, "by": by, "if_version": if_version}, caught_up)

    def faults(self, plan: str, *, seed: int | None = None, by: str | None = None, if_version: int | None = None) -> A:
        """Replaces the plan of feed and link faults; `off` ends them."""
        return self._control("faults", {"to": plan, "seed": seed, "by": by, "if_version": if_version})

    def fault(self, word: str, /, **parameters: str | int | float) -> A:
        """Adds one fault: `fault("cut", at="next:goal")`, `fault("stall", for_="3s")`. A link fault without a time happens at once."""
        return self._control("fault", {"do": word, **{name.rstrip("_"): value for name, value in parameters.items()}})

    def step(
        self,
        count: int = 1,
        *,
        wait_for: int | None = None,
        acknowledged: bool = False,
        timeout: float | str | None = None,
        caught_up: bool = True,
        by: str | None = None,
        if_version: int | None = None,
    ) -> A:
        """So many events forward."""
        if not isinstance(count, int) or isinstance(count, bool):
            raise TouchlineError(f"step({count!r}): step(count) goes so many events forward; step_to('next:goal') goes to a position")
        fields = {"count": count, **_barrier(wait_for, acknowledged, timeout), "by": by, "if_version": if_version}
        return self._control("step", fields, caught_up)

    def step_to(
        self,
        position: str,
        *,
        match: str | None = None,
        or_end: bool = False,
        wait_for: int | None = None,
        acknowledged: bool = False,
        timeout: float | str | None = None,
        caught_up: bool = True,
        by: str | None = None,
        if_version: int | None = None,
    ) -> A:
        """Forward to a position, such as `"89:06"`, `"HT"` or `"next:goal"`; with `or_end` to the end if it is not ahead."""
        if not isinstance(position, str):
            raise TouchlineError(f"step_to({position!r}): step_to('next:goal') goes to a position; step(count) goes so many events forward")
        where = {"until": position, "match": match, "or": "end" if or_end else None}
        fields = {**where, **_barrier(wait_for, acknowledged, timeout), "by": by, "if_version": if_version}
        return self._control("step", fields, caught_up)


def _barrier(wait_for: int | None, acknowledged: bool, timeout: float | str | None) -> dict[str, Any]:
    """What a step waits for, in the notation of the protocol; a number as `timeout` is in seconds."""
    length = timeout if timeout is None or isinstance(timeout, str) else f"{timeout:g}s"
    return {"wait_for": wait_for, "acknowledged": acknowledged or None, "timeout": length}
