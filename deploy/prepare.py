"""What `make setup` does: packages into .venv, and .env with a key of its own. Runs on a bare Python, before all that.

prepare.py packages FILE    make .venv if it is missing; install the requirements in FILE, with uv if it can, else pip
prepare.py env              write .env from .env.example with a random SECRET_KEY
"""

import hashlib
import importlib.util
import json
import os
import secrets
import shutil
import subprocess
import sys
import urllib.parse
import urllib.request
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
PIP = "https://pypi.org/pypi/pip/json"


def install(requirements: str) -> None:
    """Try each way to install; stop at the first that works."""
    if not runs(PYTHON, "-c", ""):
        print("Making .venv ...", flush=True)
        has_pip = importlib.util.find_spec("ensurepip") is not None  # Debian keeps it in a package of its own
        venv.create(VENV, clear=VENV.exists(), with_pip=has_pip)
    print(f"Installing {requirements} ...", flush=True)
    if uv := find_uv():
        if runs(uv, "pip", "install", "--quiet", "--python", PYTHON, "-r", requirements, quiet=False):
            return
        print("uv could not; trying pip.", flush=True)
    if not gets_pip():
        sys.exit("There is no pip. Install it (on Debian: apt install python3-venv), remove .venv, and try again.")
    if not runs(PYTHON, "-m", "pip", "install", "--quiet", "-r", requirements, quiet=False):
        sys.exit(f"The packages in {requirements} could not be installed; the reason is above.")


def find_uv() -> str | Path | None:
    """A working uv: the machine's, the one in .venv, or one that pip can put there."""
    machines, ours = shutil.which("uv"), VENV / "bin" / "uv"
    if machines and runs(machines, "--version"):
        return machines
    if runs(ours, "--version"):
        return ours
    if gets_pip() and runs(PYTHON, "-m", "pip", "install", "--quiet", "uv") and runs(ours, "--version"):
        return ours
    return None


def gets_pip() -> bool:
    """Whether .venv has pip, after what can be done about it. A wheel of pip from PyPI can install itself."""
    if runs(PYTHON, "-m", "pip", "--version") or runs(PYTHON, "-m", "ensurepip"):
        return True
    try:
        with urllib.request.urlopen(PIP, timeout=60) as answer:
            wheel = next(file for file in json.load(answer)["urls"] if file["packagetype"] == "bdist_wheel")
        with urllib.request.urlopen(urllib.parse.urljoin(PIP, wheel["url"]), timeout=60) as answer:
            content = answer.read()
    except OSError as error:
        print(f"PyPI cannot be reached: {error}", file=sys.stderr)
        return False
    if hashlib.sha256(content).hexdigest() != wheel["digests"]["sha256"]:
        return False
    path = VENV / wheel["filename"]
    path.write_bytes(content)
    try:
        return runs(PYTHON, path / "pip", "install", "--quiet", "--no-index", path)
    finally:
        path.unlink()


def runs(*command: str | Path, quiet: bool = True) -> bool:
    """Run the command; whether it exists and ended well."""
    silence = subprocess.DEVNULL if quiet else None
    try:
        return subprocess.run(command, cwd=ROOT, stdout=silence, stderr=silence, check=False).returncode == 0
    except OSError:
        return False


def write_env() -> None:
    """Copy .env.example with a fresh SECRET_KEY, readable by its owner alone. A file that is there stays."""
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    text = text.replace("SECRET_KEY=change-me", f"SECRET_KEY={secrets.token_urlsafe(50)}")
    try:
        handle = os.open(ROOT / ".env", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    print("Wrote .env with a fresh SECRET_KEY.")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["packages", requirements]:
            install(requirements)
        case ["env"]:
            write_env()
        case _:
            sys.exit(__doc__)
