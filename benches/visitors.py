"""Those who ask the most of a server that they may: the harms of benches/harm, each a process of its own.

Needs Python 3.9 and Linux, and nothing beside.
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

# Where in the season main is, and the harms' own replays begin.
PLACE = "90%"
# A harm gives up on an answer after so long, in seconds, and says so.
PATIENCE = 60
READ_BYTES = 256 << 10


class Refused(Exception):
    """An answer that is no 2xx, 101 or 304."""


class Client:
    """A connection that is read as fast as it comes, of HTTP/1.1 or, once upgraded, of a WebSocket."""

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
        came = await self.loop.sock_recv(self.socket, READ_BYTES)
        if not came:
            raise ConnectionError("closed")
        self.harm.bytes += len(came)
        return came

    async def take(self, length, keep=True):
        """The next so many bytes, or nothing of them."""
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
        """Sends a request; its status, and its body where that is to be kept."""
        text = b"" if body is None else (body if isinstance(body, str) else json.dumps(body)).encode()
        request = f"{method} {path} HTTP/1.1\r\nHost: {self.harm.host}\r\n{fields}"
        if body is not None:
            request += f"Content-Length: {len(text)}\r\n"
        await self.loop.sock_sendall(self.socket, request.encode() + b"\r\n" + text)
        status, told = await self.head()
        if "content-length" in told:
            came = await self.take(int(told["content-length"]), keep)
        elif told.get("transfer-encoding") == "chunked":
            came = b""
            while length := int((await self.line()).split(b";")[0], 16):
                came += await self.take(length, keep) or b""
                await self.take(2)
            await self.take(2)
        else:
            came = b""
        if status >= 400:
            raise Refused(str(status))
        return status, came

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

    async def say(self, text, opcode=1):
        text = text if isinstance(text, bytes) else text.encode()
        # A mask of zeros: the text as it is.
        length = bytes([0x80 | len(text)]) if len(text) < 126 else b"\xfe" + struct.pack(">H", len(text))
        await self.loop.sock_sendall(self.socket, bytes([0x80 | opcode]) + length + bytes(4) + text)

    async def frame(self, wanted=()):
        """The kind of the next frame, and the frame itself where its kind is wanted. Pings are answered."""
        while True:
            first, length = await self.take(2)
            length &= 127
            if length > 125:
                length, = struct.unpack(*((">H", await self.take(2)) if length == 126 else (">Q", await self.take(8))))
            if first & 15 == 9:
                await self.say(await self.take(length), 10)
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

    async def follow(self, wanted=(), told=None):
        """Reads a WebSocket until it is closed: hands on what is wanted, and replies to whoever waits for one."""
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
                await told(frame)

    async def command(self, text):
        """Says it on a WebSocket that is followed, and waits for the reply."""
        reply = self.loop.create_future()
        self.waiting.append(reply)
        await self.say(text)
        await reply


def one_of(list, number):
    """One after the other, of those who are there just now."""
    if not list:
        raise ConnectionError("nobody is connected")
    return list[number % len(list)]


class Harm:
    """What one harm knows of the server, and what it has asked so far."""

    def __init__(self, args, host):
        self.args, self.host = args, host
        self.all = ",".join(f"m{number}" for number in range(args.matches))
        # How often what was asked and answered, and how long that took; what went wrong; bytes that came.
        self.asked, self.answered, self.took = collections.Counter(), collections.Counter(), collections.Counter()
        self.faults, self.bytes = collections.Counter(), 0
        # How often a second each may be asked.
        self.rates = {}

    async def one(self, what, job):
        """One request of a kind, counted; whether it was answered."""
        self.asked[what] += 1
        began = time.monotonic()
        try:
            await asyncio.wait_for(job, PATIENCE)
            self.answered[what] += 1
            self.took[what] += time.monotonic() - began
            return True
        except Refused as refused:
            self.faults[f"{what}: {refused}"] += 1
        except (OSError, asyncio.TimeoutError) as error:
            self.faults[f"{what}: {error or type(error).__name__}"] += 1
        except asyncio.CancelledError:
            # Under way at the end: neither answered nor refused.
            self.asked[what] -= 1
            raise

    async def paced(self, what, rate, job, most=8):
        """Begins a job so many times a second, unless so many are under way."""
        self.rates[what] = rate
        under_way, due = set(), time.monotonic()
        try:
            for number in itertools.count():
                if len(under_way) >= most:
                    await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
                for task in [task for task in under_way if task.done()]:
                    under_way.remove(task)
                    task.result()
                under_way.add(asyncio.ensure_future(self.one(what, job(number))))
                # What could not be asked in time is not asked later.
                due = max(due + 1 / rate, time.monotonic())
                await asyncio.sleep(due - time.monotonic())
        finally:
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    async def again(self, what, job, *words):
        """A job that goes on for ever, begun anew a second after each fault."""
        while True:
            try:
                await job(*words)
            except (OSError, Refused) as fault:
                self.faults[f"{what}: {fault}"] += 1
            await asyncio.sleep(1)

    async def opened(self, **fields):
        """Opens a replay of its own that is gone soon after the harm."""
        with await Client.connect(self) as client:
            _, told = await client.ask("POST", "/api/replays", {"linger": "1s", **fields}, keep=True)
            return json.loads(told)["id"]


# The harms. Each is told in a line of --help, and runs until it is cancelled.


async def replays(harm):
    """as many replays as there may be, opened as fast as 16 connections can: speed 10000, loop, linger forever; nobody follows"""
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
    """full snapshots of all matches: 1 visit a second by readers as fast as they can, 4 at once; 20 who stop reading, and come again after 15 s"""
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
            # Half an answer may be left.
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
    """4 visits a second that go through the whole season with since=start and a narrow filter, 8 at once; 2 connections with 10 subscribe a second each"""
    narrow = ["types=goal", "match=m0", "types=var_decision&match=m7", "types=card,substitution", f"types=offside&match={harm.all}"]
    some = [[f"m{number}" for number in range(first, first + 20)] for first in range(0, harm.args.matches - 19, 20)]

    async def through(number):
        with await Client.connect(harm) as client:
            await client.upgrade(f"/ws?since=start&{narrow[number % len(narrow)]}")
            head = None
            while True:
                kind, told = await client.frame(("hello", "tick"))
                if kind == "hello":
                    head = told["head"]
                if kind == "tick" and told["n"] >= head:
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
    """4 replays of its own, paused late in the season: 20 barriers a second with acknowledged, of one event, each 50th over half of the season; one follower each, whose filter selects almost nothing"""

    async def follower(name):
        with await Client.connect(harm) as client:
            await client.upgrade(f"/r/{name}/ws?types=goal&match=m0&snapshot=off")
            await client.follow(("event",), lambda told: client.say(json.dumps({"command": "ack", "n": told["n"]})))

    # The far ones and the seeks before them are among these.
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
    """of each a second: 2 of /api/replays, /timeline and /metrics, 10 of /history (10,000 events), 1 of /state (all matches, full), every second as gzip; 4,000 long polls of /state stand, and up to 250 a second are renewed"""
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
                # Answered at different times within the 25 s that the server waits. Those asked and not answered stand.
                ahead = head["n"] + 1 + int(random.random() * 25 * harm.args.rate)
                harm.asked["long poll"] += 1
                path = f"/state?match=m{place % harm.args.matches}&wait={ahead}"
                _, came = await client.ask("GET", path, keep=True)
                head["n"] = told(came)
                harm.answered["long poll"] += 1
                async with turn:
                    await asyncio.sleep(1 / 250)

    told = lambda state: int(re.search(rb'"n":(\d+)', state).group(1))
    head = {}
    with await Client.connect(harm) as client:
        _, came = await client.ask("GET", "/state?match=m0", keep=True)
        head["n"] = told(came)
    await asyncio.gather(
        *(harm.paced(path, 2, getter(path), most=2) for path in ("/api/replays", "/timeline", "/metrics")),
        harm.paced("/history", 10, getter(history)),
        harm.paced("/state, all, full", 1, getter(first_state), most=2),
        *(harm.again("poller", poll, place) for place in range(harm.args.polls)),
    )


HARMS = {harm.__name__: harm for harm in (replays, snapshots, pace, filters, steps, documents)}


def disturb(name, args, host, processor, pipe):
    """A harm in a process of its own: begins at once, and tells what it has done when something comes from the pipe."""
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
            # A mistake of this program: harms go on for ever.
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
