#!/usr/bin/env python3
"""Transfers killed at random instants, a few of them (`make check-fault` does five hundred), and uploads killed before each call that
changes a folder: those of the store, when an upload begins, grows, ends or is given up, and those of the journal."""
import contextlib
import os
import random
import shutil
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
import kill_transfers  # noqa: E402
import tap  # noqa: E402
from folders import files  # noqa: E402
from stopped import bad  # noqa: E402


def test_fault_transfer_kill():
    seed = random.randrange(1 << 32)
    print("# seed", seed)
    assert kill_transfers.main(15, seed)


UPLOADS = "root/bucket/.larder/uploads"

ONE_BY_ONE = ("--jobs", "1")      # which of the calls of one kind comes next is then known
PUT = ("put", "large", "s:large")


@contextlib.contextmanager
def place_of_one():
    """With the large file alone."""
    place = kill_transfers.Place(1)
    shutil.rmtree(place.path("tree"))
    try:
        yield place
    finally:
        shutil.rmtree(place.home)


def killed(place, words, call, number):
    """False when it ends before it comes to that call."""
    code, _, err = place.run(*words, **bad("%s:kill:%d" % (call, number)))
    assert code in (0, -signal.SIGKILL), (code, err)
    return code != 0


def fresh(place):
    for name in ("root", "state", "back"):
        shutil.rmtree(place.path(name), ignore_errors=True)
    for name in ("large", "tree/large"):
        place.write(name, place.large[0])


def broken_off(place):
    """After the upload's record and two of three parts; then the file changes."""
    fresh(place)
    assert killed(place, (*ONE_BY_ONE, *PUT), "renameat", 4) and sum(len(names) for _, _, names in os.walk(place.path(UPLOADS))) == 3
    os.utime(place.path("large"), (1, 1))


def stored(place):
    fresh(place)
    place.whole("put", "-r", "tree/", "s:tree/")


def at_each(words, calls, prepare, arrived):
    """After each kill the same command, given again, leaves nothing, not even an upload without a part, for gc when it is old enough."""
    with place_of_one() as place:
        uploads = place.path(UPLOADS)
        for call in calls:
            number = 0
            while number == 0 or again:
                number += 1
                prepare(place)
                again = killed(place, words, call, number)
                place.whole(*words)
                kill_transfers.tidy(place)
                assert not os.path.exists(uploads) or os.listdir(uploads) == [], (call, number, list(os.walk(uploads)))
                assert arrived(place), (call, number)
            assert number > 1, call


def test_fault_transfer_kill_at_each_step():
    at_each(PUT, ("mkdirat", "renameat", "unlinkat"), fresh, lambda place: place.whole("cat", "s:large") == place.large[0])


def test_fault_transfer_kill_at_each_step_when_the_file_has_changed():
    """The upload that was broken off is given up, and a new one begun."""
    at_each(PUT, ("mkdirat", "renameat", "unlinkat"), broken_off, lambda place: place.whole("cat", "s:large") == place.large[0])


def test_fault_transfer_kill_at_each_step_of_giving_up():
    at_each(("transfer", "gc", "--older-than", "0s"), ("unlinkat",), broken_off, lambda place: place.run("stat", "s:large")[0] == 3)


def test_fault_transfer_kill_at_each_step_of_a_sync():
    """Where the kill came after the last step of the copy, the next sync finds both sides the same, and what told of it goes."""
    at_each(("sync", "tree", "s:tree"), ("renameat", "unlinkat"), fresh, lambda place: place.whole("cat", "s:tree/large") == place.large[0])
    at_each(("sync", "s:tree", "back"), ("linkat", "unlinkat"), stored, lambda place: files(place.path("back")) == {"large": place.large[0]})


def test_fault_transfer_kill_upload_goes_on():
    """The mock keeps parts as files that get their names: after two of three, the rest takes fewer than half of what the whole did."""
    with place_of_one() as place:
        fresh(place)
        assert killed(place, (*ONE_BY_ONE, *PUT), "renameat", 4) and sum(len(names) for _, _, names in os.walk(place.path(UPLOADS))) == 3
        assert not killed(place, (*ONE_BY_ONE, *PUT), "renameat", 4)
        assert place.whole("cat", "s:large") == place.large[0]
        kill_transfers.tidy(place)


def test_fault_transfer_kill_download_goes_on():
    """From the mock, 48 KiB a write: after two of three ranges of 8 MiB only the third is written, which is half of one."""
    with place_of_one() as place:
        stored(place)
        words = (*ONE_BY_ONE, "get", "s:tree/large", "back/large")
        assert killed(place, words, "pwrite", 2 * 171 + 10) and [name.startswith(".tmp-") for name in os.listdir(place.path("back"))] == [True]
        assert not killed(place, words, "pwrite", 171)
        kill_transfers.tidy(place)
        assert files(place.path("back")) == {"large": place.large[0]}


def test_fault_transfer_kill_file_came_another_way():
    """A download broke off, and the file was brought by something else: the sync finds it the same, and the private one goes."""
    with place_of_one() as place:
        stored(place)
        assert killed(place, ("get", "s:tree/large", "back/large"), "renameat", 1)
        assert [name.startswith(".tmp-") for name in os.listdir(place.path("back"))] == [True]
        place.whole("get", "s:tree/large", "other/large")
        os.rename(place.path("other/large"), place.path("back/large"))
        place.whole("sync", "s:tree", "back")
        kill_transfers.tidy(place)
        assert files(place.path("back")) == {"large": place.large[0]}


def test_fault_transfer_kill_sync_keeps_what_it_cannot_know():
    """A dry run does nothing; and of one length is not the same: what broke off goes on."""
    with place_of_one() as place:
        journals = place.path("state/larder/transfers")
        fresh(place)
        assert killed(place, ("sync", "tree", "s:tree"), "unlinkat", 1) and len(os.listdir(journals)) == 1
        place.whole("sync", "-n", "tree", "s:tree")
        assert len(os.listdir(journals)) == 1
        stored(place)
        place.write("tree/large", place.large[1])
        assert killed(place, (*ONE_BY_ONE, "put", "tree/large", "s:tree/large"), "renameat", 4)
        place.whole("sync", "--size-only", "tree", "s:tree")
        assert len(os.listdir(journals)) == 1 and sum(len(names) for _, _, names in os.walk(place.path(UPLOADS))) == 3
        place.whole("put", "tree/large", "s:tree/large")
        kill_transfers.tidy(place)
        assert place.whole("cat", "s:tree/large") == place.large[1]


tap.run(sys.modules[__name__])
