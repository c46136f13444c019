"""What can go wrong. The text of each error is one line: what happened, where, and what to do."""

from __future__ import annotations

from typing import Any


class TouchlineError(Exception):
    """All errors of this package."""


class RequestError(TouchlineError):
    """What the server refuses."""

    def __init__(self, error: dict[str, Any] | None = None, status: int | None = None):
        error = error if isinstance(error, dict) else {}
        super().__init__(error.get("message") or f"the server answered {status}")
        self.code: str | None = error.get("code")
        self.accepted: list[str] | None = error.get("accepted")
        #: In the lines of a scenario, as `touchline check` reports them.
        self.findings: list[dict[str, Any]] | None = error.get("findings")
        #: Over HTTP.
        self.status = status


class AnswerTimeout(TouchlineError, TimeoutError):
    """No answer, or not the awaited state, within the time limit."""


class ConnectionLost(TouchlineError, ConnectionError):
    """The server cannot be reached, or the connection ended before the answer."""


class SubscriptionEnded(TouchlineError):
    """The subscription was closed, or its stream is over."""


class StartError(TouchlineError):
    """The program cannot be found, or does not start."""
