"""A Python whose processes begin with TensorFlow, Keras and gradcheck imported, which takes seconds otherwise.

A server imports them, and what else gradcheck imports that takes long; it runs no op, and is forked for each
process that is asked for. `launcher` writes a program that takes a Python's arguments (``-c``, ``-m`` or a
file) and stands for the forked process: it has the streams, folder, environment and signals that the program is
given, and ends as it ends. What is imported first, what is written while TensorFlow is loaded, and terminals
need a Python of their own.
"""

from __future__ import annotations

import array
import contextlib
import io
import json
import os
import pathlib
import select
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from typing import Any

STREAMS = (0, 1, 2)
FORWARDED = (signal.SIGINT, signal.SIGTERM)
RUN_OR_LOADED_BY_OTHERS = (".__main__", ".pytest_plugin", ".notebook")
PLUGINS = {"gradcheck", "hypothesis", "_hypothesis_globals"}


@contextlib.contextmanager
def launcher(folder: pathlib.Path) -> Iterator[pathlib.Path]:
    """Start a server; yield the program that starts processes of it."""
    import importlib.util

    found = importlib.util.find_spec("gradcheck")
    assert found is not None and found.origin is not None
    name, program = uuid.uuid4().hex, folder / "python"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "{__file__}" {name} "$0" "$@"\n')
    program.chmod(0o755)
    plain = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    with (folder / "said").open("w") as said:
        server = subprocess.Popen(
            [sys.executable, "-P", __file__, name, str(pathlib.Path(found.origin).parents[1])],
            stdin=subprocess.PIPE,  # it ends when this does, with us
            stdout=subprocess.PIPE,
            stderr=said,
            env=plain,
            start_new_session=True,
        )
    try:
        assert server.stdout is not None
        if not server.stdout.readline():
            raise RuntimeError(f"the server did not start:\n{(folder / 'said').read_text()}")
        yield program
    finally:
        server.kill()
        server.communicate()


# The program ------------------------------------------------------------------------------------------


def ask(name: str, arguments: list[str]) -> None:
    """Have a process started, hand it the signals that come, and end as it ends."""
    fds = [fd for fd in STREAMS if _is_open(fd)]
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(_address(name))
    given = {
        "arguments": arguments,
        "folder": str(pathlib.Path.cwd()),
        "environment": dict(os.environ),
        "fds": fds,
    }
    text = json.dumps(given).encode()
    connection.sendmsg(
        [len(text).to_bytes(8)], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))]
    )
    connection.sendall(text)
    process = int.from_bytes(connection.recv(8))
    for number in FORWARDED:
        signal.signal(number, lambda number, _: os.kill(process, number))
    code = int.from_bytes(connection.recv(8), signed=True)
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


def _address(name: str) -> str:
    return f"\0gradcheck-{name}"  # Linux's own kind: it is no file, and its length hangs on no folder


def _is_open(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


# The server -------------------------------------------------------------------------------------------


def serve(name: str, where: str) -> dict[str, Any]:
    """Fork for each process that is asked for; return in those alone, with what was asked for."""
    import gc

    import keras
    import libcst
    import rich.console
    import tensorflow as tf

    assert tf and keras and libcst and rich.console
    _import_gradcheck(where)
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(_address(name))
    listening.listen()
    print("ready", flush=True)
    while True:
        ready, _, _ = select.select([listening, 0], [], [])
        if 0 in ready:
            os._exit(0)
        connection, _ = listening.accept()
        if not os.fork():
            listening.close()
            return _process(connection)
        connection.close()


def _import_gradcheck(where: str) -> None:
    """Import what a command may, from the folder from which the tests do."""
    import importlib
    import pkgutil

    sys.path.insert(0, where)
    package = importlib.import_module("gradcheck")
    for module in pkgutil.walk_packages(package.__path__, "gradcheck."):
        if not module.name.endswith(RUN_OR_LOADED_BY_OTHERS):
            importlib.import_module(module.name)
    sys.path.remove(where)


def _process(connection: socket.socket) -> dict[str, Any]:
    """Return in a process of its own; wait for that in this one, and say how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    size, ancillary, _, _ = connection.recvmsg(8, socket.CMSG_SPACE(len(STREAMS) * 4))
    fds = array.array("i", b"".join(data for *_, data in ancillary))
    text = b""
    while left := int.from_bytes(size) - len(text):
        text += connection.recv(left)
    child = os.fork()
    if child:
        _wait(child, connection)
    connection.close()
    given = json.loads(text)
    _take_descriptors(dict(zip(given["fds"], fds, strict=True)))
    return given


def _wait(child: int, connection: socket.socket) -> None:
    connection.sendall(child.to_bytes(8))
    ended = os.pidfd_open(child)
    ready, _, _ = select.select([ended, connection], [], [])
    if ended not in ready:  # the program was killed
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with contextlib.suppress(OSError):
        connection.sendall(code.to_bytes(8, signed=True))
    os._exit(0)


def _take_descriptors(given: dict[int, int]) -> None:
    for fd in STREAMS:
        os.close(fd)
    for fd, sent in sorted(given.items()):
        os.dup2(sent, fd)
        os.close(sent)


def _open_streams(open_ones: list[int], unbuffered: bool) -> None:
    for fd, name in zip(STREAMS, ("stdin", "stdout", "stderr"), strict=True):
        stream = None
        if fd in open_ones:
            buffering = 0 if fd and unbuffered else -1
            stream = io.TextIOWrapper(
                open(fd, "wb" if fd else "rb", buffering, closefd=False),  # noqa: SIM115
                errors="backslashreplace" if fd == 2 else "strict",
                line_buffering=fd == 2 or os.isatty(fd),
                write_through=buffering == 0,
            )
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def become(given: dict[str, Any]) -> None:
    """Be the Python that was asked for."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(given["environment"])
    os.chdir(given["folder"])
    sys.executable, *arguments = given["arguments"]
    options = set()
    while arguments[0] in ("-P", "-u"):
        options.add(arguments.pop(0))
    _open_streams(given["fds"], "-u" in options or bool(os.environ.get("PYTHONUNBUFFERED")))
    sys.path[:0] = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    _draw_anew()
    code: object = None
    try:
        _run(arguments, safe="-P" in options)
    except SystemExit as asked:
        code = asked.code
        if not (code is None or isinstance(code, int)):
            raise
    _end(code or 0)


def _end(code: int) -> None:
    """End as Python does, but for throwing away TensorFlow's objects, which takes longer than most tests."""
    import atexit
    import threading

    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None and not stream.closed:
                stream.flush()
    except OSError:
        sys.exit(code)  # Python says which
    os._exit(code & 0xFF)


def _draw_anew() -> None:
    import random

    import numpy as np

    random.seed()
    np.random.seed()


def _run(arguments: list[str], *, safe: bool) -> None:
    import runpy
    import types

    how, *rest = arguments
    if how == "-m":
        name, *rest = rest
        if name == "pytest":
            _forget_plugins()  # it rewrites the modules of its plugins, and warns of those that are imported
        sys.argv[:] = ["-m", *rest]
        sys.path[:0] = [] if safe else [str(pathlib.Path.cwd())]
        runpy.run_module(name, run_name="__main__", alter_sys=True)
        return
    if how == "-c":
        code, *rest = rest
        sys.argv[:] = ["-c", *rest]
        sys.path[:0] = [] if safe else [""]
        main = sys.modules["__main__"] = types.ModuleType("__main__")
        exec(compile(code, "<string>", "exec"), vars(main))
        return
    sys.argv[:] = [how, *rest]
    sys.path[:0] = [] if safe else [str(pathlib.Path(how).parent.resolve())]
    runpy.run_path(how, run_name="__main__")


def _forget_plugins() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] in PLUGINS]:
        del sys.modules[name]


if __name__ == "__main__":
    if sys.flags.isolated:
        ask(sys.argv[1], sys.argv[2:])
    else:
        become(serve(*sys.argv[1:]))
