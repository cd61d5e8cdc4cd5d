#!/usr/bin/env python3
"""A worker's former helpers (strategy.py: boto3, Pillow, a lock in Redis) against the Python module, on a real MinIO and a real Redis, in turns.

Uploads: 100 pictures of 1024x1024, opened by Pillow before the clock runs, one after the other in one process: PNG, thumbnail, both stored. The
time and CPU are those of the calls alone; the peak is that of the whole process, Pillow's pictures included. The module does more: it looks
whether the job is there, stores under conditions, sends checksums, and takes the digest of the pixels.

Models: 16 processes ask at once for one cold model; the clock stops when the last has its path. Both lock in Redis: the helper by SET NX PX, asking ten
times a second as redis-py's lock does. The module compares the checksum and syncs the file; the helper does neither.

  tests/bench/bench-python.py [--rounds N] [--count N] [--model-mib N] [--workers N]     (make bench-python)
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.join(HERE, "..", "..")
sys.path[:0] = [os.path.join(HERE, "..", "lib"), HERE]
import servers  # noqa: E402

IMAGES, MODELS = "pingvas-studio-images", "pingvas-studio-models"

CHILD = r"""
import json, os, resource, sys, time
kind, work, words = sys.argv[1], sys.argv[2], sys.argv[3:]
sys.path[:0] = [os.environ["BENCH_LIB"], os.environ["BENCH_HERE"], os.environ["BENCH_MODULE"]]
began = time.monotonic()
if kind == "helpers":
    import contextlib, pathlib, redis_talk, servers, strategy
    boto3 = servers.boto3()
    from botocore.config import Config
    @contextlib.contextmanager
    def lock(name, timeout):
        owner = os.urandom(8).hex()
        with redis_talk.Talk(int(os.environ["BENCH_REDIS"]), os.environ["LARDER_REDIS_PASSWORD"]) as talk:
            while talk.ask("SET", name, owner, "NX", "PX", timeout * 1000) is None:
                time.sleep(0.1)
            yield
            if talk.ask("GET", name) == owner:
                talk.ask("DEL", name)
    client = boto3.client("s3", aws_access_key_id=os.environ["BENCH_ACCESS"], aws_secret_access_key=os.environ["BENCH_SECRET"],
                          region_name="us-east-1", endpoint_url=os.environ["BENCH_ENDPOINT"], config=Config(s3={"addressing_style": "path"}))
    strategy.use(client, lock, pathlib.Path(os.environ["BENCH_ROOT"]))
    upload, load = strategy.upload_image_to_s3, strategy.load_model_from_efs
else:
    import larder
    larder.helpers.use(larder.open())
    upload, load = larder.upload_image_to_s3, larder.load_model_from_efs
ready = time.monotonic() - began

def peak():
    return [int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM:")][0] / 1024

def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime

wall = used = stored = 0
if work == "upload":
    from PIL import Image
    import numpy
    for number, path in enumerate(words):
        image = Image.open(path)
        image.load()
        if kind == "array":
            image = numpy.asarray(image)
        began, before = time.monotonic(), cpu()
        stored += upload(image, kind, "j%d" % number)["file_size"]
        wall, used = wall + time.monotonic() - began, used + cpu() - before
else:
    print("ready", flush=True)
    sys.stdin.readline()
    began, before = time.monotonic(), cpu()
    assert os.stat(load("big", "sdxl")).st_size == int(words[0])
    wall, used = time.monotonic() - began, cpu() - before
print(json.dumps([wall, used, peak(), ready, stored]))
"""


def environment(server, folder, redis=None):
    result = dict(server.environment(), LARDER_CONFIG=os.path.join(folder, "pipeline/larder.ini"), LARDER_PROFILE="minio", LARDER_ROOT=os.path.join(folder, "larder"),
                  LARDER_LIBRARY=os.path.join(os.environ["TOP_BUILDDIR"], ".libs/liblarder.so.0"), LARDER_MODULE_DIR=os.path.join(os.environ["TOP_BUILDDIR"], ".libs"),
                  BENCH_LIB=os.path.join(HERE, "..", "lib"), BENCH_HERE=HERE, BENCH_MODULE=os.path.join(TOP, "core/python"),
                  BENCH_ROOT=os.path.join(folder, "helpers"), BENCH_ENDPOINT=server.endpoint, BENCH_ACCESS=server.access_key, BENCH_SECRET=server.secret_key)
    if redis:
        result.update(LARDER_REDIS=redis.address, LARDER_REDIS_PASSWORD=redis.password, BENCH_REDIS=str(redis.port))
    return {name: value for name, value in result.items() if name != "PYTHONPATH"}


def start(kind, work, words, env):
    return subprocess.Popen([sys.executable, "-B", "-c", CHILD, kind, work, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env, text=True)


def end(child):
    out, _ = child.communicate()
    assert child.returncode == 0, child.args[3:5]
    return json.loads(out)


def uploads(kind, files, env):
    return end(start(kind, "upload", files, env))


def loads(kind, workers, length, env, root):
    """Until the last, CPU of all, peak of the largest."""
    shutil.rmtree(root, True)
    children = [start(kind, "load", [str(length)], env) for _ in range(workers)]
    for child in children:
        assert child.stdout.readline() == "ready\n", child.args[3:5]   # it has imported what it needs, and waits for the line
    began = time.monotonic()
    for child in children:
        child.stdin.write("go\n")
        child.stdin.flush()
    said = [end(child) for child in children]
    wall = time.monotonic() - began
    return [wall, sum(one[1] for one in said), max(one[2] for one in said)]


def say(title, kinds, figures, per, unit):
    print(title)
    for index, (name, scale, what) in enumerate((("wall", per, unit), ("CPU", per, unit), ("peak", 1, "MiB"))):
        medians = {kind: statistics.median(row[index] for row in figures[kind]) * scale for kind in kinds}
        ratio = {kind: statistics.median(a[index] / b[index] for a, b in zip(figures[kind], figures["helpers"])) for kind in kinds}
        print("%-5s %s" % (name, ", ".join("%s %.1f %s (%.2f)" % (kind, medians[kind], what, ratio[kind]) for kind in kinds)))


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--count", type=int, default=100)
    options.add_argument("--side", type=int, default=1024)
    options.add_argument("--model-mib", type=int, default=1024)
    options.add_argument("--workers", type=int, default=16)
    options = options.parse_args()
    pictures = __import__("importlib").import_module("bench-ingest-minio").make_pictures
    folder = tempfile.mkdtemp(prefix="larder-bench-")
    try:
        files = pictures(folder, options.count, options.side)
        servers.pipeline(os.path.join(folder, "pipeline"))
        kinds = ("helpers", "module", "array")
        up, down = {kind: [] for kind in kinds}, {kind: [] for kind in kinds[:2]}
        length = options.model_mib << 20
        for turn in range(options.rounds + 1 if options.count else 0):
            with servers.start("minio") as server:                            # each turn begins with an empty server
                server.make_bucket(IMAGES)
                env = environment(server, folder)
                for kind in kinds if turn % 2 else kinds[::-1]:
                    taken = uploads(kind, files, env)
                    if turn:                                                  # the first is warm-up
                        up[kind].append(taken)
        if options.count:
            say("%d uploads of %d², median of %d rounds in turns, (ratio to the helpers)" % (options.count, options.side, options.rounds), kinds, up,
                1000 / options.count, "ms each")
            print("ready ", {kind: round(statistics.median(row[3] for row in up[kind]), 3) for kind in kinds}, "s; stored", {kind: up[kind][0][4] for kind in kinds})
        if length:
            with servers.start("minio") as server, servers.start("redis") as redis:
                server.make_bucket(MODELS)
                with open(os.path.join(folder, "big"), "wb") as file:
                    for _ in range(options.model_mib):
                        file.write(os.urandom(1 << 20))
                server.client().upload_file(os.path.join(folder, "big"), MODELS, "sdxl/big.safetensors")
                env = environment(server, folder, redis)
                for turn in range(options.rounds):
                    for kind in kinds[:2] if turn % 2 else kinds[1::-1]:
                        down[kind].append(loads(kind, options.workers, length, env, os.path.join(folder, "larder" if kind == "module" else "helpers")))
            say("%d workers, one cold model of %d MiB" % (options.workers, options.model_mib), kinds[:2], down, 1, "s")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
