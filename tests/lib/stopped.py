"""stopped.py: a process with tests/fault/bad-calls.la preloaded, which dies or stops before a call that is counted; and waiting until it has stopped."""
import os
import time


def bad(what):
    """Of the environment: "renameat:kill:3", "symlinkat:stop:1:1"."""
    return {"LARDER_BAD": what, "LD_PRELOAD": os.path.join(os.environ["TOP_BUILDDIR"], "tests/fault/.libs/bad-calls.so"),
            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}


def is_stopped(process):
    """False: it has ended."""
    return until(process, lambda: state_of(process) == "T")


def until(process, reached):
    while process.poll() is None:
        if reached():
            return True
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
