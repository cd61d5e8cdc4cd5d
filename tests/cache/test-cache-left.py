#!/usr/bin/env python3
"""What lies in a cache and is no model: what a killed load left, files that stood where a link had to go. It is counted, told, and goes; and never what somebody is
at work on."""
import os
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from caches import MIB, SLOW, Cache, bad, model_line, read, run, write  # noqa: E402
from disks import Disk  # noqa: E402

DATA, OTHER = os.urandom(2 * MIB), os.urandom(2 * MIB)
SMALL = MIB // 4                     # more than records and folders take


def home(cache, name="base"):
    return os.path.join(cache.root, ".larder/gen/sdxl%2F" + name + ".safetensors")


def disk(cache):
    return 1024 * int(subprocess.run(["du", "-sk", cache.root], capture_output=True, text=True, check=True).stdout.split()[0])


def made(*settings, **objects):
    cache = Cache("hold = 60s", "wait = 30s", *settings)
    for name, data in objects.items():
        cache.put("sdxl/%s.safetensors" % name, data)
    return cache


def unused(cache, name="base"):
    """As if the readers' leases were over."""
    for record in os.listdir(home(cache, name)):
        if record.isdigit():
            os.utime(os.path.join(home(cache, name), record), (1e9, 1e9))


def evicted(cache, *words, code=0):
    got = cache.run("model", "evict", *words)
    assert got.code == code, (words, got.code, got.out, got.err)
    return got


def dead(cache, where, name="base"):
    """A load that is killed there; its lease is over."""
    code = cache.run("model", "load", name, "--base", "sdxl", env=bad(where)).code
    shutil.rmtree(cache.path("locks"), ignore_errors=True)
    return code == -signal.SIGKILL


def killed_at_publishing(cache, name="base"):
    """Between the links of its files and its record."""
    assert dead(cache, "linkat:kill:%d:1" % at_record(), name)
    left = [entry for entry in os.listdir(home(cache, name)) if "-" in entry]
    assert len(left) == 1 and cache.unnamed(), left
    return left[0]


def at_record():
    """The link that is the commit: the first at which a killed load leaves a folder that holds its file."""
    if not at_record.number:
        for number in range(1, 9):
            cache = made(base=DATA)
            assert dead(cache, "linkat:kill:%d:1" % number)
            if any(files for folder, _, files in os.walk(home(cache)) if "/1-" in folder):
                at_record.number = number
                break
    return at_record.number


at_record.number = 0


def test_cache_left_of_evictions():
    """Filled and evicted again and again: nothing gathers."""
    cache = made(base=DATA)
    for number in range(1, 8, 2):
        assert cache.load("base")[0]["generation"] == number
        there = os.listdir(home(cache))
        assert len(there) == 2 and str(number) in there, there
        unused(cache)
        evicted(cache, "base", "--base", "sdxl")
        assert os.listdir(home(cache)) == [str(number + 1)], os.listdir(home(cache))


def test_cache_left_adopted():
    """A file that was taken over has no second name anywhere: evicted, its bytes are free."""
    cache = made(base=DATA)
    write(os.path.join(cache.root, "sdxl/base.safetensors"), DATA)
    assert cache.load("base")[0]["how"] == "adopted" and disk(cache) < len(DATA) + SMALL
    unused(cache)
    evicted(cache, "base", "--base", "sdxl")
    assert disk(cache) < SMALL, disk(cache)


def aside(data=DATA[:-1], **more):
    cache = made(base=DATA, **more)
    path = os.path.join(cache.root, "sdxl/base.safetensors")
    write(path, data)
    with open(path, "rb") as reader:
        assert cache.load("base")[0]["how"] == "filled" and reader.read() == data
    return cache


def test_cache_left_replaced():
    """A file that stood in the way is told by ls, counts, stays for `hold` for who has it open, and goes then."""
    cache = aside()
    told = cache.listed("--old", states=("aside",))
    assert len(told) == 1 and len(DATA) - 1 <= told[0]["length"] < len(DATA) + SMALL and read(told[0]["path"]) == DATA[:-1], told
    assert cache.listed(states=("aside",)) == []
    evicted(cache, "--old")
    assert "held for readers until" in evicted(cache, "base", "--base", "sdxl", code=5).err and disk(cache) > 2 * len(DATA)
    cache.settings("hold = 1ms")
    evicted(cache, "--old")
    assert cache.listed("--old", states=("aside",)) == [] and disk(cache) < len(DATA) + SMALL and cache.load("base")[0]["how"] == "hit"


def test_cache_left_replaced_goes_by_itself():
    """The next that fills that model takes it away; and one of another model, where the quota is short."""
    for other, quota in (("base", ""), ("other", "quota = 5MiB")):
        cache = aside(other=OTHER)
        cache.put("sdxl/base.safetensors", OTHER)
        assert cache.load("base", "sdxl", "--revalidate")[0]["how"] == "filled" and len(cache.listed("--old", states=("aside",))) == 1
        unused(cache)
        evicted(cache, "--old")
        cache.settings("hold = 1ms", quota)
        cache.put("sdxl/base.safetensors", DATA)
        assert cache.load(other, "sdxl", "--revalidate")[0]["how"] == "filled"
        assert cache.listed("--old", states=("aside",)) == [] and cache.listed("--old")[0]["length"] == len(DATA), other


def test_cache_left_folder_aside():
    """Many files that were taken over: their folder, which had to make way, takes no room of its own, and goes after `hold`."""
    many = ("pattern = {base}/{name}", "key = {base}/{name}/")
    cache = Cache(*many, "hold = 60s")
    for name in ("a", "b"):
        cache.put("sdxl/base/" + name, DATA)
        write(os.path.join(cache.root, "sdxl/base", name), DATA)
    assert cache.load("base")[0]["how"] == "adopted" and disk(cache) < 2 * len(DATA) + SMALL
    cache.settings(*many, "hold = 1ms")
    evicted(cache, "base", "--base", "sdxl")
    assert disk(cache) < SMALL, disk(cache)


def test_cache_left_publication():
    """Killed between the links and the record: the next load, of the same version or another, leaves nothing of it."""
    for again in (DATA, OTHER):
        cache = made(base=DATA)
        killed_at_publishing(cache)
        cache.put("sdxl/base.safetensors", again)
        assert read(cache.load("base")[0]["path"]) == again and cache.private() == [] and disk(cache) < len(DATA) + SMALL, (again == DATA, disk(cache))


def test_cache_left_publication_evicted():
    """Nobody loads it again: told, counted once with what it shares with the private file, and evicted by name or for bytes."""
    for words in (("base", "--base", "sdxl"), ("--bytes", "2MiB")):
        cache = made(base=DATA)
        killed_at_publishing(cache)
        told = cache.listed(states=("unfinished",))
        assert len(told) == 2 and len(DATA) <= sum(line["length"] for line in told) < len(DATA) + SMALL, told
        evicted(cache, *words)
        assert disk(cache) < SMALL and cache.unnamed() == [] and cache.load("base")[0]["how"] == "filled", (words, disk(cache))


def test_cache_left_publication_beside_one():
    """The model itself is there and held: it stays for its readers, what was left goes."""
    cache = made(base=DATA)
    first = cache.load("base")[0]
    cache.put("sdxl/base.safetensors", OTHER)
    left = [number for number in range(1, 9) if dead_beside(cache, number)]
    assert left, "no link was the one"
    with open(first["path"], "rb") as reader:
        evicted(cache, "--old")
        assert cache.unnamed() == [] and reader.read() == DATA and read(cache.load("base")[0]["path"]) == DATA
    assert cache.load("base", "sdxl", "--revalidate")[0]["generation"] >= 2 and read(first["path"]) == OTHER and cache.private() == []


def dead_beside(cache, number):
    """Killed at that link, once a folder is there that nobody names."""
    if cache.unnamed():
        return False
    code = cache.run("model", "load", "base", "--base", "sdxl", "--revalidate", env=bad("linkat:kill:%d:1" % number)).code
    shutil.rmtree(cache.path("locks"), ignore_errors=True)
    return code == -signal.SIGKILL and bool(cache.unnamed())


def asleep(cache, where, *words):
    process = cache.start("model", "load", "base", "--base", "sdxl", "--json", *words, env=bad(where))
    assert os.WIFSTOPPED(os.waitpid(process.pid, os.WUNTRACED)[1])
    return process


def test_cache_left_alone_while_at_work():
    """One that fills sleeps just before his commit: an eviction leaves him alone, says who he is, and he publishes."""
    cache = made(base=DATA)
    filler = asleep(cache, "linkat:stop:%d:1" % at_record())
    try:
        told = evicted(cache, "base", "--base", "sdxl", code=5).err
        assert "pid %d" % filler.pid in told, told
        evicted(cache, "--old")
    finally:
        filler.send_signal(signal.SIGCONT)
    out, err = filler.communicate(timeout=60 * SLOW)
    assert model_line(out)["how"] == "filled" and read(model_line(out)["path"]) == DATA, err
    assert cache.load("base")[0]["generation"] == 1 and cache.private() == []


def test_cache_left_sleeper_is_fenced():
    """One that lost his lease, and sleeps before his commit: what he linked may go, for his number is taken then; he finds it so, and fills anew."""
    cache = made("lease = 1s", base=DATA)
    filler = asleep(cache, "linkat:stop:%d:1" % at_record())
    cache.until(lambda: cache.run("model", "evict", "base", "--base", "sdxl").code == 0)      # once his lease is over
    assert cache.unnamed() == [] and disk(cache) < SMALL
    filler.send_signal(signal.SIGCONT)
    out, err = filler.communicate(timeout=60 * SLOW)
    assert filler.returncode == 0 and read(model_line(out)["path"]) == DATA and model_line(out)["generation"] == 2, (out, err)
    assert cache.private() == []


def test_cache_left_sleeper_below_newer_ones():
    """The same, and meanwhile others filled, evicted, and filled another: the number that the sleeper has is free again. What he links under it is below
    the newest: it is never given to anybody, and goes."""
    cache, newer = made("lease = 1s", base=DATA), os.urandom(1000)
    filler = asleep(cache, "linkat:stop:%d:1" % at_record())
    cache.until(lambda: cache.run("model", "evict", "base", "--base", "sdxl").code == 0)
    cache.put("sdxl/base.safetensors", newer)
    for _ in range(2):
        newest = cache.load("base")[0]
        assert newest["how"] == "filled", newest
        unused(cache)
        evicted(cache, "base", "--base", "sdxl")
    newest = cache.load("base")[0]
    filler.send_signal(signal.SIGCONT)
    out, err = filler.communicate(timeout=60 * SLOW)
    assert filler.returncode == 0 and read(model_line(out)["path"]) == newer, "the old bytes"
    assert model_line(out)["generation"] == newest["generation"], (out, err)
    assert read(cache.load("base")[0]["path"]) == newer and len(cache.listed()) == 1
    evicted(cache, "--old")
    assert cache.private() == [], cache.private()
    assert [line["generation"] for line in cache.listed()] == [newest["generation"]]


def test_cache_left_fill():
    """A load that was killed in the midst: told as unfinished, counts in the quota, goes when room is needed or when asked for; one that is at work stays."""
    for words in (("a", "--base", "sdxl"), ("--bytes", "1")):
        cache = made("quota = 20MiB", a=os.urandom(18 * MIB), b=os.urandom(18 * MIB))
        filler = filling(cache)
        assert cache.listed(states=("unfinished",))[0]["length"] > MIB
        evicted(cache, *words, code=5 if words[0] == "a" else 7)
        assert filler.poll() is None
        assert "left of its quota" in cache.load("b", code=7)[1].err
        filler.kill()
        filler.communicate()
        shutil.rmtree(cache.path("locks"))
        if words[0] == "a":
            evicted(cache, *words)
        else:
            evicted(cache, "--old")
            assert cache.listed(states=("unfinished",)) != []
            evicted(cache, *words)
        assert disk(cache) < SMALL and cache.listed(states=("unfinished",)) == [] and cache.private() == [], disk(cache)


def filling(cache):
    filler = cache.start("model", "load", "a", "--base", "sdxl", "--bandwidth", "6MB/s")
    while not cache.listed(states=("unfinished",)) or cache.listed(states=("unfinished",))[0]["length"] < 5 * MIB:
        assert filler.poll() is None
    return filler


def test_cache_left_fill_makes_room():
    """The lease of a dead one is over: whoever needs the room takes it, and does not count his own."""
    cache = made("quota = 20MiB", "lease = 1s", a=os.urandom(18 * MIB), b=os.urandom(18 * MIB))
    filler = filling(cache)
    filler.kill()
    filler.communicate()
    assert cache.load("a")[0]["how"] == "filled"
    cache = made("quota = 20MiB", a=os.urandom(18 * MIB), b=os.urandom(18 * MIB))
    filler = filling(cache)
    filler.kill()
    filler.communicate()
    shutil.rmtree(cache.path("locks"))
    assert cache.load("b")[0]["how"] == "filled" and disk(cache) < 18 * MIB + SMALL, disk(cache)


def test_cache_left_private_names():
    """On a mount where private files have names: killed at each step, the next load leaves nothing."""
    kills = 0
    for call in ("linkat", "renameat", "unlinkat", "fsync"):
        for number in range(1, 30):
            with Disk(data=DATA) as cache:
                if not dead(cache, "%s:kill:%d:1" % (call, number)):
                    break
                kills += 1
                assert read(cache.load("base")[0]["path"]) == DATA and cache.private() == [], (call, number, cache.private())
    assert kills > 20, kills


run(sys.modules[__name__])
