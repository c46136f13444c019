"""The harms of benches/harm: clients that ask for as much as a server allows, each a process of its own.

Needs Python 3.9 and Linux, and no packages.
"""

import asyncio
import base64
import collections
import itertools
import json
import os
import random
import re
import resource
import socket
import struct
import time

# The position of the replay main in the season, and the start of the harms' own replays.
PLACE = "90%"
# The timeout of a request, in seconds. A harm counts a timeout as a fault.
TIMEOUT = 60
READ_BYTES = 256 << 10


class Refused(Exception):
    """A response with a status of 400 or more, an upgrade refused, or an error frame."""


class Client:
    """An HTTP/1.1 connection or, after an upgrade, a WebSocket, which is read at full speed."""

    def __init__(self, harm):
        self.harm, self.have, self.waiting = harm, bytearray(), collections.deque()

    @classmethod
    async def connect(cls, harm, receive_buffer=None):
        client = cls(harm)
        client.socket = socket.socket()
        if receive_buffer:
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        client.socket.setblocking(False)
        client.loop = asyncio.get_running_loop()
        host, port = harm.host.split(":")
        try:
            await client.loop.sock_connect(client.socket, (host, int(port)))
        except OSError:
            client.socket.close()
            raise
        return client

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    async def more(self):
        received = await self.loop.sock_recv(self.socket, READ_BYTES)
        if not received:
            raise ConnectionError("closed")
        self.harm.bytes += len(received)
        return received

    async def take(self, length, keep=True):
        """Reads `length` bytes and returns them, or discards them unless `keep` is set."""
        if keep:
            while len(self.have) < length:
                self.have += await self.more()
            taken = bytes(self.have[:length])
            del self.have[:length]
            return taken
        while len(self.have) < length:
            length -= len(self.have)
            self.have = bytearray(await self.more())
        del self.have[:length]

    async def head(self):
        while (end := self.have.find(b"\r\n\r\n")) < 0:
            self.have += await self.more()
        lines = bytes(self.have[:end]).decode().split("\r\n")
        del self.have[:end + 4]
        fields = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines[1:])}
        return int(lines[0].split()[1]), fields

    async def ask(self, method, path, body=None, fields="", keep=False):
        """Sends a request. Returns the status, and the body if `keep` is set."""
        text = b"" if body is None else (body if isinstance(body, str) else json.dumps(body)).encode()
        request = f"{method} {path} HTTP/1.1\r\nHost: {self.harm.host}\r\n{fields}"
        if body is not None:
            request += f"Content-Length: {len(text)}\r\n"
        await self.loop.sock_sendall(self.socket, request.encode() + b"\r\n" + text)
        status, headers = await self.head()
        if "content-length" in headers:
            content = await self.take(int(headers["content-length"]), keep)
        elif headers.get("transfer-encoding") == "chunked":
            content = b""
            while length := int((await self.line()).split(b";")[0], 16):
                content += await self.take(length, keep) or b""
                await self.take(2)
            await self.take(2)
        else:
            content = b""
        if status >= 400:
            raise Refused(str(status))
        return status, content

    async def line(self):
        while (end := self.have.find(b"\r\n")) < 0:
            self.have += await self.more()
        return await self.take(end + 2)

    async def upgrade(self, path):
        key = base64.b64encode(random.randbytes(16)).decode()
        await self.loop.sock_sendall(self.socket, (
            f"GET {path} HTTP/1.1\r\nHost: {self.harm.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
        ).encode())
        status, _ = await self.head()
        if status != 101:
            raise Refused(str(status))

    async def send(self, text, opcode=1):
        text = text if isinstance(text, bytes) else text.encode()
        # A mask of zeros leaves the text unchanged.
        length = bytes([0x80 | len(text)]) if len(text) < 126 else b"\xfe" + struct.pack(">H", len(text))
        await self.loop.sock_sendall(self.socket, bytes([0x80 | opcode]) + length + bytes(4) + text)

    async def frame(self, wanted=()):
        """The kind of the next frame, and its content if the kind is in `wanted`. Answers pings."""
        while True:
            first, length = await self.take(2)
            length &= 127
            if length > 125:
                length, = struct.unpack(*((">H", await self.take(2)) if length == 126 else (">Q", await self.take(8))))
            if first & 15 == 9:
                await self.send(await self.take(length), 10)
                continue
            if first & 15 == 8:
                raise ConnectionError(f"closed with {int.from_bytes((await self.take(length))[:2], 'big')}")
            begins = await self.take(min(length, 24))
            kind = begins.split(b'"', 4)[3].decode()
            if kind in wanted:
                return kind, json.loads(begins + await self.take(length - len(begins)))
            if kind == "error":
                raise Refused((begins + await self.take(length - len(begins))).decode()[:200])
            await self.take(length - len(begins), keep=False)
            return kind, None

    async def follow(self, wanted=(), deliver=None):
        """Reads a WebSocket until it is closed. Delivers the frames wanted, and replies to the pending commands."""
        while True:
            try:
                kind, frame = await self.frame(wanted)
            except Refused as refused:
                kind, frame = "error", refused
            if kind in ("reply", "error") and self.waiting:
                waiting = self.waiting.popleft()
                if not waiting.done():
                    waiting.set_exception(frame) if frame else waiting.set_result(None)
            elif kind == "error":
                raise frame
            elif frame:
                await deliver(frame)

    async def command(self, text):
        """Sends a command on a WebSocket that `follow` reads, and waits for the reply."""
        reply = self.loop.create_future()
        self.waiting.append(reply)
        await self.send(text)
        await reply


def one_of(list, number):
    """Picks from the current elements in turn."""
    if not list:
        raise ConnectionError("no follower is connected")
    return list[number % len(list)]


class Harm:
    """The state of one harm: the server, and the counts of its requests."""

    def __init__(self, args, host):
        self.args, self.host = args, host
        self.all = ",".join(f"m{number}" for number in range(args.matches))
        # By kind of request: number sent, number answered, seconds taken. Faults by cause, and bytes received.
        self.asked, self.answered, self.took = collections.Counter(), collections.Counter(), collections.Counter()
        self.faults, self.bytes = collections.Counter(), 0
        # The highest rate of each kind of request, per second.
        self.rates = {}

    async def one(self, what, job):
        """Runs and counts one request of a kind. Returns whether it was answered."""
        self.asked[what] += 1
        began = time.monotonic()
        try:
            await asyncio.wait_for(job, TIMEOUT)
            self.answered[what] += 1
            self.took[what] += time.monotonic() - began
            return True
        except Refused as refused:
            self.faults[f"{what}: {refused}"] += 1
        except (OSError, asyncio.TimeoutError) as error:
            self.faults[f"{what}: {error or type(error).__name__}"] += 1
        except asyncio.CancelledError:
            # In flight at the end: neither answered nor refused.
            self.asked[what] -= 1
            raise

    async def paced(self, what, rate, job, most=8):
        """Starts a job `rate` times per second, with at most `most` in flight."""
        self.rates[what] = rate
        in_flight, due = set(), time.monotonic()
        try:
            for number in itertools.count():
                if len(in_flight) >= most:
                    await asyncio.wait(in_flight, return_when=asyncio.FIRST_COMPLETED)
                for task in [task for task in in_flight if task.done()]:
                    in_flight.remove(task)
                    task.result()
                in_flight.add(asyncio.ensure_future(self.one(what, job(number))))
                # A missed request is not made up for.
                due = max(due + 1 / rate, time.monotonic())
                await asyncio.sleep(due - time.monotonic())
        finally:
            for task in in_flight:
                task.cancel()
            await asyncio.gather(*in_flight, return_exceptions=True)

    async def again(self, what, job, *words):
        """Runs an endless job, restarting it a second after each fault."""
        while True:
            try:
                await job(*words)
            except (OSError, Refused) as fault:
                self.faults[f"{what}: {fault}"] += 1
            await asyncio.sleep(1)

    async def opened(self, **fields):
        """Opens a replay that closes soon after the harm ends."""
        with await Client.connect(self) as client:
            _, reply = await client.ask("POST", "/api/replays", {"linger": "1s", **fields}, keep=True)
            return json.loads(reply)["id"]


# The harms. The docstring of each is a line of --help. Each runs until it is cancelled.


async def replays(harm):
    """opens as many replays as allowed, as fast as 16 connections can: speed 10000, loop, linger forever; without subscribers"""
    left = itertools.count(1)
    # One is main.
    most = harm.args.max_replays - 1

    async def opener():
        with await Client.connect(harm) as client:
            while next(left) <= most:
                body = {"speed": 10000, "loop": True, "linger": "forever"}
                if not await harm.one("open", client.ask("POST", "/api/replays", body)):
                    return
        await asyncio.Event().wait()

    await asyncio.gather(*(harm.again("opener", opener) for _ in range(16)))


async def snapshots(harm):
    """full snapshots of all matches: 1 fast reader a second, 4 at once; 20 clients that stop reading and reconnect after 15 s"""
    path = f"/ws?match={harm.all}&snapshot=full&ticks=off"

    async def fast(_):
        with await Client.connect(harm) as client:
            await client.upgrade(path)
            seen = 0
            while seen < harm.args.matches:
                kind, _ = await client.frame()
                seen += kind == "snapshot"

    async def hold(_):
        with await Client.connect(harm, receive_buffer=4096) as client:
            await client.upgrade(path)
            await client.frame()
            await asyncio.sleep(15)

    await asyncio.gather(harm.paced("read", 1, fast, most=4), harm.paced("stop reading", 20 / 15, hold, most=20))


async def pace(harm):
    """5 replays of its own: 10 changes of pace or speed a second over WebSocket and 10 over HTTP; 4 openings a second with fit="""
    words = ["pace highlights", "speed 240", "pace gap=2s", "speed 30", "pace goal:lead=30s,speed=5+break=3s", "speed 120", "pace off"]
    own = []

    async def follower():
        with await Client.connect(harm) as client:
            place = PLACE.replace("%", "%25")
            await client.upgrade(f"/ws?from={place}&speed=60&loop=1&ticks=off&snapshot=off&linger=1s")
            _, hello = await client.frame(("hello",))
            mine = hello["replay"], client
            own.append(mine)
            try:
                await client.follow()
            finally:
                own.remove(mine)

    async def over_websocket(number):
        await one_of(own, number)[1].command(words[number % len(words)])

    http = await Client.connect(harm)

    async def over_http(number):
        nonlocal http
        try:
            name, _ = one_of(own, number)
            await http.ask("POST", f"/api/replays/{name}/command", words[number % len(words)])
        except (OSError, asyncio.CancelledError):
            # Part of a response may be unread.
            http.socket.close()
            http = await Client.connect(harm)
            raise

    async def fit(number):
        with await Client.connect(harm) as client:
            paced = ("", "&pace=highlights")[number % 2]
            await client.upgrade(f"/ws?fit={60 + number % 50}m{paced}&ticks=off&snapshot=off&linger=1s")
            await client.frame()

    followers = [asyncio.ensure_future(harm.again("follower", follower)) for _ in range(5)]
    while not own:
        await asyncio.sleep(0.05)
    await asyncio.gather(
        *followers,
        harm.paced("over WebSocket", 10, over_websocket),
        harm.paced("over HTTP", 10, over_http, most=1),
        harm.paced("fit=", 4, fit),
    )


async def filters(harm):
    """4 clients a second that read the whole season with since=start and a narrow filter, 8 at once; 2 connections with 10 subscribe commands a second each"""
    narrow = ["types=goal", "match=m0", "types=var_decision&match=m7", "types=card,substitution", f"types=offside&match={harm.all}"]
    some = [[f"m{number}" for number in range(first, first + 20)] for first in range(0, harm.args.matches - 19, 20)]

    async def through(number):
        with await Client.connect(harm) as client:
            await client.upgrade(f"/ws?since=start&{narrow[number % len(narrow)]}")
            head = None
            while True:
                kind, frame = await client.frame(("hello", "tick"))
                if kind == "hello":
                    head = frame["head"]
                if kind == "tick" and frame["n"] >= head:
                    return

    clients = []

    async def follower():
        with await Client.connect(harm) as client:
            await client.upgrade("/ws?types=goal")
            clients.append(client)
            try:
                await client.follow()
            finally:
                clients.remove(client)

    async def subscribe(number):
        command = {"command": "subscribe", "match": some[number % len(some)], "types": [("goal", "card")[number % 2]]}
        await one_of(clients, number).command(json.dumps(command))

    followers = [asyncio.ensure_future(harm.again("follower", follower)) for _ in range(2)]
    while not clients:
        await asyncio.sleep(0.05)
    await asyncio.gather(*followers, harm.paced("since=start", 4, through), harm.paced("subscribe", 20, subscribe))


async def steps(harm):
    """4 replays of its own, paused late in the season: 20 barriers a second with acknowledged, of one event, every 50th over half of the season; one subscriber each, with a filter that selects almost nothing"""

    async def follower(name):
        with await Client.connect(harm) as client:
            await client.upgrade(f"/r/{name}/ws?types=goal&match=m0&snapshot=off")
            await client.follow(("event",), lambda event: client.send(json.dumps({"command": "ack", "n": event["n"]})))

    # This includes the far steps and the seeks before them.
    harm.rates["step"] = 20

    async def barriers(place):
        name = await harm.opened(paused=True, **{"from": "95%"})
        following = asyncio.ensure_future(harm.again("follower", follower, name))
        with await Client.connect(harm) as client:
            command = f"/api/replays/{name}/command"
            try:
                for number in itertools.count(place * 10):
                    began = time.monotonic()
                    step = {"command": "step", "count": 1, "wait_for": 1, "acknowledged": True, "timeout": "5s"}
                    if number % 50 == 49:
                        await harm.one("seek back", client.ask("POST", command, {"command": "seek", "to": "45%"}))
                        step = {**step, "until": "95%"}
                        del step["count"]
                    await harm.one("far step" if "until" in step else "step", client.ask("POST", command, step))
                    await asyncio.sleep(max(0, 0.2 + began - time.monotonic()))
            finally:
                following.cancel()

    await asyncio.gather(*(harm.again("barriers", barriers, place) for place in range(4)))


async def documents(harm):
    """of each a second: 2 of /api/replays, /timeline and /metrics, 10 of /history (10,000 events), 1 of /state (all matches, full), every other one as gzip; 4,000 concurrent long polls of /state, of which up to 250 a second are renewed"""
    first_state = f"/state?match={harm.all}&snapshot=full"

    def getter(path):
        async def get(number):
            with await Client.connect(harm) as client:
                fields = "Accept-Encoding: gzip\r\n" if number % 2 else ""
                await client.ask("GET", path(number) if callable(path) else path, fields=fields)
        return get

    events = harm.args.matches * harm.args.events * 8 // 10 // 10_000

    def history(number):
        first = number * 7 % max(events, 1) * 10_000 + 1
        return f"/history?from={first}&to={min(first + 9_999, max(events, 1) * 10_000)}"

    turn = asyncio.Semaphore(1)
    harm.rates["long poll"] = 250

    async def poll(place):
        async with turn:
            await asyncio.sleep(1 / 1000)
        with await Client.connect(harm) as client:
            while True:
                # The polls are answered at different times within the 25 s that the server waits. Polls not answered are pending.
                ahead = head["n"] + 1 + int(random.random() * 25 * harm.args.rate)
                harm.asked["long poll"] += 1
                path = f"/state?match=m{place % harm.args.matches}&wait={ahead}"
                _, state = await client.ask("GET", path, keep=True)
                head["n"] = number_of(state)
                harm.answered["long poll"] += 1
                async with turn:
                    await asyncio.sleep(1 / 250)

    number_of = lambda state: int(re.search(rb'"n":(\d+)', state).group(1))
    head = {}
    with await Client.connect(harm) as client:
        _, state = await client.ask("GET", "/state?match=m0", keep=True)
        head["n"] = number_of(state)
    await asyncio.gather(
        *(harm.paced(path, 2, getter(path), most=2) for path in ("/api/replays", "/timeline", "/metrics")),
        harm.paced("/history", 10, getter(history)),
        harm.paced("/state, all, full", 1, getter(first_state), most=2),
        *(harm.again("poller", poll, place) for place in range(harm.args.polls)),
    )


HARMS = {harm.__name__: harm for harm in (replays, snapshots, pace, filters, steps, documents)}


def disturb(name, args, host, processor, pipe):
    """The main function of a harm's process. Runs until a message arrives on the pipe, and sends the counts back."""
    os.sched_setaffinity(0, {processor})
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    harm = Harm(args, host)

    async def until_stopped():
        doing = asyncio.ensure_future(HARMS[name](harm))
        stop = asyncio.Event()
        asyncio.get_running_loop().add_reader(pipe.fileno(), stop.set)
        stopped = asyncio.ensure_future(stop.wait())
        began = time.monotonic()
        await asyncio.wait({doing, stopped}, return_when=asyncio.FIRST_COMPLETED)
        asyncio.get_running_loop().remove_reader(pipe.fileno())
        seconds = time.monotonic() - began
        if doing.done():
            # A bug in this program: harms never end.
            doing.result()
        found = {
            "seconds": seconds,
            "bytes": harm.bytes,
            "cpu": time.process_time() / seconds,
            "rates": harm.rates,
            "asked": dict(harm.asked),
            "answered": dict(harm.answered),
            "took": dict(harm.took),
            "faults": dict(harm.faults),
        }
        doing.cancel()
        return found

    pipe.send(asyncio.run(until_stopped()))
