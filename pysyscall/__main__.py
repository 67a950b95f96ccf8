"""python3 -m pysyscall [NAME ...]: describe a name, Go's or Python's; without one, report what this machine allows."""

import argparse
import signal
import sys

from . import __version__, lookup, machine


def main() -> int:
    parser = argparse.ArgumentParser(prog="python3 -m pysyscall", description=__doc__.partition(": ")[2])
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="a function, type, method, field or constant: SetsockoptInt, setsockopt_int, Timeval.nano, AF_INET",
    )
    parser.add_argument("--version", action="version", version=f"pysyscall {__version__}")
    names = parser.parse_args().names
    if not names:
        for line in machine.report():
            print(line)
        return 0
    described = {name: lookup.describe(name) for name in names}
    print("\n\n\n".join(text for text in described.values() if text), end="\n" if any(described.values()) else "")
    unknown = [name for name, text in described.items() if not text]
    sys.stdout.flush()
    for name in unknown:
        print(_missing(name), file=sys.stderr)
    return 1 if unknown else 0


def _missing(name: str) -> str:
    names = lookup.near(name)
    return f"{name}: no such name" + (f"; near it: {', '.join(names)}" if names else "")


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # a reader such as head may close the pipe early
    sys.exit(main())
