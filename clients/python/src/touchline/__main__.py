"""`python -m touchline` runs the program of this installation."""

import os
import subprocess
import sys

from . import StartError, find_binary


def main() -> int:
    try:
        binary = find_binary()
    except StartError as error:
        print(f"touchline: {error}", file=sys.stderr)
        return 1
    if sys.platform == "win32":
        return subprocess.call([binary, *sys.argv[1:]])
    os.execv(binary, [binary, *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
