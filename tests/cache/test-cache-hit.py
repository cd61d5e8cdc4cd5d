#!/usr/bin/env python3
"""What a model that is there costs: as many calls to the mount as the fast way has, for on a mount over the network each may be a round trip; and as little
of the processor as `larder version`."""
import collections
import os
import resource
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from caches import ENV, LARDER, SLOW, BUILD, Cache, run  # noqa: E402

HOME = "/.larder/gen/sdxl%2Fbase.safetensors"


def there(*settings):
    cache = Cache(*settings)
    cache.put("sdxl/base.safetensors", b"x" * 100000)
    cache.load("base")
    return cache


def calls(cache):
    """{(call, path below the root): how many} of a hit."""
    log = cache.path("calls")
    got, _ = cache.load("base", env={"LD_PRELOAD": os.path.join(BUILD, "tests/fault/.libs/counted-calls.so"), "LARDER_COUNT": log, "LARDER_COUNT_ROOT": cache.root,
                                     "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"})
    assert got["how"] == "hit", got
    with open(log) as file:
        counted = collections.Counter(tuple(line.rstrip("\n").split(" ", 1)) for line in file)
    os.unlink(log)
    return counted


def test_cache_hit_calls():
    """The link, the record, the file's size: nothing is listed, nothing written. Once a minute the time of use as well."""
    cache = there()
    found = calls(cache)
    data = os.readlink(os.path.join(cache.root, "sdxl/base.safetensors"))[2:]
    assert found.pop(("open", "")) == 1 and found.pop(("readlink", "/sdxl/base.safetensors")) == 1 and found.pop(("stat", data)) == 1, found
    assert set(found) == {("open", HOME + "/1"), ("read", HOME + "/1"), ("stat", HOME + "/1")}, found
    assert found["open", HOME + "/1"] == found["stat", HOME + "/1"] == 1 and found["read", HOME + "/1"] <= 2, found
    then = time.time() - 100
    os.utime(cache.root + HOME + "/1", (then, then))
    found = calls(cache)
    assert found["touch", HOME + "/1"] == 1 and found["list", HOME] == 1 and not any(call == "write" for call, _ in found) and sum(found.values()) < 14, found


def spent(*words, env):
    """The median of 21 runs, in seconds of the processor."""
    found = []
    for _ in range(21):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([LARDER, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return sorted(found)[10]


def test_cache_hit_is_cheap_as_a_command():
    """At most 5 ms of processor."""
    cache = there()
    env = {**ENV, **cache.env}
    hit, version = spent("model", "load", "base", "--base", "sdxl", env=env), spent("version", env=env)
    print("# a hit %.1f ms, version %.1f ms" % (1000 * hit, 1000 * version))
    assert hit <= 0.005 * (1 if SLOW == 1 else 100), (hit, version)


run(sys.modules[__name__])
