#!/usr/bin/env python3
"""lock-file: every promise of a lock provider, in a folder that is made, and the names of its files; what is said where it cannot work."""
import os
import re
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "lib")]
import tap  # noqa: E402
from locks import suite  # noqa: E402

NAME = re.compile(r"conformance-[0-9a-f]*%3[0-9A-F][0-9A-Za-z%_.+-]*\.lock")


def test_conform_lock_file_promises():
    with tempfile.TemporaryDirectory(prefix="larder-locks-") as folder:
        root = os.path.join(folder, "a/b")
        broken = suite("file", ["root=" + root])
        assert broken is None, broken
        names = os.listdir(root)
        assert names and all(NAME.fullmatch(name) for name in names), names


def test_conform_lock_file_no_folder():
    broken = suite("file", ["root=/dev/null/x"])
    assert "cannot open the folder '/dev/null/x' of the locks" in broken and broken.endswith("status 2"), broken


tap.run(sys.modules[__name__])
