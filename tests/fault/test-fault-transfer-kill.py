#!/usr/bin/env python3
"""Transfers killed at random instants, a few of them (`make check-fault` does five hundred), and uploads killed before each call that
changes a folder: those of the store, when an upload begins, grows, ends or is given up, and those of the journal."""
import os
import random
import shutil
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
import kill_transfers  # noqa: E402
import tap  # noqa: E402


def test_fault_transfer_kill():
    seed = random.randrange(1 << 32)
    print("# seed", seed)
    assert kill_transfers.main(15, seed)


BAD_CALLS = {"LD_PRELOAD": os.path.join(os.environ["TOP_BUILDDIR"], "tests/fault/.libs/bad-calls.so"),
             "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}


PUT = ("put", "large", "s:large")
GIVE_UP = ("transfer", "gc", "--older-than", "0s")


def killed(place, words, call, number):
    """False when it ends before it comes to that call."""
    code, _, err = place.run(*words, LARDER_BAD="%s:kill:%d" % (call, number), **BAD_CALLS)
    assert code in (0, -signal.SIGKILL), (code, err)
    return code != 0


def at_each(words, calls, broken_off=False):
    """After each kill the same command, given again, leaves nothing, not even an upload without a part: that is only there when
    the journal is killed in its first line, which is no call on a folder."""
    place = kill_transfers.Place(1)
    uploads = place.path("root/bucket/.larder/uploads")
    try:
        for call in calls:
            number = 0
            while number == 0 or again:
                number += 1
                for name in ("root", "state"):
                    shutil.rmtree(place.path(name), ignore_errors=True)
                place.write("large", place.large[0])
                if broken_off:                              # after the upload's record and two of three parts; then the file changes
                    assert killed(place, PUT, "renameat", 4) and sum(len(names) for _, _, names in os.walk(uploads)) == 3
                    os.utime(place.path("large"), (1, 1))
                again = killed(place, words, call, number)
                place.whole(*words)
                kill_transfers.tidy(place)
                assert not os.path.exists(uploads) or os.listdir(uploads) == [], (call, number, list(os.walk(uploads)))
                assert words != PUT or place.whole("cat", "s:large") == place.large[0], (call, number)
            assert number > 1, call
    finally:
        shutil.rmtree(place.home)


def test_fault_transfer_kill_at_each_step():
    at_each(PUT, ("mkdirat", "renameat", "unlinkat"))


def test_fault_transfer_kill_at_each_step_when_the_file_has_changed():
    """The upload that was broken off is given up, and a new one begun."""
    at_each(PUT, ("mkdirat", "renameat", "unlinkat"), broken_off=True)


def test_fault_transfer_kill_at_each_step_of_giving_up():
    at_each(GIVE_UP, ("unlinkat",), broken_off=True)


tap.run(sys.modules[__name__])
