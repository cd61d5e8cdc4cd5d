#!/usr/bin/env python3
"""larder model pull as a job of a cluster runs it: told to end in the midst, run again, in shards, an index twice at once; c-C13."""
import json
import os
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from caches import MIB, SLOW, Cache, read, run  # noqa: E402

MODELS = {"sdxl/m%02d.safetensors" % number: os.urandom(2 * MIB + number) for number in range(10)}
SMALL = {"sdxl/s%03d.safetensors" % number: os.urandom(1000 + number) for number in range(120)}
SLOWLY = ["--bandwidth", "6MB/s"]
GRACE = 25


def filled(models, *settings):
    cache = Cache("prefixes = sdxl/", *settings)
    for key, data in models.items():
        os.makedirs(os.path.dirname(cache.path("source", key)), exist_ok=True)
        with open(cache.path("source", key), "wb") as file:
            file.write(data)
    assert cache.run("cp", "-q", "-r", cache.path("source") + "/", "models:").code == 0
    return cache


def there(cache, models):
    """Those that can be read; each is whole."""
    found = [key for key in models if os.path.exists(os.path.join(cache.root, key))]
    for key in found:
        assert read(os.path.join(cache.root, key)) == models[key], key
    return found


def until(what):
    end = time.monotonic() + 60 * SLOW
    while not what():
        assert time.monotonic() < end
        time.sleep(0.01)


def summary(text):
    return json.loads(text.splitlines()[-1])


def test_cache_job_sigterm_in_the_midst():
    """Ends within the grace of a pod and exits 143 with the summary of what it did; what is there is whole, and the next run does the rest alone."""
    cache = filled(MODELS)
    process = cache.start("model", "pull", "--json", *SLOWLY)
    until(lambda: there(cache, MODELS))
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=GRACE)
    assert time.monotonic() - began < GRACE and process.returncode == 143, (process.returncode, err)
    last = summary(out)
    assert last["type"] == "summary" and last["exit"] == 143 and 0 < last["done"] < len(MODELS), last
    before = there(cache, MODELS)
    assert len(before) == last["done"], (before, last)
    again = cache.run("model", "pull", "--json")
    assert again.code == 0 and again.summary()["skipped"] == len(before) and again.summary()["done"] == len(MODELS) - len(before), again.out
    assert len(there(cache, MODELS)) == len(MODELS) and cache.private() == []
    idle = cache.run("model", "pull", "--json")
    assert idle.code == 0 and idle.summary()["skipped"] == len(MODELS) and idle.summary()["done"] == 0


def test_cache_job_sigterm_keeps_what_was_loaded():
    """One model: the run that follows reads only what the one that was told to end had not."""
    data = os.urandom(24 * MIB)
    cache = filled({"sdxl/big.safetensors": data})

    def loaded():
        """Pieces that the journal tells of."""
        return sum(read(os.path.join(folder, name)).count(b'"piece"') for folder, _, names in os.walk(cache.root)
                   if os.path.basename(folder) == "transfers" for name in names)

    process = cache.start("model", "pull", "--json", *SLOWLY)
    until(lambda: loaded() >= 1)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=GRACE)
    assert process.returncode == 143 and summary(out)["done"] == 0, (process.returncode, out, err)
    began = time.monotonic()
    again = cache.run("model", "pull", "--json", "--bandwidth", "2MB/s")
    took = time.monotonic() - began
    assert again.code == 0 and again.summary()["done"] == 1 and read(os.path.join(cache.root, "sdxl/big.safetensors")) == data, again.out
    assert took < 12, "at 2 MB/s the whole of it takes 12.6 s: %.1f" % took


def test_cache_job_shards():
    """c-C13: four shards; index 2 twice at once and one of the two killed, index 3 twice in a row: the union is every model once, none torn, no error."""
    cache = filled(SMALL, "lease = 2s")

    def shard(index, *words):
        return cache.run("model", "pull", "--shard", "/4", "--json", *words, env={"JOB_COMPLETION_INDEX": str(index)})
    done = []
    for index in (0, 1, 3):
        got = shard(index)
        assert got.code == 0 and got.summary()["failed"] == 0, got.out
        done.append(got.summary()["done"])
    again = shard(3)
    assert again.code == 0 and again.summary()["done"] == 0 and again.summary()["skipped"] == done[2], again.out
    before = len(there(cache, SMALL))
    assert before == sum(done) and 0 < len(SMALL) - before < len(SMALL), (before, done)
    cache.env["JOB_COMPLETION_INDEX"] = "2"
    first, second = (cache.start("model", "pull", "--shard", "/4", "--json") for _ in range(2))
    until(lambda: len(there(cache, SMALL)) > before or first.poll() is not None)
    first.kill()
    first.communicate()
    out, err = second.communicate(timeout=120 * SLOW)
    assert second.returncode == 0 and summary(out)["failed"] == 0, (second.returncode, out, err)
    assert sorted(there(cache, SMALL)) == sorted(SMALL) and cache.private() == []
    assert len(cache.listed("--old")) == len(SMALL), "each was published once"


run(sys.modules[__name__])
