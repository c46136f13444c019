"""Runs a command in a terminal of its own, with /dev/null as standard input. Once it prints "ready", that terminal sends Ctrl-C, or is
closed; or the command alone is sent SIGINT.

    python3 terminal.py ctrl-c|hangup|signal COMMAND ARGUMENT...
"""

import os
import pty
import signal
import sys

_, event, *command = sys.argv
pid, terminal = pty.fork()
if pid == 0:
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    # As below a shell, which a closed terminal ends first.
    os.execvp("sh", ["sh", "-c", '"$@"; exit $?', "sh", *command] if event == "hangup" else ["sh", "-c", 'exec "$@"', "sh", *command])


def read() -> bytes:
    try:
        return os.read(terminal, 1024)
    except OSError:
        return b""


output = b""
while b"ready" not in output:
    text = read()
    if not text:
        sys.exit(f"ended before it was ready: {output!r}")
    output += text
if event == "ctrl-c":
    os.write(terminal, b"\x03")
elif event == "signal":
    os.kill(pid, signal.SIGINT)
else:
    os.close(terminal)
while event != "hangup" and (text := read()):
    output += text
sys.stdout.write(output.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) % 256)
