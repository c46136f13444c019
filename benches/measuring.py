"""What benches/transports and benches/private have in common: a server, subscribers, and what the kernel tells of them.

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
        tasks = pathlib.Path(f"/proc/{self.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[1]) for task in tasks) / 1e9

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
