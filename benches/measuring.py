"""Shared by the benches in Python: starting a server and subscribers, a scenario, CPU and memory figures, and tables.

Needs Python 3.9 and Linux, and no packages.
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
    """The path of the program to measure: `given`, or the release build of this tree."""
    if given:
        return str(pathlib.Path(given).resolve())
    subprocess.run(["cargo", "build", "--locked", "--release", "--quiet"], cwd=ROOT, check=True)
    target = os.environ.get("CARGO_TARGET_DIR", "target")
    return str(ROOT / target / "release" / "touchline")


def processors():
    """The CPUs of the server and of the subscribers; with only one CPU, both share it."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed[-1]


def pinned(processor):
    """A `preexec_fn` that pins the child to a CPU."""
    return lambda: os.sched_setaffinity(0, {processor})


def passes(events, rate):
    """The lines of a scenario: passes at a steady rate, and the final whistle long after them."""

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
    """The name of each thread of a process, the seconds that it ran, and the seconds that it was ready but preempted."""
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            ran, waited, _ = (task / "schedstat").read_text().split()
            yield (task / "comm").read_text().strip(), int(ran) / 1e9, int(waited) / 1e9
        except (FileNotFoundError, ProcessLookupError):
            # The thread has ended.
            continue


def has_flag(program, flag):
    help_text = subprocess.run([program, "serve", "--help"], capture_output=True, text=True, check=True)
    return flag in help_text.stdout


class Server:
    """Runs `touchline serve` on a free port and pinned to a CPU, until the block ends."""

    def __init__(self, program, words, processor):
        self.command = [program, "serve", *words, "--port", "0"]
        self.processor = processor

    def __enter__(self):
        self.errors = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            preexec_fn=pinned(self.processor),
        )
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            self.errors.seek(0)
            sys.exit(f"{' '.join(self.command)} did not start:\n{self.errors.read()}")
        # Later lines fit into the pipe unread: there is one at the end.
        self.ready = json.loads(line)
        self.pid = self.ready["pid"]
        self.host = self.ready["http"].split("://")[1]
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.errors.close()

    def memory(self):
        """Its private memory in bytes: RssAnon, which is heap and stacks, without kernel memory."""
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) * 1024
        sys.exit(f"/proc/{self.pid}/status has no RssAnon: Linux 4.5 or later is needed")

    def preempted(self):
        """The seconds that its threads were ready to run but preempted."""
        return sum(waited for _, _, waited in schedstats(self.pid))

    def files(self):
        """The number of its open files."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))


def load(program, url, words, processor):
    """Starts `touchline load`, pinned to a CPU."""
    return subprocess.Popen(
        [program, "load", url, "--json", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=pinned(processor),
    )


def report(process):
    """Waits for touchline load and returns its report. Exits if there is none."""
    output, remarks = process.communicate()
    try:
        found = json.loads(output)
    except json.JSONDecodeError:
        sys.exit(f"touchline load: {remarks.strip() or output}")
    found["remarks"] = remarks.strip()
    return found


def quartiles(values):
    """The median, the lower and the upper quartile."""
    if len(values) == 1:
        return values[0], values[0], values[0]
    lower, median, upper = statistics.quantiles(values, n=4, method="inclusive")
    return median, lower, upper


def spread(values, digits):
    """Median and quartiles, as `7.03 (6.89-7.59)`."""
    median, lower, upper = quartiles(values)
    return f"{median:.{digits}f} ({lower:.{digits}f}-{upper:.{digits}f})"


def table(heading, rows):
    """A Markdown table."""
    line = lambda cells: "| " + " | ".join(cells) + " |"
    return "\n".join([line(heading), "|" + "---|" * len(heading), *map(line, rows)])
