"""A WebSocket server that follows a script, and keeps what it receives."""

import base64
import contextlib
import hashlib
import json
import socket
import threading

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
PLAYBACK = {"state": "paused", "version": 1, "at": 0}
HELLO = {"kind": "hello", "run": "r", "epoch": 1, "head": 0, "resumed": None, "matches": [], "playback": PLAYBACK}


def frame(payload=b"", opcode=TEXT, first=0x80):
    """A frame of a server; `first` has FIN and the reserved bits."""
    if isinstance(payload, dict):
        payload = json.dumps(payload).encode()
    size = len(payload)
    length = bytes([size]) if size < 126 else b"\x7e" + size.to_bytes(2, "big") if size < 65536 else b"\x7f" + size.to_bytes(8, "big")
    return bytes([first | opcode]) + length + payload


def hello(**fields):
    return frame({**HELLO, **fields})


def tick(n=0, **fields):
    return frame({"kind": "tick", "n": n, "at": n, "matches": {}, **fields})


def event(n):
    return frame({"kind": "event", "match": "m", "id": f"e{n}", "n": n, "type": "foul", "score": {"home": 0, "away": 0}})


class Scripted:
    """Each connection follows the next script, the last one all that follow: bytes to send, or a function of the connection. Then it
    reads to the end, and answers a close frame."""

    def __init__(self, *scripts, headers=None):
        self._scripts = list(scripts)
        self._headers = headers or {}
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"ws://127.0.0.1:{self._listener.getsockname()[1]}/ws"
        #: Of each connection, the frames that came: the opcode, and the payload.
        self.received = []
        self.requests = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
                frames = []
                self.received.append(frames)
                threading.Thread(target=self._serve, args=(connection, script, frames), daemon=True).start()

    def _serve(self, connection, script, frames):
        with contextlib.suppress(OSError), connection, connection.makefile("rb") as reader:
            head = [line for line in iter(lambda: reader.readline().decode().strip(), "")]
            if not head:
                return
            self.requests.append(head[0])
            key = next(line.split(": ")[1] for line in head if line.startswith("Sec-WebSocket-Key"))
            accept = base64.b64encode(hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()).decode()
            headers = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": accept, **self._headers}
            lines = [f"{name}: {value}" for name, value in headers.items() if value is not None]
            connection.sendall("\r\n".join(["HTTP/1.1 101 Switching Protocols", *lines, "", ""]).encode())
            if callable(script):
                script(connection)
            else:
                connection.sendall(script)
            while len(start := reader.read(2)) == 2:
                length = start[1] & 0x7F
                length = int.from_bytes(reader.read(2 if length == 126 else 8), "big") if length > 125 else length
                mask, payload = reader.read(4), reader.read(length)
                payload = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
                frames.append((start[0] & 15, payload))
                if start[0] & 15 == CLOSE:
                    self.close(connection, payload)

    @staticmethod
    def close(connection, payload):
        connection.sendall(frame(payload, CLOSE))
