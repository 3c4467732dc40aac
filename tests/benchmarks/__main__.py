"""Run the benchmarks, and write what they print into docs/costs.md.

python -m tests.benchmarks                 all of them: about half an hour on an idle machine
python -m tests.benchmarks diff_cost       those that are named
python -m tests.benchmarks --gate          a few ratios, which must not exceed generous limits
python -m tests.benchmarks --gate --record the same; the ratios are added to history.csv
"""

import argparse
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
COSTS = HERE.parents[1] / "docs" / "costs.md"


def main():
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="a benchmark, such as diff_cost")
    parser.add_argument("--gate", action="store_true", help="check a few ratios against limits")
    parser.add_argument("--record", action="store_true", help="add them to history.csv")
    given = parser.parse_args()
    if given.gate:
        flags = ["--record"] if given.record else []
        sys.exit(subprocess.run([sys.executable, HERE / "gate.py", *flags], check=False).returncode)
    shown = list(dict.fromkeys(_SHOWN.findall(COSTS.read_text("utf-8"))))
    unknown = set(given.names) - set(shown)
    if unknown:
        parser.error(f"docs/costs.md does not show {', '.join(sorted(unknown))}; it shows {', '.join(shown)}")
    for name in given.names or shown:
        print(name, flush=True)
        _rewrite(name)


_SHOWN = re.compile(r"^\$ python tests/benchmarks/(\w+)\.py", re.M)


def _rewrite(name):
    """Run one benchmark as the page says, and replace what the page shows of it."""
    command = [sys.executable, *_found(name)[1].split()]
    ran = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=HERE.parents[1])
    print(ran.stdout, flush=True)
    found = _found(name)  # the page may have been edited meanwhile
    page = found.string
    COSTS.write_text(page[: found.start(2)] + ran.stdout + page[found.end(2) :], "utf-8")


def _found(name):
    """Find a command on the page, and what is shown of its output."""
    pattern = rf"^\$ python (tests/benchmarks/{name}\.py.*)\n((?:(?!```).*\n)*)"
    return re.search(pattern, COSTS.read_text("utf-8"), re.M)


if __name__ == "__main__":
    main()
