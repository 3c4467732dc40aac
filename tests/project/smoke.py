"""Run every command of an installed gradcheck, in a folder without the repository: ``python smoke.py``.

pytest does not collect it: the session `build` of nox runs it with the wheel. It fails for a command that it does
not know.
"""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
import tempfile

import gradcheck

SCRIPT = """
import tensorflow as tf

w = tf.Variable([[1.0], [2.0]])
x, y = tf.random.stateless_normal((6, 2), (1, 2)), tf.random.stateless_normal((6,), (3, 4))
for step in range(2):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((x @ w - y) ** 2)
    w.assign_sub(0.01 * tape.gradient(loss, w))
"""

CALLS = {
    "new": (["case.py"], 0, "wrote case.py"),
    "diff": (["case.py", "--format", "html"], 0, "<!doctype html>"),
    "shapes": (["case.py", "--format", "json"], 0, '"shapes": ['),
    "fuzz": (["case.py", "--examples", "5", "--format", "json"], 0, '"outcome": "none"'),
    "modes": (["case.py", "--only", "eager", "--format", "json"], 0, '"mode": "eager"'),
    "run": (["--format", "json", "train.py"], 1, '"cause": "broadcast"'),
    "explain": (["broadcast"], 0, "An accidental broadcast"),
    "schema": (["run"], 0, "urn:gradcheck:schema:run:1"),
}


def main() -> None:
    """Run each command once; end with the first that does something else."""
    assert not (pathlib.Path(gradcheck.__file__).parents[1] / "pyproject.toml").exists(), gradcheck.__file__
    from gradcheck.cli.app import app

    known = {command.name or command.callback.__name__ for command in app.registered_commands}
    assert known == set(CALLS), f"commands and calls differ: {known ^ set(CALLS)}"
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "train.py").write_text(SCRIPT)
        for command, (arguments, code, sign) in CALLS.items():
            ran = subprocess.run(
                [sys.executable, "-m", "gradcheck", command, *arguments],
                cwd=folder,
                capture_output=True,
                text=True,
                check=False,
            )
            assert (ran.returncode, sign in ran.stdout) == (code, True), (
                f"{command}: {ran.returncode}\n{ran.stderr}"
            )
            if "json" in arguments:
                json.loads(ran.stdout)
            print(f"{command}: as expected")


if __name__ == "__main__":
    main()
