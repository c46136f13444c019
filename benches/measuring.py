"""What the benches in Python have in common: a server, subscribers, a scenario, and what the kernel tells of them.

Needs Python 3.9 and Linux, and nothing beside.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Brings an event's frame to about 400 bytes.
TEXT = "." * 36


def binary(given):
    """The program to be measured: the one that was named, or the release build of this tree."""
    if given:
        return str(pathlib.Path(given).resolve())
    subprocess.run(["cargo", "build", "--locked", "--release", "--quiet"], cwd=ROOT, check=True)
    target = os.environ.get("CARGO_TARGET_DIR", "target")
    return str(ROOT / target / "release" / "touchline")


def processors():
    """One for the server and one for the subscribers; the same for both where there is only one."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed[-1]


def pinned(processor):
    """To be run in a child before it becomes another program."""
    return lambda: os.sched_setaffinity(0, {processor})


def passes(events, rate):
    """A scenario, line by line: passes at a steady rate, and a whistle long after them."""

    def clock(seconds):
        return f"{int(seconds // 60):02}:{seconds % 60:06.3f}"

    yield '{"kind":"scenario","version":1,"title":"Passes at a steady rate"}'
    yield (
        '{"kind":"match","id":"fan-out","kickoff":"2026-03-07T15:00:00Z","home":{"id":"eastmoor","name":"Eastmoor",'
        '"players":[{"id":"innes","name":"Kit Innes","number":9,"starts":true}]},'
        '"away":{"id":"westhaven","name":"Westhaven"}}'
    )
    for number in range(events):
        yield (
            f'{{"type":"pass","match":"fan-out","period":1,"clock":"{clock(number / rate)}","side":"home",'
            '"player":"innes","outcome":"accurate","x":52.5,"y":34,"end":{"x":61.3,"y":20.1},'
            f'"text":"{TEXT}"}}'
        )
    yield f'{{"type":"period_end","match":"fan-out","period":1,"clock":"{clock(events / rate + 60)}"}}'


def schedstats(pid):
    """Of each thread of a process: its name, seconds that it ran, and seconds that it waited while others had the processor."""
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            ran, waited, _ = (task / "schedstat").read_text().split()
            yield (task / "comm").read_text().strip(), int(ran) / 1e9, int(waited) / 1e9
        except (FileNotFoundError, ProcessLookupError):
            # The thread ended meanwhile.
            continue


def has_flag(program, flag):
    told = subprocess.run([program, "serve", "--help"], capture_output=True, text=True, check=True)
    return flag in told.stdout


class Server:
    """`touchline serve` on a free port, on a processor of its own, until the block ends."""

    def __init__(self, program, words, processor):
        self.command = [program, "serve", *words, "--port", "0"]
        self.processor = processor

    def __enter__(self):
        self.said = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self.said,
            text=True,
            preexec_fn=pinned(self.processor),
        )
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            self.said.seek(0)
            sys.exit(f"{' '.join(self.command)} did not start:\n{self.said.read()}")
        # Later lines fit into the pipe: one when it is over.
        self.ready = json.loads(line)
        self.pid = self.ready["pid"]
        self.host = self.ready["http"].split("://")[1]
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.said.close()

    def memory(self):
        """Bytes of its own memory that are in use: RssAnon, which holds heap and stacks, and nothing of the kernel's."""
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) * 1024
        sys.exit("this kernel does not tell RssAnon")

    def held_up(self):
        """Seconds that its threads were ready to run while others had the processor."""
        return sum(waited for _, _, waited in schedstats(self.pid))

    def files(self):
        """How many files it has open."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))


def load(program, url, words, processor):
    """`touchline load` on a processor of its own."""
    return subprocess.Popen(
        [program, "load", url, "--json", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=pinned(processor),
    )


def report(process):
    """What it has found. Ends the program where it has found nothing."""
    told, complaints = process.communicate()
    try:
        found = json.loads(told)
    except json.JSONDecodeError:
        sys.exit(f"touchline load: {complaints.strip() or told}")
    found["remarks"] = complaints.strip()
    return found


def quartiles(values):
    """The median, and the quartiles on both sides of it."""
    if len(values) == 1:
        return values[0], values[0], values[0]
    lower, median, upper = statistics.quantiles(values, n=4, method="inclusive")
    return median, lower, upper


def spread(values, digits):
    """`7.03 (6.89-7.59)`."""
    median, lower, upper = quartiles(values)
    return f"{median:.{digits}f} ({lower:.{digits}f}-{upper:.{digits}f})"


def table(heading, rows):
    """As Markdown."""
    line = lambda cells: "| " + " | ".join(cells) + " |"
    return "\n".join([line(heading), "|" + "---|" * len(heading), *map(line, rows)])
