#!/usr/bin/env python3
"""Ingest of 1024x1024 PNGs: larder against Pillow doing the same work on the same files, in turns.

The same work: read the file, SHA-256 of its bytes, decode, thumbnail into 256x256 (Lanczos), WebP quality 85,
both files written under private names, fsynced, renamed, and the folder fsynced. One process, one thread each.

  tests/bench/bench-ingest.py [--rounds N] [--files N] [--no-fsync]     (make bench runs it)
"""
import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time


def make_pictures(folder, count, side):
    """Photograph-like: smooth colour fields, edges and fine noise, saved as Pillow saves by default."""
    import numpy
    from PIL import Image
    paths = []
    for number in range(count):
        random = numpy.random.default_rng(number)
        y, x = numpy.mgrid[0:side, 0:side] / side
        planes = []
        for _ in range(3):
            field = sum(random.uniform(10, 50) * numpy.sin(random.uniform(2, 40) * x + random.uniform(2, 40) * y + random.uniform(0, 6))
                        for _ in range(6))
            field += 40 * (numpy.sin(random.uniform(20, 60) * (x - .5) ** 2 + random.uniform(20, 60) * (y - .5) ** 2) > 0)
            planes.append(128 + field + random.normal(0, 4, (side, side)))
        path = os.path.join(folder, "p%02d.png" % number)
        Image.fromarray(numpy.clip(numpy.dstack(planes), 0, 255).astype("uint8")).save(path)
        paths.append(path)
    return paths


PILLOW = r"""
import hashlib, io, os, sys
from PIL import Image
durable, out = sys.argv[1] == "1", sys.argv[2]
def publish(path, data):
    fd = os.open(path + ".tmp", os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    os.write(fd, data)
    if durable: os.fsync(fd)
    os.close(fd)
    os.rename(path + ".tmp", path)
    if durable:
        folder = os.open(os.path.dirname(path), os.O_RDONLY); os.fsync(folder); os.close(folder)
os.makedirs(out + "/thumbnails")
for path in sys.argv[3:]:
    data = open(path, "rb").read()
    hashlib.sha256(data).hexdigest()
    image = Image.open(io.BytesIO(data)); image.load()
    image.thumbnail((256, 256), Image.Resampling.LANCZOS)
    buffer = io.BytesIO(); image.save(buffer, "WEBP", quality=85)
    name = os.path.basename(path)
    publish(out + "/thumbnails/" + name[:-4] + ".webp", buffer.getvalue())
    publish(out + "/" + name, data)
"""


def run(command, environment=None):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    wall = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--files", type=int, default=20)
    options.add_argument("--side", type=int, default=1024)
    options.add_argument("--no-fsync", action="store_true")
    options.add_argument("--larder", default="larder")
    options.add_argument("--config", default="etc/larder.ini")
    options = options.parse_args()
    import PIL
    folder = tempfile.mkdtemp(prefix="larder-bench-")
    try:
        files = make_pictures(folder, options.files, options.side)
        figures = {"larder": [], "pillow": []}
        for turn in range(options.rounds + 1):
            out = os.path.join(folder, "out-%d" % turn)
            environment = dict(os.environ, LARDER_ROOT=out + "-larder", LARDER_FSYNC="no" if options.no_fsync else "yes")
            larder = run([options.larder, "--config", options.config, "--profile", "mock", "--jobs", "1",
                          "image", "ingest", "--user", "bench"] + files, environment)
            pillow = run([sys.executable, "-c", PILLOW, "0" if options.no_fsync else "1", out + "-pillow"] + files)
            if turn:  # the first is warm-up
                figures["larder"].append(larder)
                figures["pillow"].append(pillow)
        print("%d files of %d², fsync %s, median of %d rounds in turns, Pillow %s" % (
            options.files, options.side, "off" if options.no_fsync else "on", options.rounds, PIL.__version__))
        for kind, index in (("wall", 0), ("CPU", 1)):
            median = {who: statistics.median(f[index] for f in rows) * 1000 / options.files for who, rows in figures.items()}
            ratio = statistics.median(a[index] / b[index] for a, b in zip(figures["larder"], figures["pillow"]))
            print("%-5s larder %6.1f ms, pillow %6.1f ms an image; ratio %.2f" % (kind, median["larder"], median["pillow"], ratio))
        print(json.dumps(figures))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


main()
