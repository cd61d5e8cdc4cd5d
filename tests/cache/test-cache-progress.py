#!/usr/bin/env python3
"""What people see while bytes move: who waits sees who fills and how far he is, c-C07; who has a terminal sees bytes grow, how many there will be, and how
long that takes, for load, pull and sync alike."""
import json
import os
import re
import subprocess
import sys

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)), os.path.join(os.environ["TOP_SRCDIR"], "tests/lib")]
import terminal  # noqa: E402
from caches import ENV, LARDER, MIB, SLOW, Cache, model_line, run  # noqa: E402

MOUNT = """
[backend "mount"]
driver = efs
root = ROOT/../mount

[store "files"]
backend = mount
bucket = .
"""
BAR = re.compile(r"(\d+) done, ([\d.]+) (B|KiB|MiB)(?: of ([\d.]+) MiB( or more)?)?, [\d.]+ \w+/s, [^,\r]+?(?:, ETA ([\d.]+) (ms|s)( or more)?)?\x1b\[K")
UNIT = {"B": 1, "KiB": 1 << 10, "MiB": MIB, "ms": 0.001, "s": 1}


def waiting(process, count):
    """The lines of --json that tell of waiting, as they come."""
    for text in process.stdout:
        line = json.loads(text)
        if line["type"] == "waiting":
            yield line
            count -= 1
        if count == 0:
            return


def test_cache_progress_a_waiter_sees_bytes_grow():
    """At once who fills, and of how much; some seconds later more of it, though the lease has not come to a third; in words, too."""
    cache = Cache("lease = 600s", "wait = 60s")
    cache.put("sdxl/base.safetensors", os.urandom(32 * MIB))
    holder = cache.start("model", "load", "base", "--base", "sdxl", "--bandwidth", "3MB/s", "--json")
    cache.until(lambda: b" of " in cache.lease())
    waiter = cache.start("model", "load", "base", "--base", "sdxl", "--json")
    first, second = waiting(waiter, 2)
    rest, words = waiter.communicate(timeout=60 * SLOW)
    out, err = holder.communicate(timeout=60 * SLOW)
    assert model_line(out)["how"] == "filled" and model_line(rest)["how"] == "waited", (out, err, rest, words)
    name = "%s pid %d" % (os.uname().nodename, holder.pid)
    for line in (first, second):
        assert line["model"] == "sdxl/base.safetensors" and line["holder"] == name and line["total"] == 32 * MIB, line
    assert first["bytes"] < 8 * MIB and first["bytes"] < second["bytes"] <= 32 * MIB and 4 <= second["seconds"] - first["seconds"] < 15 * SLOW, (first, second)
    said = re.findall(r"waiting for sdxl/base.safetensors: it is filled by %s, ([\d.]+ \w+) of 32.0 MiB in ([\d.]+ m?s)" % re.escape(name), words)
    assert len(said) >= 2 and said[0] != said[1], words


def test_cache_progress_of_one_that_hangs():
    """Whoever fills tells of how much before the first byte has come; where none comes his bytes stand still, his time does not."""
    cache = Cache("lease = 600s", "wait = 60s")
    cache.put("sdxl/base.safetensors", os.urandom(32 * MIB))
    holder = cache.start("model", "load", "base", "--base", "sdxl", "--bandwidth", "20KB/s", "--json")
    cache.until(lambda: b" of " in cache.lease())
    waiter = cache.start("model", "load", "base", "--base", "sdxl", "--json")
    first, second = waiting(waiter, 2)
    for process in (waiter, holder):
        process.kill()
        process.communicate()
    assert first["bytes"] == second["bytes"] == 0 and first["total"] == 32 * MIB and 4 <= second["seconds"] - first["seconds"] < 15 * SLOW, (first, second)


def test_cache_progress_one_that_goes_on_tells_of_the_whole():
    """What a dead worker has left counts as there already, not as still to come."""
    cache = Cache("lease = 1s", "wait = 60s")
    cache.put("sdxl/base.safetensors", os.urandom(48 * MIB))
    dead = cache.start("model", "load", "base", "--base", "sdxl", "--bandwidth", "16MB/s")
    cache.until(lambda: cache.pieces() >= 2)
    dead.kill()
    dead.communicate()
    holder = cache.start("model", "load", "base", "--base", "sdxl", "--bandwidth", "4MB/s")
    cache.until(lambda: b"pid %d, " % holder.pid in cache.lease() and said(cache)[0] > 0)
    done, total = said(cache)
    out, err = holder.communicate(timeout=60 * SLOW)
    assert holder.returncode == 0 and 16 * MIB <= done < total == 48 * MIB, (done, total, err)


def said(cache):
    found = re.search(rb"(\d+) of (\d+) bytes", cache.lease())
    return (int(found.group(1)), int(found.group(2))) if found else (0, 0)


def on_terminal(cache, *words):
    """What a terminal is shown: (items, bytes, of how many, or more, seconds left) of each bar."""
    ours, theirs = terminal.open_terminal()
    process = subprocess.Popen([LARDER, *words], stdout=theirs, stderr=theirs, env={**ENV, **cache.env, "TERM": "xterm"})
    os.close(theirs)
    text = terminal.read_all(ours)
    assert process.wait() == 0, text
    bars = [(int(items), float(moved) * UNIT[unit], float(total) * MIB if total else None, bool(more), float(eta) * UNIT[time_unit] if eta else None)
            for items, moved, unit, total, more, eta, time_unit, _ in BAR.findall(text.decode())]
    assert len(bars) > 4, text
    return bars, text


def grows(bars, text):
    moved = [bar[1] for bar in bars]
    assert moved == sorted(moved) and len(set(moved)) > 4, text


def ends(bars, length, text):
    """All that there is, known from early on, and an end that comes nearer."""
    known = [bar for bar in bars if bar[2] is not None and bar[4] is not None]
    assert len(known) > 4 and {bar[2] for bar in known} == {float(length)} and not any(bar[3] for bar in known), text
    assert len(known) > len(bars) * 2 / 3, text
    assert known[-1][4] < known[0][4] and 0.5 < known[len(known) // 3][4] < 30 * SLOW, text


def test_cache_progress_of_a_load():
    cache = Cache()
    cache.put("sdxl/base.safetensors", os.urandom(12 * MIB))
    bars, text = on_terminal(cache, "model", "load", "base", "--base", "sdxl", "--bandwidth", "4MB/s")
    grows(bars, text)
    ends(bars, 12 * MIB, text)


def test_cache_progress_of_a_pull():
    """Of all models together; what is there already is none of it."""
    cache = Cache()
    for name in "abc":
        cache.put("sdxl/%s.safetensors" % name, os.urandom(6 * MIB))
    cache.load("a")
    bars, text = on_terminal(cache, "model", "pull", "sdxl/", "--bandwidth", "4MB/s")
    grows(bars, text)
    ends(bars, 12 * MIB, text)


def test_cache_progress_of_a_pull_of_two_prefixes():
    """What lies below the second is not known yet while the first is pulled, and that is said."""
    cache = Cache()
    for key in ("sd15/a", "sdxl/b"):
        cache.put(key + ".safetensors", os.urandom(6 * MIB))
    bars, text = on_terminal(cache, "model", "pull", "sd15/", "sdxl/", "--bandwidth", "4MB/s")
    first = [bar for bar in bars if bar[0] == 0 and bar[2]]
    last = [bar for bar in bars if bar[0] == 1 and bar[2]]
    assert first and all(bar[3] and bar[2] == 6 * MIB for bar in first), text
    assert last and not any(bar[3] for bar in last) and last[-1][2] == 12 * MIB, text


def test_cache_progress_of_a_sync():
    """One big object from a store to a mount, by way of this process: its bytes count as they come and go, and not when it is whole."""
    cache = Cache(profile=MOUNT)
    os.makedirs(cache.path("mount"))
    cache.put("sd15/a", os.urandom(12 * MIB))
    bars, text = on_terminal(cache, "sync", "--bandwidth", "4MB/s", "models:sd15/", "files:sd15/")
    grows(bars, text)
    ends(bars, 12 * MIB, text)
    assert bars[-1][1] <= 12 * MIB, text


def test_cache_progress_of_what_is_not_copied():
    """A sync that finds one the same by its bytes tells of what it reads beside what it copies: neither counts for the other."""
    cache = Cache(profile=MOUNT)
    os.makedirs(cache.path("mount"))
    cache.put("sd15/a", os.urandom(6 * MIB))
    assert cache.run("sync", "models:sd15/", "files:sd15/").code == 0
    alone, text = on_terminal(cache, "sync", "--checksum", "--bandwidth", "4MB/s", "models:sd15/", "files:sd15/")
    assert all(bar[2] is None and bar[4] is None for bar in alone), text
    cache.put("sd15/b", os.urandom(6 * MIB))
    bars, text = on_terminal(cache, "sync", "--checksum", "--bandwidth", "4MB/s", "models:sd15/", "files:sd15/")
    unknown = [bar for bar in bars if bar[1] > 2 * MIB and bar[2] is None]
    assert len(unknown) < len(bars) / 3 and bars[-1][1] > 10 * MIB, text


run(sys.modules[__name__])
