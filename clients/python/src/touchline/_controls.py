"""The commands of playback as methods, for whatever sends a command: a replay over HTTP, a subscription over its socket."""

from __future__ import annotations

from typing import Any


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


class Controls:
    """Each method returns the answer, or an awaitable of it: a dict with `playback`, `now`, and what the command adds.

    `by` is shown to all subscribers; with `if_version` a command is refused if playback is at another version. A step of a replay
    is a barrier: it returns when every subscriber has been sent all of it. It takes `wait_for=1` to wait until so many are
    connected, `acknowledged=True` to wait until each has acknowledged it, and a `timeout` in seconds, 5 without it. After a
    step, a seek and a restart the subscriptions that were made by the same object hold what it has sent: with `caught_up=False` it
    does not wait for them.
    """

    def command(self, command: dict[str, Any]) -> Any:
        """Sends any command of the protocol."""
        raise NotImplementedError

    def _control(self, name: str, /, **fields: Any) -> Any:
        __tracebackhide__ = True
        return self.command({"command": name, **_given(fields)})

    def play(self, *, by: str | None = None, if_version: int | None = None) -> Any:
        __tracebackhide__ = True
        return self._control("play", by=by, if_version=if_version)

    def pause(self, *, by: str | None = None, if_version: int | None = None) -> Any:
        __tracebackhide__ = True
        return self._control("pause", by=by, if_version=if_version)

    def restart(self, *, by: str | None = None, if_version: int | None = None, **more: Any) -> Any:
        __tracebackhide__ = True
        return self._control("restart", by=by, if_version=if_version, **more)

    def speed(self, to: float | str, *, by: str | None = None, if_version: int | None = None) -> Any:
        """`60`, or `"max"`: as fast as clients read."""
        __tracebackhide__ = True
        return self._control("speed", to=to, by=by, if_version=if_version)

    def pace(self, to: str, *, by: str | None = None, if_version: int | None = None) -> Any:
        __tracebackhide__ = True
        return self._control("pace", to=to, by=by, if_version=if_version)

    def loop(self, to: bool = True, *, by: str | None = None, if_version: int | None = None) -> Any:
        __tracebackhide__ = True
        return self._control("loop", to=to, by=by, if_version=if_version)

    def seek(
        self, to: str, *, match: str | None = None, lead: str | None = None, by: str | None = None, if_version: int | None = None, **more: Any
    ) -> Any:
        """To a position, forward or back: everything that was sent is void then, and snapshots follow."""
        __tracebackhide__ = True
        return self._control("seek", to=to, match=match, lead=lead, by=by, if_version=if_version, **more)

    def faults(self, plan: str, *, seed: int | None = None, by: str | None = None, if_version: int | None = None) -> Any:
        """Replaces the plan of feed and link faults; `off` ends them."""
        __tracebackhide__ = True
        return self._control("faults", to=plan, seed=seed, by=by, if_version=if_version)

    def fault(self, word: str, /, **parameters: str | int | float) -> Any:
        """Adds one fault: `fault("cut", at="next:goal")`, `fault("stall", for_="3s")`. A link fault without a time happens at once."""
        __tracebackhide__ = True
        return self._control("fault", do=word, **{name.rstrip("_"): value for name, value in parameters.items()})

    def step(self, count: int = 1, *, by: str | None = None, if_version: int | None = None, **more: Any) -> Any:
        """So many events forward."""
        __tracebackhide__ = True
        return self._control("step", count=count, by=by, if_version=if_version, **more)

    def step_to(
        self, position: str, *, match: str | None = None, or_end: bool = False, by: str | None = None, if_version: int | None = None, **more: Any
    ) -> Any:
        """Forward to a position, such as `"89:06"`, `"HT"` or `"next:goal"`; with `or_end` to the end if it is not ahead."""
        fields = {"until": position, "match": match, "or": "end" if or_end else None}
        __tracebackhide__ = True
        return self._control("step", **fields, by=by, if_version=if_version, **more)
