#!/usr/bin/env python3
"""The lease of one that fills: renewed while bytes move and no longer, lost by whoever slept past it, as every clock but the one that stood still
tells; and then his work is over, for another does it by now. c-C06, c-C07."""
import math
import os
import re
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from caches import MIB, SLOW, Cache, model_line, read, run  # noqa: E402
from clock import Clock  # noqa: E402

LEASE = math.ceil(SLOW)                         # seconds
BIG = os.urandom(24 * LEASE * MIB)              # of which a worker that is slow loads 4 MiB a second
SLOWLY = ("--bandwidth", "4MB/s")


def cache_of(*settings, lease=LEASE, **more):
    cache = Cache("lease = %ds" % lease, "wait = 90s", *settings, **more)
    cache.put("sdxl/base.safetensors", BIG)
    return cache


def begin(cache, *more, env=None):
    return cache.start("model", "load", "base", "--base", "sdxl", "--json", *more, env=env)


def end(process):
    out, err = process.communicate(timeout=120 * SLOW)
    assert process.returncode == 0, (out, err)
    return model_line(out)["how"]


def fills(cache, process):
    """Until that one holds the lock and bytes have come."""
    cache.until(lambda: re.search(rb"pid %d, [1-9]" % process.pid, cache.lease()))


def fence(cache):
    return max(int(number) for number in re.findall(rb'"fence":(\d+)', cache.lease()))


def whole(cache):
    (only,) = cache.listed("--old")
    assert read(only["path"]) == BIG and only["generation"] == 1 and cache.private() == [], (only, cache.private())


def test_cache_lease_is_renewed():
    """A download six times as long as the lease: whoever holds it does all of it, and whoever waits has waited."""
    cache = cache_of()
    holder = begin(cache, *SLOWLY)
    fills(cache, holder)
    waiter = begin(cache)
    assert (end(holder), end(waiter), fence(cache)) == ("filled", "waited", 1)
    whole(cache)


def test_cache_lease_is_renewed_only_while_bytes_move():
    """Whoever hangs with his source loses it, though his process is well."""
    cache = cache_of()
    holder = begin(cache, "--bandwidth", "20KB/s")
    cache.until(lambda: b"pid %d, 0 of" % holder.pid in cache.lease())
    waiter = begin(cache)
    try:
        assert (end(waiter), fence(cache)) == ("filled", 2)
    finally:
        holder.kill()
        holder.communicate()
    assert read(cache.listed()[0]["path"]) == BIG


def test_cache_lease_of_a_machine_that_was_suspended():
    """While it slept its boot clock went on, and no other: by that its lease is over, though the lock's service, which knows nothing of it, would
    renew it yet. It is given up and taken anew before anything more is done."""
    cache = cache_of("lock-name = model:{name}:wall", lock="driver = faulty\nfolder = %s\nfault = wall-clock")
    os.makedirs(cache.path("locks"))
    clock = Clock(cache.path("slept"), "LARDER_SLEPT")
    holder = begin(cache, *SLOWLY, env=clock.environment)
    fills(cache, holder)
    cache.stop(holder)
    clock.set(10 * LEASE)
    holder.send_signal(signal.SIGCONT)
    assert (end(holder), int.from_bytes(cache.lease()[:8], sys.byteorder)) == ("filled", 2)
    whole(cache)


def test_cache_lease_of_a_sleeper_whose_work_another_does():
    """c-C06: the lease of one that was stopped in the midst is another's by now, who has not published yet: woken up he leaves it to him, though
    he would be done first. The other's lease is one that he renews in time though the machine be busy."""
    cache = cache_of(lease=4 * LEASE)
    holder = begin(cache, *SLOWLY)
    fills(cache, holder)
    cache.stop(holder)
    other = begin(cache, "--bandwidth", "2MB/s")
    try:
        fills(cache, other)
    finally:
        holder.send_signal(signal.SIGCONT)
    assert (end(holder), end(other), fence(cache)) == ("waited", "filled", 2)
    whole(cache)


run(sys.modules[__name__])
