"""What `make run` ends in: starts the parts in the Procfile; stops them all when one ends, or when told to.

supervise.py FILE    prints FILE and the address once the web server answers; needs .venv

What a part prints goes to var/log/, so that FILE stays in sight.
Ends with 0 after SIGINT, SIGTERM or SIGHUP, and with 1 when a part ended by itself. Honcho would do, but it waits for
ever for a killed part whose children still hold its output, and leaves those children behind.
"""

import ctypes
import fcntl
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOGS = ROOT / "var" / "log"
PATIENCE = 15  # seconds between asking the parts to stop and killing them
PAUSE = 0.2  # seconds between two looks at the parts
LAST_LINES = 20  # of a dead part's log
HOST = os.environ.get("HOST") or "127.0.0.1"
PORT = int(os.environ.get("PORT") or 8000)
HERE = "127.0.0.1" if HOST == "0.0.0.0" else HOST
PR_SET_PDEATHSIG = 1  # from Linux's sys/prctl.h

Parts = dict[str, subprocess.Popen[bytes]]


class Request:
    """Whether somebody asked for the end."""

    def __init__(self) -> None:
        self.came = False
        self._make = os.getppid()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note)

    def _note(self, *_signal: object) -> None:
        self.came = True

    def __bool__(self) -> bool:
        return self.came or os.getppid() != self._make  # a killed make cannot tell us


def main(notice: str) -> int:
    lock = (ROOT / "var" / "run.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit("Esukare runs here already.")
    if listens():
        sys.exit(f"Something else answers on port {PORT}. Choose another one: make run PORT={PORT + 1}")
    request, parts = Request(), Parts()
    try:
        for line in (ROOT / "deploy" / "Procfile").read_text(encoding="utf-8").splitlines():
            name, _, command = line.partition(":")
            parts[name] = start(name, command)
        is_up = False
        while not request:
            for name, part in parts.items():
                if part.poll() is not None:
                    print(last_words(name), end="")
                    print(f"The part “{name}” ended with code {part.returncode}; stopping the others.", flush=True)
                    return 1
            if not is_up and serves():
                is_up = True
                print(notice, address(), sep="\n", flush=True)
            time.sleep(PAUSE)
        print("Stopping ...", flush=True)
        return 0
    finally:
        end(parts)


def start(name: str, command: str) -> subprocess.Popen[bytes]:
    """Start one part as a process group of its own, so that whatever it starts can be found again."""
    LOGS.mkdir(exist_ok=True)
    with (LOGS / f"{name}.log").open("wb") as log:
        return subprocess.Popen(
            ["sh", "-c", f"exec {command}"],
            cwd=ROOT,
            env={**os.environ, "HOST": HOST, "PORT": str(PORT)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=end_with_parent,
        )


def last_words(name: str) -> str:
    lines = (LOGS / f"{name}.log").read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
    return "".join(lines[-LAST_LINES:])


def end_with_parent() -> None:
    """In the new part: have Linux send a SIGTERM should the supervisor be killed. Other systems do not offer that."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def end(parts: Parts) -> None:
    """Ask each part to stop, the orphans of a dead one directly; after a while kill whatever is left."""
    for part in parts.values():
        if part.poll() is None:
            part.terminate()
        else:
            reach(part, signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE
    while any(reach(part) for part in parts.values()) and time.monotonic() < deadline:
        time.sleep(PAUSE)
    for part in parts.values():
        reach(part, signal.SIGKILL)
        part.wait()


def reach(part: subprocess.Popen[bytes], number: int = 0) -> bool:
    """Send the signal to the part's whole group (0: only ask); whether anybody was there to get it."""
    part.poll()  # a zombie would count as somebody
    try:
        os.killpg(part.pid, number)
    except ProcessLookupError:
        return False
    return True


def listens() -> bool:
    try:
        socket.create_connection((HERE, PORT), timeout=1).close()
    except OSError:
        return False
    return True


def serves() -> bool:
    """Whether the web server gives an answer, good or bad; its port is open long before."""
    connection = http.client.HTTPConnection(HERE, PORT, timeout=5)
    try:
        connection.request("GET", "/healthz")
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def address() -> str:
    here = f"http://{HERE}:{PORT}"
    return f"\nReady: {here}/ and {here}/admin/\nLogs and mails: var/log/   Stop: Ctrl-C"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]).read_text(encoding="utf-8")))
