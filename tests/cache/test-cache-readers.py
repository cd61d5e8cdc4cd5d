#!/usr/bin/env python3
"""Readers' leases of other users, on mounts that cannot be written to, and by clocks that are wrong."""
import os
import subprocess
import sys
import time
from datetime import datetime

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
import clock  # noqa: E402
import public  # noqa: E402
from caches import ENV, LARDER, SPACE, Cache, Ran, run  # noqa: E402

DAY, HOUR = 86400, 3600
GROUP, FILLER, READER = 12000, 12001, 12002


def seconds(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def record(cache):
    return os.path.join(cache.root, ".larder/gen/sdxl%2Fbase.safetensors/1")


def filled(*settings):
    cache = Cache(*settings)
    cache.put("sdxl/base.safetensors", b"x" * 1000)
    return cache


def long_ago(path, ago):
    then = time.time() - ago
    os.utime(path, (then, then))


def held_for(cache):
    return seconds(cache.listed()[0]["held"]) - time.time()


class Shared:
    """A cache that two users of one group share; the first of them fills it."""

    def __init__(self, mode):
        self.cache = filled("hold = 1h", "dir-mode = " + mode)
        for folder in (os.path.dirname(self.cache.top), self.cache.top):
            os.chmod(folder, 0o755)
        subprocess.run(["chmod", "-R", "a+rwX", self.cache.path("store"), self.cache.path("profiles")], check=True)
        os.makedirs(self.cache.path("locks"), exist_ok=True)
        os.chmod(self.cache.path("locks"), 0o777)
        os.makedirs(self.cache.root)
        os.chown(self.cache.root, FILLER, GROUP)
        self.place = public.copy()
        self.env = {**ENV, **self.cache.env, "LARDER_MODULE_DIR": self.place, "LD_LIBRARY_PATH": self.place}
        assert self.run(FILLER, "load", "base", "--base", "sdxl").code == 0
        long_ago(record(self.cache), HOUR / 2)

    def run(self, user, *words):
        def become():
            os.umask(0o077)
            os.setgroups([])
            os.setgid(GROUP)
            os.setuid(user)
        done = subprocess.run([os.path.join(self.place, "larder"), "model", *words], env=self.env, cwd="/", preexec_fn=become, capture_output=True)
        return Ran(done)

    def load(self, user, *words):
        got = self.run(user, "load", "base", "--base", "sdxl", "--json", *words)
        return next(({"warning": None, **line} for line in got.lines() if line["type"] == "model"), None), got


def test_cache_readers_of_another_user():
    """Where the folders' mode lets him write, he has one of his own: ls tells it, no eviction takes the model, and it goes with the generation."""
    if os.geteuid() != 0:
        return
    here = Shared("775")
    cache, own = here.cache, os.path.join(os.path.dirname(record(here.cache)), "held")
    for words, least in ((("--hold", "3d"), 3 * DAY - 60), ((), 3 * DAY - 60)):
        model, got = here.load(READER, *words)
        assert model and model["how"] == "hit" and model["warning"] is None and "warning" not in got.err, (words, got.out, got.err)
        assert least < held_for(cache) <= 3 * DAY, held_for(cache)
    assert os.listdir(own) == ["1.%d" % READER] and os.stat(own).st_mode & 0o1777 == 0o1775
    long_ago(record(cache), 2 * HOUR)
    assert here.run(FILLER, "evict", "--bytes", "1").code == 7 and "held for readers until" in here.run(FILLER, "evict", "base", "--base", "sdxl").err
    long_ago(os.path.join(own, "1.%d" % READER), 2 * HOUR)
    assert here.load(READER)[0]["warning"] is None and 0 < HOUR - held_for(cache) < 60
    long_ago(os.path.join(own, "1.%d" % READER), 2 * HOUR)
    assert here.run(FILLER, "evict", "--bytes", "1").code == 0 and cache.listed() == [] and os.listdir(own) == []


def test_cache_readers_not_taken():
    """Where it does not, that is said: a warning, with until when it is safe; an error with what to do where a lease was asked for."""
    if os.geteuid() != 0:
        return
    here = Shared("755")
    model, got = here.load(READER)
    assert got.code == 0 and "may be evicted from" in model["warning"] and "warning: " in got.err and "dir-mode" in got.err, (got.out, got.err)
    model, got = here.load(READER, "--hold", "3d")
    assert got.code == 4 and model is None and "uid %d" % READER in got.err and "dir-mode" in got.err, (got.out, got.err)
    assert here.load(FILLER)[0]["warning"] is None and here.load(READER)[0]["warning"] is None


def test_cache_readers_on_a_read_only_mount():
    cache = filled("hold = 1h")
    cache.load("base")
    script = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"'

    def load(*words):
        done = subprocess.run([*SPACE, "sh", "-c", script, "sh", cache.root, LARDER, "model", "load", "base", "--base", "sdxl", "--json", *words], env={**ENV, **cache.env},
                              capture_output=True)
        return Ran(done)
    assert "warning" not in load().err
    long_ago(record(cache), HOUR / 2)
    got = load()
    assert got.code == 0 and "warning: " in got.err and "init container" in got.err and "may be evicted" in next(line for line in got.lines() if line["type"] == "model")["warning"], got.err
    got = load("--hold", "3d")
    assert got.code == 4 and "init container" in got.err and not any(line["type"] == "model" for line in got.lines()), got.err
    assert cache.load("base", "sdxl", "--hold", "3d")[0]["how"] == "hit" and "warning" not in load().err and load("--hold", "2d").code == 0


def test_cache_readers_clocks():
    """The mount's server tells the time: an evictor a day ahead takes nothing that is held, and a reader a day behind or ahead has what it asked for."""
    for off in (DAY, -DAY):
        cache = filled("hold = 1h")
        cache.load("base", "sdxl", "--hold", "2h")
        assert cache.run("model", "evict", "--bytes", "1", env=clock.off(off)).code == 7 and cache.load("base")[0]["how"] == "hit", off
        for words, wanted in ((("--hold", "2h"), 2 * HOUR), ((), HOUR)):
            cache = filled("hold = 1h")
            cache.load("base")
            long_ago(record(cache), 3 * HOUR)
            assert cache.load("base", "sdxl", *words, env=clock.off(off))[0]["how"] == "hit"
            assert abs(held_for(cache) - wanted) < 60, (off, words, held_for(cache))
            assert cache.run("model", "evict", "--bytes", "1").code == 7
        long_ago(record(cache), 3 * HOUR)
        assert cache.run("model", "evict", "--bytes", "1", env=clock.off(off)).code == 0, off


run(sys.modules[__name__])
