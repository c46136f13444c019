"""Two apps at once under pytest: each follows the replay of TOUCHLINE_WS and says what it shows."""

import asyncio
import json
import os

import websockets


async def app(client, shows=lambda score: score):
    """Follows the match to its end, and returns the last score."""
    score = None
    async with websockets.connect(f"{os.environ['TOUCHLINE_WS']}?client={client}") as socket:
        async for text in socket:
            frame = json.loads(text)
            told = None
            if frame["kind"] in ("event", "snapshot"):
                told = frame["score"] if frame["kind"] == "event" else frame["state"]["score"]
            if told and told != score:
                score = told
                shown = shows(score)
                report = {"command": "shows", "match": frame["match"], "score": f"{shown['home']}-{shown['away']}"}
                await socket.send(json.dumps(report))
            if frame["kind"] == "end":
                # Long enough to be wrong for, if it is.
                await asyncio.sleep(float(os.environ.get("STAYS", "0")))
                return score


def test_both_apps_show_the_goal():
    async def both():
        wrong = (lambda score: {"home": 0, "away": 0}) if "WRONG" in os.environ else (lambda score: score)
        return await asyncio.gather(app("tablet"), app("phone", wrong))

    assert asyncio.run(both()) == [{"home": 0, "away": 1}] * 2
