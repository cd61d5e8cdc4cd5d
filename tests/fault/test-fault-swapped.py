#!/usr/bin/env python3
"""A folder of the target is exchanged for a link that leads elsewhere, and back, all the while: nothing lands there, nothing there goes, and what is said to be there is."""
import ctypes
import os
import sys
import threading

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)), os.path.join(os.environ["TOP_SRCDIR"], "tests/lib")]
import kill_transfers  # noqa: E402
import tap  # noqa: E402
from folders import files  # noqa: E402

AT_FDCWD, EXCHANGE = -100, 2
LIBC = ctypes.CDLL(None, use_errno=True)


class Swapping:
    """Exchanges two names from here to the end of the block. How often."""
    def __init__(self, one, other):
        self.names, self.count, self.over = (os.fsencode(one), os.fsencode(other)), 0, threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.over.is_set():
            assert LIBC.renameat2(AT_FDCWD, self.names[0], AT_FDCWD, self.names[1], EXCHANGE) == 0, os.strerror(ctypes.get_errno())
            self.count += 1

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def swapped(words, delete):
    """`words` write below T/, where 3 is a folder or a link to the folder elsewhere. Once more when nothing moves, it ends well."""
    place = kill_transfers.Place(2)
    want = {name[len("3/"):]: data for name, data in files(place.path("tree")).items() if name.startswith("3/")}
    place.whole("put", "-r", "tree", "s:")
    kept = {"kept": b"mine", **{name: b"theirs" for name in list(want)[:3]}}
    for name, data in kept.items():
        place.write("elsewhere/" + name, data)
    place.write("T/3/gone", b"gone")
    os.symlink(place.path("elsewhere"), place.path("link"))
    refused = 0
    with Swapping(place.path("T/3"), place.path("link")) as swapping:
        for _ in range(12):
            code, _, err = place.run(*words)
            refused += code != 0
            assert files(place.path("elsewhere")) == kept, (code, err, sorted(files(place.path("elsewhere"))))
    assert swapping.count > 200 and refused, (swapping.count, refused)
    if os.path.islink(place.path("T/3")):
        os.unlink(place.path("T/3"))
        os.rename(place.path("link"), place.path("T/3"))
    place.whole(*words)
    assert {name: data for name, data in files(place.path("T/3")).items() if name in want} == want
    assert files(place.path("elsewhere")) == kept and ("gone" in files(place.path("T/3"))) != delete
    place.end()


def test_fault_swapped_get():
    swapped(("get", "-r", "s:tree/", "T"), False)


def test_fault_swapped_sync():
    swapped(("sync", "--delete", "--delete-most", "100%", "s:tree/", "T"), True)


tap.run(sys.modules[__name__])
