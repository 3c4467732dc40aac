"""How long `gradcheck --help` takes, beside importing what any command line like it imports.

python tests/benchmarks/help_time.py
"""

import resource
import subprocess
import sys
from statistics import median

COMMANDS = {
    "python -c 'import typer, rich'": ("-c", "import typer, rich"),
    "gradcheck --help": ("-c", "from gradcheck.cli import main; main()", "--help"),
}


def processor_seconds(arguments):
    """Run Python once more, and return what it took of the processors."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    """Print the medians of interleaved runs, and of the ratios of neighbours."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    bare, ours = [], []
    for _ in range(rounds):
        for times, arguments in zip((bare, ours), COMMANDS.values(), strict=True):
            times.append(processor_seconds(arguments))
    for command, times in zip(COMMANDS, (bare, ours), strict=True):
        print(f"  {command:31} {1e3 * median(times):5.0f} ms of the processors, median of {rounds}")
    print(f"  ratio {median(b / a for a, b in zip(bare, ours, strict=True)):.2f}")


if __name__ == "__main__":
    main()
