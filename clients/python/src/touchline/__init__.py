"""The Python client of Touchline, which plays football matches as live event streams: start a server, open replays, step them,
subscribe, and read the state of every match.

    from touchline import Server

    with Server.start() as server, server.open("juv", paused=True) as replay:
        app = replay.subscribe()
        replay.step_to("next:goal")
        print(app.state.match.score)

`AsyncServer` is the same for an event loop. The plugin for pytest has the fixture `replay`.
"""

from ._blocking import Subscription
from ._errors import AnswerTimeout, ConnectionLost, RequestError, StartError, SubscriptionEnded, TouchlineError
from ._fold import NOTHING, State, reduce
from ._history import Happening, History
from ._match import Match
from ._options import Connection, Options
from ._process import find_binary
from ._replay import AsyncReplay, Replay
from ._score import Frame, Score
from ._server import AsyncServer, Server
from ._subscription import AsyncSubscription

__all__ = [
    "NOTHING",
    "AnswerTimeout",
    "AsyncReplay",
    "AsyncServer",
    "AsyncSubscription",
    "Connection",
    "ConnectionLost",
    "Frame",
    "Happening",
    "History",
    "Match",
    "Options",
    "Replay",
    "RequestError",
    "Score",
    "Server",
    "StartError",
    "State",
    "Subscription",
    "SubscriptionEnded",
    "TouchlineError",
    "find_binary",
    "reduce",
]
