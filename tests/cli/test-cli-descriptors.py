#!/usr/bin/env python3
"""Standard descriptors that are closed or full, and targets that are no files."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tool import ENV, LARDER, SLOW, SRC, Ran, larder, read, run, write  # noqa: E402

PICTURES = os.path.join(SRC, "doc/examples/pictures")


def shell(redirections, *args):
    """The tool with redirections by a shell: it starts with just these descriptors."""
    done = subprocess.run(["/bin/sh", "-c", 'exec "$0" "$@" ' + redirections, LARDER, *args], env=ENV, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60 * SLOW)
    return Ran(done)


def test_cli_descriptors_closed_output():
    for redirections in (">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-", "<&-"):
        write("some", redirections.encode())
        got = shell(redirections, "put", "some", "images:closed")
        assert got.code == 0, (redirections, got.code, got.err)
        assert larder("cat", "images:closed").raw == redirections.encode(), redirections
        got = shell(redirections, "mv", "images:closed", "images:moved")
        assert got.code == 0, (redirections, got.code, got.err)
    assert shell(">&-", "image", "ingest", os.path.join(PICTURES, "waves.webp"), "--user", "closed").code == 0


def test_cli_descriptors_closed_input():
    # not hanging, and not an empty object either
    for redirections in ("<&-", "<&- >&-"):
        got = shell(redirections, "put", "-", "images:from-closed")
        assert got.code not in (0, 130), (redirections, got.code)
        assert larder("stat", "images:from-closed").code == 3
    assert "standard input" in shell("<&-", "put", "-", "images:from-closed").err


def test_cli_descriptors_full_output():
    write("full.bin", b"f")
    full = os.path.join(PICTURES, "waves.webp")
    for args in (["image", "ingest", full, "--user", "full"], ["image", "ingest", full, "--user", "full", "--json"],
                 ["put", "full.bin", "images:full"], ["ls", "images:"]):
        got = shell(">/dev/full", *args)
        assert got.code == 7 and "cannot write standard output" in got.err, (args, got.code, got.err)


run(sys.modules[__name__])
