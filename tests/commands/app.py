"""Apps under test, for tests/it/test_command.rs: app.py [careful|naive|silent] [NAME].

careful shows the score of the last frame, naive counts goals by itself, silent says nothing.
"""

import json
import os
import sys
import time
import urllib.request

URL = os.environ["TOUCHLINE_URL"]
MODE = sys.argv[1]
NAME = sys.argv[2] if len(sys.argv) > 2 else MODE


def show(match, score):
    body = {"client": NAME, "match": match, "score": f"{score[0]}-{score[1]}"}
    request = urllib.request.Request(f"{URL}/shows", json.dumps(body).encode())
    urllib.request.urlopen(request, timeout=10).read()


print(f"{MODE} begins", flush=True)
goals = {"home": 0, "away": 0}
with urllib.request.urlopen(f"{URL}/events.ndjson?client={NAME}", timeout=30) as stream:
    for line in stream:
        frame = json.loads(line)
        kind = frame["kind"]
        if kind == "end":
            break
        if MODE == "silent":
            continue
        if kind == "snapshot":
            score = frame["state"]["score"]
            goals = dict(score)
            show(frame["match"], (score["home"], score["away"]))
        elif kind == "event" and MODE == "careful":
            show(frame["match"], (frame["score"]["home"], frame["score"]["away"]))
        elif kind == "tick" and MODE == "careful":
            for match, tick in frame["matches"].items():
                show(match, (tick["score"]["home"], tick["score"]["away"]))
        elif kind == "event" and frame["type"] == "goal" and frame["op"] == "add":
            goals[frame["side"]] += 1
            show(frame["match"], (goals["home"], goals["away"]))
time.sleep(float(os.environ.get("LINGER", "0")))
