"""What the scripts of docs/comparison.md share: the batch of a bandit, and a way to ask a tool."""

import pathlib
import textwrap
import traceback

import numpy as np

random = np.random.default_rng(0)
n = 32
states = random.normal(size=(n, 2))
chosen = np.eye(2)[random.integers(2, size=n)]  # actions, one-hot
rewards = chosen[:, 0]
weights = random.normal(size=(2, 2))  # of the actor
values = states @ random.normal(size=(2, 1))  # of the critic: (n, 1)


def ask(what, check):
    """Print that a check passes, or the first lines of what it raises, and where among the script's losses."""
    try:
        check()
    except Exception as error:
        print(f"{what}: {type(error).__name__}{place(error)}")
        lines = [line for line in str(error).splitlines() if line.strip()]
        for line in lines[:7] + ["..."] * (len(lines) > 7):
            print(textwrap.fill(line, 100, initial_indent="    ", subsequent_indent="    "))
    else:
        print(f"{what}: passes")


def place(error):
    """Return the innermost line of a function beside this file that the exception came through."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if pathlib.Path(frame.filename).parent == pathlib.Path(__file__).parent
        and frame.name not in ("ask", "<lambda>")
    ]
    return f", line {frames[-1].lineno}: {frames[-1].line}" if frames else ""
