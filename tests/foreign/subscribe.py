"""A WebSocket subscriber with Python's `websockets`, in its usual style.

Sends the commands given as arguments and prints each frame on a line. Ends when the replay has ended or the server closes.
"""

import asyncio
import json
import sys

import websockets


async def main(url, *commands):
    async with websockets.connect(url, subprotocols=["touchline.v1"]) as socket:
        assert socket.subprotocol == "touchline.v1"
        for command in commands:
            await socket.send(command)
        try:
            async for text in socket:
                print(text, flush=True)
                frame = json.loads(text)
                if frame["kind"] == "playback" and frame["state"] == "ended":
                    break
        except websockets.ConnectionClosed:
            pass
    print(json.dumps({"kind": "closed", "code": socket.close_code}), flush=True)


asyncio.run(main(*sys.argv[1:]))
