"""The Python with TensorFlow imported, in which many tests run, does what the other one does."""

import os
import signal
import subprocess
import sys

import pytest

PYTHON = sys.executable
PROBE = """
import os, sys
print(sys.argv, os.getcwd(), os.environ["SAID"], sys.stdin.readline(), sys.flags.interactive, __name__)
print(sys.path[:2], [name for name in ("stdout", "stderr") if getattr(sys, name) is None], flush=True)
sys.stderr.write("error")
{end}
"""
ENDS = {
    "the end": "",
    "an exit code": "sys.exit(3)",
    "a text": "sys.exit('text')",
    "a signal": "os.kill(os.getpid(), 15)",
    "at once": "os._exit(4)",
    "what was to be done then": """
import atexit, threading
atexit.register(print, "at the end")
event = threading.Event()
threading.Thread(target=lambda: (event.wait(), print("a thread"))).start()
print("last")
event.set()
sys.exit(-1)""",
}


@pytest.fixture
def both(python_with_tensorflow, tmp_path):
    if python_with_tensorflow == PYTHON:
        pytest.skip("there is one Python alone where no process can be waited for by its descriptor")
    environment = {**os.environ, "SAID": "said", "PYTHONPATH": str(tmp_path)}
    environment.pop("PYTHONUNBUFFERED", None)

    def outcomes(*arguments, **settings):
        for program in (PYTHON, python_with_tensorflow):
            given = {"input": "line\n", "text": True, "cwd": tmp_path, "env": environment, **settings}
            done = subprocess.run([program, *arguments], capture_output=True, check=False, **given)
            yield done.returncode, done.stdout, done.stderr

    return outcomes


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
@pytest.mark.parametrize("how", ["-c", "-u", "-m", "a file"])
def test_a_process_has_what_it_is_given_and_ends_as_it_ends(both, tmp_path, how, end):
    (tmp_path / "probe.py").write_text(PROBE.format(end=end))
    code = ("-c", PROBE.format(end=end))
    arguments = {"-c": code, "-u": ("-u", *code), "-m": ("-m", "probe"), "a file": ("probe.py",)}[how]
    one, other = both(*arguments, "--given", "more")
    assert one == other


def test_what_it_cannot_write_at_the_end_counts(both):
    for code, said, error in both("-c", "import os; os.close(1); print('lost')"):
        assert (code, said) == (120, "") and "Bad file descriptor" in error


def test_it_has_imported_tensorflow_and_the_other_has_not(both):
    one, other = both("-P", "-c", "import sys; print('tensorflow' in sys.modules)")
    assert (one[1], other[1]) == ("False\n", "True\n")


def test_a_process_whose_program_is_killed_ends(python_with_tensorflow):
    code = "import os, time; print(os.getpid(), flush=True); time.sleep(1000)"
    program = subprocess.Popen([python_with_tensorflow, "-c", code], stdout=subprocess.PIPE)
    process = os.pidfd_open(int(program.stdout.readline()))
    program.send_signal(signal.SIGKILL)
    program.wait()
    program.stdout.read()  # it ends when the process that writes to it does
    os.close(process)
