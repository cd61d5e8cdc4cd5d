#!/usr/bin/env python3
"""test-fault-source: somebody is in the midst of writing a file while it is read: half of it is new already and half still old, in one request, in
parts, and from folder to folder. Such a mixture is never kept: the transfer says that its source changed. c-T01."""
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
import kill_transfers  # noqa: E402
import tap  # noqa: E402
from stopped import bad, has_open, is_stopped  # noqa: E402

TOOL = kill_transfers.TOOL
PLACE = kill_transfers.Place(1)
MOST = 50                                        # reads before that of the source: of the configuration, of the store


def stopped_at(words, source, number):
    """The process, before that read; it has looked at the source and read nothing of it, or it has not come to it yet."""
    process = subprocess.Popen([TOOL, "--json", *words], env={**PLACE.env, **bad("pread:stop:%d:1" % number)}, cwd=PLACE.home,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return process, is_stopped(process) and has_open(process, source)


def ended(process):
    if process.poll() is None:
        process.send_signal(signal.SIGCONT)
    try:
        return process.communicate(timeout=120)
    finally:
        process.kill()


def half_written(length, *words):
    """The file is written to, in place and no further than its half, once it is open."""
    PLACE.write("source", b"o" * length)
    for number in range(1, MOST):
        process, ready = stopped_at(words, PLACE.path("source"), number)
        if ready:
            with open(PLACE.path("source"), "r+b") as file:
                file.write(b"n" * (length // 2))
        out, err = ended(process)
        if ready:
            assert process.returncode == 6 and "source changed while being read" in err, (process.returncode, out, err)
            return
        assert process.returncode == 0, (out, err)
        PLACE.whole("rm", "-r", "s:")
    raise AssertionError("nobody read the source")


def test_fault_source_read_at_once():
    half_written(60000, "put", "source", "s:t")
    assert PLACE.run("stat", "s:t")[0] == 3


def test_fault_source_in_one_request():
    half_written(4 << 20, "put", "source", "s:t")
    assert PLACE.run("stat", "s:t")[0] == 3


def test_fault_source_in_parts():
    half_written(20 << 20, "put", "source", "s:t")
    assert PLACE.run("stat", "s:t")[0] == 3
    kill_transfers.tidy(PLACE)


def test_fault_source_of_a_local_copy():
    half_written(4 << 20, "cp", "source", "out/t")
    assert not os.path.exists(PLACE.path("out/t"))


try:
    tap.run(sys.modules[__name__])
finally:
    PLACE.end()
