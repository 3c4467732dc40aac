"""`--watch`: a command runs again when a file that it read is changed."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import threading
import time

import pytest
import typer

from gradcheck.cli import watch
from gradcheck.system import again

PROGRAM = """
import pathlib, sys, time
sys.stdin.readline()
folder, account = map(pathlib.Path, sys.argv[1:])
data = folder / "data"
text = data.read_text()
with (folder / "runs").open("a") as runs:
    runs.write(text + "\\n")
if text == "writes":
    data.write_text("0")
if text == "hangs":
    time.sleep(20)
account.write_text(f"{text if text.isdigit() else 0}\\n{data}")
"""


class Driver:
    """Does one thing after each run; at the end it is as if Ctrl-C was pressed."""

    def __init__(self, *actions):
        self.actions, self.began = list(actions), []

    def begins(self, changed):
        self.began.append([pathlib.Path(file).name for file in changed])

    def waits(self, files):
        assert files == 1
        if not self.actions:
            raise KeyboardInterrupt
        self.actions.pop(0)()


@pytest.fixture
def run(tmp_path):
    """Return a function that watches a program, which reads `data` and ends with the code that stands there."""

    def watched(text, driver, *, known=False):
        data = tmp_path / "data"
        data.write_text(text)
        os.utime(data, ns=(1, 1))
        command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
        code = again.run_again_and_again(command, [str(data)] if known else [], driver)
        return code, (tmp_path / "runs").read_text().split()

    return watched


def test_it_runs_again_when_what_it_read_is_changed_and_ends_with_the_last_code(run, tmp_path):
    driver = Driver(lambda: (tmp_path / "data").write_text("1"), lambda: (tmp_path / "data").write_text("7"))
    assert run("0", driver) == (7, ["0", "1", "7"])
    assert driver.began == [[], ["data"], ["data"]]


def test_the_twin_another_file_is_nothing_to_it(run, tmp_path):
    def both():
        (tmp_path / "other").write_text("x")
        threading.Timer(0.5, lambda: (tmp_path / "data").write_text("1")).start()

    driver = Driver(both)
    assert run("0", driver) == (1, ["0", "1"])
    assert driver.began == [[], ["data"]]


def test_a_run_is_ended_when_a_file_is_changed_meanwhile(run, tmp_path):
    def change():
        while not (tmp_path / "runs").exists():
            time.sleep(0.01)
        (tmp_path / "data").write_text("1")

    threading.Thread(target=change).start()
    assert run("hangs", Driver(), known=True) == (1, ["hangs", "1"])


def test_what_was_changed_in_a_run_that_may_have_read_it_before_is_run_again(run):
    assert run("writes", Driver()) == (0, ["writes", "0"])


def test_a_file_that_is_missing_is_waited_for(run, tmp_path):
    data = tmp_path / "data"
    driver = Driver(data.unlink, lambda: data.write_text("3"))
    assert run("0", driver, known=True) == (3, ["0", "3"])
    assert driver.began == [[], ["data"], ["data"]]


WAITS = """
import pathlib, sys, time
try:
    sys.stdin.readline()
except KeyboardInterrupt:
    pathlib.Path("heard").touch()
pathlib.Path(sys.argv[1]).write_text("0")
"""


def test_ctrl_c_is_not_heard_by_the_process_that_waits_for_the_next_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    class Slowly(Driver):
        def waits(self, files):
            time.sleep(0.3)  # until the next process waits
            raise KeyboardInterrupt

    assert again.run_again_and_again([sys.executable, "-c", WAITS], [], Slowly()) == 0
    assert not (tmp_path / "heard").exists()


def test_ctrl_c_before_anything_came_to_its_end_is_what_it_always_is(run, tmp_path, monkeypatch):
    driver = Driver()
    monkeypatch.setattr(driver, "begins", lambda changed: driver.waits(1))
    (tmp_path / "runs").touch()
    assert run("0", driver) == (130, [])


STUBBED = """
import runpy, sys
import gradcheck.cli.app, gradcheck.execution
from gradcheck.cli.watch import watch_if_wanted

def main():
    watch_if_wanted(True, [], False)  # the same command line, and yet it runs once
    print(sys.argv)
    try:
        runpy.run_path("case.py")
    except SyntaxError:
        sys.exit(2)

gradcheck.execution.start = lambda: None  # it takes seconds
sys.modules["gradcheck.cli.app"].main = main
"""

CASE = """
import pathlib
pathlib.Path("log.txt").write_text("x")
pathlib.Path("log.txt").read_text()
pathlib.Path("data.txt").read_text()
import helper
"""


def test_a_run_tells_what_it_read_also_where_it_does_not_compile_and_not_what_it_wrote(tmp_path, monkeypatch):
    for name, text in (("case.py", CASE), ("helper.py", "def ("), ("data.txt", "1")):
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "argv", ["gradcheck", "diff", "case.py", "--watch"])
    started = []
    monkeypatch.setattr(again, "run_again_and_again", lambda *given: started.append(given) or 0)
    with pytest.raises(typer.Exit):
        watch.watch_if_wanted(True, ["case.py:name"], False)
    (((python, option, code, *arguments), files, _),) = started
    assert list(files) == [str(tmp_path / "case.py")]
    command = [python, option, f"{STUBBED}\n{code}", *arguments, "account"]
    ran = subprocess.run(command, input="\n", capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (2, "['gradcheck', 'diff', 'case.py', '--watch']\n"), ran.stderr
    code, *read = (tmp_path / "account").read_text().splitlines()
    assert code == "2"
    assert [pathlib.Path(file).name for file in read if file.startswith(str(tmp_path))] == [
        "case.py",
        "data.txt",
        "helper.py",
    ]


def test_a_run_that_waits_ends_when_nobody_will_let_it_begin(tmp_path):
    command = [sys.executable, "-c", f"{STUBBED}\n{watch._RUN}", json.dumps(sys.path), "[]", "account"]
    ran = subprocess.run(command, input="", capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, "", "")


def test_a_baseline_is_not_written_again_and_again(cli, tmp_path):
    ended = cli("diff", tmp_path / "x.py", "--watch", "--write-baseline")
    assert (ended.code, ended.err) == (2, "error: --watch and --write-baseline cannot be combined\n")
