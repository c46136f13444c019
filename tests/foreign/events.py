"""An SSE client with Python's `httpx-sse`, in its usual style. Prints each frame on a line, and at the end the last `id:`."""

import json
import sys

import httpx
from httpx_sse import connect_sse

last = ""
with httpx.Client(timeout=20) as client, connect_sse(client, "GET", sys.argv[1]) as source:
    for event in source.iter_sse():
        assert event.event == "message"
        print(event.data, flush=True)
        last = event.id or last
print(json.dumps({"kind": "closed", "id": last}), flush=True)
