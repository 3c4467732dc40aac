"""Run the benchmarks, and write what they print into docs/costs.md.

python -m tests.benchmarks                    all of them: about half an hour on an idle machine
python -m tests.benchmarks diff_cost          those that are named
python -m tests.benchmarks "scale_cost 1"     of those of one script, the one that is shown with these arguments
python -m tests.benchmarks --gate             a few ratios, which must not exceed generous limits
python -m tests.benchmarks --gate --record    the same; the ratios are added to history.csv
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
    shown = commands(COSTS.read_text("utf-8"))
    unknown = [name for name in given.names if not any(is_named(one, name) for one in shown)]
    if unknown:
        known = ", ".join(dict.fromkeys(pathlib.Path(one.split()[0]).stem for one in shown))
        parser.error(f"docs/costs.md does not show {', '.join(unknown)}; it shows {known}")
    for command in shown:
        if not given.names or any(is_named(command, name) for name in given.names):
            print(command, flush=True)
            _rewrite(command)


def commands(page):
    """Return the commands whose output a page shows, each once, in their order."""
    return list(dict.fromkeys(re.findall(r"^\$ python (tests/benchmarks/\w+\.py.*)", page, re.M)))


def is_named(command, name):
    """Return whether a command runs the benchmark of that name, which may go on with its arguments."""
    words, wanted = command.split(), name.split()
    return [pathlib.Path(words[0]).stem, *words[1:]][: len(wanted)] == wanted


def shown_with(page, command, output):
    """Return the page with another output of a command."""
    pattern = rf"^\$ python {re.escape(command)}\n((?:(?!```).*\n)*)"
    found = re.search(pattern, page, re.M)
    return page[: found.start(1)] + output + page[found.end(1) :]


def _rewrite(command):
    """Run one benchmark as the page says, and replace what the page shows of it."""
    arguments = [sys.executable, *command.split()]
    ran = subprocess.run(arguments, check=True, stdout=subprocess.PIPE, text=True, cwd=HERE.parents[1])
    print(ran.stdout, flush=True)
    page = COSTS.read_text("utf-8")  # it may have been edited meanwhile
    COSTS.write_text(shown_with(page, command, ran.stdout), "utf-8")


if __name__ == "__main__":
    main()
