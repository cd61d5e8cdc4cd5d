"""stopped.py: a process with tests/fault/bad-calls.la preloaded, which dies or stops before a call that is counted; and waiting until it has stopped."""
import os
import time

SLOW = float(os.environ.get("LARDER_SLOW", "1"))


def bad(what):
    """Of the environment: "renameat:kill:3", "symlinkat:stop:1:1"."""
    return {"LARDER_BAD": what, "LD_PRELOAD": os.path.join(os.environ["TOP_BUILDDIR"], "tests/fault/.libs/bad-calls.so"),
            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}


def is_stopped(process):
    """False: it has ended."""
    return until(process, lambda: state_of(process) == "T")


def until(process, reached):
    """False: it has ended."""
    ends = time.monotonic() + 120 * SLOW
    while process.poll() is None:
        if reached():
            return True
        assert time.monotonic() < ends, "it neither came to that nor ended"
        time.sleep(0.002)
    return False


def state_of(process):
    with open("/proc/%d/stat" % process.pid) as file:
        return file.read().rpartition(")")[2].split()[0]


def has_open(process, path):
    folder = "/proc/%d/fd" % process.pid
    for name in os.listdir(folder):
        try:
            if os.readlink(os.path.join(folder, name)) == path:
                return True
        except FileNotFoundError:       # closed meanwhile
            pass
    return False
