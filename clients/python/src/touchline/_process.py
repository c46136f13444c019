"""The program: where it is, how it is started, and that it ends with this process, however that ends."""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import subprocess
import sysconfig
import tempfile
import threading
import weakref
from collections.abc import Mapping, Sequence
from typing import IO, Any, TypeAlias

from ._errors import StartError

START_S = 30.0
TERM_S = 1.0
STOP_S = 5.0
_MAX_LINE = 64 * 1024
#: Its text counts.
Argument: TypeAlias = "str | int | os.PathLike[str]"


def find_binary() -> str:
    """The path of the program: `TOUCHLINE_BINARY`, else that of this installation, else that on `PATH`."""
    given = os.environ.get("TOUCHLINE_BINARY")
    if given:
        found = shutil.which(given)
        if not found:
            raise StartError(f"TOUCHLINE_BINARY={given}: there is no such program, or it may not be executed")
        return found
    folders = [sysconfig.get_path("scripts")]
    try:
        folders.append(sysconfig.get_path("scripts", sysconfig.get_preferred_scheme("user")))
    except (AttributeError, KeyError):
        pass
    # `pip install --target` puts programs beside the packages.
    folders.append(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "bin"))
    for folder in folders:
        found = shutil.which("touchline", path=folder)
        if found:
            return found
    found = shutil.which("touchline")
    if found:
        return found
    raise StartError(
        f"there is no program touchline in {folders[0]} or on PATH: install a wheel for this platform "
        f"({sysconfig.get_platform()}), or set TOUCHLINE_BINARY or TOUCHLINE_URL"
    )


class ServerProcess:
    """A running `touchline serve`. It stops when its standard input ends, and so never outlives this process."""

    def __init__(self, args: Sequence[Argument], binary: str | None = None, env: Mapping[str, str] | None = None, timeout: float = START_S):
        self.binary = binary or find_binary()
        if isinstance(args, str):
            raise StartError(f"touchline serve takes a list of arguments, not the text {args!r}")
        given = [str(arg) for arg in args]
        if not any(arg.split("=")[0] in ("--port", "--listen") for arg in given):
            given += ["--port", "0"]
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            self._process = subprocess.Popen(
                [self.binary, "serve", *given, "--exit-with-stdin"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                env={**_environment(), **(env or {})},
                # Ctrl-C is for the tests: they close their replays, and then the server is stopped.
                start_new_session=True,
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
        except (OSError, ValueError) as error:
            self._log.close()
            why = getattr(error, "strerror", None) or error
            raise StartError(f"{self.binary} cannot be started on this platform ({sysconfig.get_platform()}): {why}") from None
        self.pid = self._process.pid
        _RUNNING.add(self)
        try:
            self.ready = self._read_ready_line(timeout)
        except BaseException:
            self._kill()
            self.stop()
            raise

    def _read_ready_line(self, timeout: float) -> dict[str, Any]:
        stdout = self._process.stdout
        assert stdout
        lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()

        def read() -> None:
            with stdout:
                lines.put(stdout.readline(_MAX_LINE))
                # It must not wait for somebody who reads what else it prints.
                while stdout.read(65536):
                    pass

        threading.Thread(target=read, name="touchline output", daemon=True).start()
        try:
            line = lines.get(timeout=timeout)
        except queue.Empty:
            raise StartError(f"{self.binary} was not ready within {timeout:g} s{self._last_line()}") from None
        try:
            ready = json.loads(line)
        except ValueError:
            ready = None
        if not isinstance(ready, dict) or not isinstance(ready.get("http"), str):
            self.wait(1)
            printed = f"it printed {line[:80].decode(errors='replace').strip()!r}" if line.strip() else ""
            ending = ", ".join(filter(None, [self.ending() or "it is not Touchline", printed]))
            raise StartError(f"{self.binary} did not start: {ending}")
        return ready

    def ending(self) -> str | None:
        """How it ended; `None` while it runs."""
        code = self._process.poll()
        if code is None:
            return None
        how = f"was ended by {_signal_name(-code)}" if code < 0 else f"ended with exit code {code}"
        return f"touchline serve (pid {self.pid}) {how}{self._last_line()}"

    def wait(self, timeout: float) -> bool:
        """Whether it has ended within this time."""
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _last_line(self) -> str:
        if self._log.closed:
            return ""
        self._log.seek(max(0, self._log.seek(0, os.SEEK_END) - 4096))
        lines = self._log.read().decode(errors="replace").split("\n")
        last = next((line for line in reversed(lines) if line.strip()), "")
        return f", last line: {last.removeprefix('touchline: ').strip()}" if last else ""

    def stop(self) -> None:
        """Stops it, and kills it if it still runs after some seconds."""
        assert self._process.stdin
        # Nothing is buffered, so that this cannot fail where it has ended already.
        self._process.stdin.close()
        # Where another process holds the pipe too, it takes a signal.
        if not self.wait(TERM_S):
            self._process.terminate()
            if not self.wait(STOP_S - TERM_S):
                self._kill()
        self._log.close()

    def _kill(self) -> None:
        """With what it has started, if it is a script that has."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except (AttributeError, OSError):
            self._process.kill()
        self._process.wait()

    def let_go(self) -> None:
        """In a process that was forked: the server must not outlive the one that started it."""
        if self._process.stdin:
            self._process.stdin.close()


_RUNNING: weakref.WeakSet[ServerProcess] = weakref.WeakSet()


def _let_go() -> None:
    for process in list(_RUNNING):
        process.let_go()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)


def _environment() -> dict[str, str]:
    """Settings of a surrounding server, as in a shell that runs one, do not apply to this one."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TOUCHLINE_") or name == "TOUCHLINE_LOG"}


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
