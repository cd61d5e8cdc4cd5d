#!/usr/bin/env python3
"""Ingest of 100 pictures of 1024x1024 into a real MinIO: larder against boto3 and Pillow doing the same work, in turns.

The same work: read the file, SHA-256 of its bytes, decode, thumbnail into 256x256 (Lanczos), WebP quality 85, thumbnail and
picture put create-only with the same metadata and a CRC64NVME. Pictures without text or places go in as they are, on both
sides; each fourth picture is a JPEG and is decoded and put as it came. Half are photograph-like, half flat.

  tests/bench/bench-ingest-minio.py [--rounds N] [--files N] [--jobs N]     (make bench runs it)
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
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import proxy  # noqa: E402
import servers  # noqa: E402

BUCKET = "pingvas-studio-images"

# One session and client for all threads, as its manual says; as many threads as larder has jobs.
OTHER = r"""
import hashlib, io, os, sys
from concurrent.futures import ThreadPoolExecutor
from PIL import Image
sys.path.insert(0, sys.argv[1])
import servers
boto3 = servers.boto3()
from botocore.config import Config
endpoint, access, secret, jobs = os.environ["BENCH_ENDPOINT"], os.environ["BENCH_ACCESS"], os.environ["BENCH_SECRET"], int(sys.argv[2])
client = boto3.session.Session(aws_access_key_id=access, aws_secret_access_key=secret, region_name="us-east-1").client(
    "s3", endpoint_url=endpoint, config=Config(s3={"addressing_style": "path"}, max_pool_connections=jobs))
def one(path):
    data = open(path, "rb").read()
    digest = hashlib.sha256(data).hexdigest()
    image = Image.open(io.BytesIO(data))
    kind = image.format.lower()
    image.load()
    image.thumbnail((256, 256), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    image.save(out, "WEBP", quality=85)
    job = os.path.splitext(os.path.basename(path))[0]
    key, thumbnail = "boto/2026/11/%s.%s" % (job, kind), "boto/2026/11/thumbnails/%s.webp" % job
    client.put_object(Bucket=sys.argv[3], Key=thumbnail, Body=out.getvalue(), ContentType="image/webp", IfNoneMatch="*",
                      ChecksumAlgorithm=sys.argv[4], Metadata={"larder-digest": digest, "larder-image": key})
    client.put_object(Bucket=sys.argv[3], Key=key, Body=data, ContentType="image/" + kind, IfNoneMatch="*", ChecksumAlgorithm=sys.argv[4],
                      Metadata={"larder-digest": digest, "larder-thumbnail": thumbnail, "user_id": "boto", "job_id": job, "uploaded_at": "2026-11-25T10:00:00.000000"})
with ThreadPoolExecutor(jobs) as pool:
    list(pool.map(one, sys.argv[5:]))
"""


def make_pictures(folder, count, side):
    """Half photograph-like (fields, edges, fine noise), half flat (a few plain areas); each fourth a JPEG."""
    import numpy
    from PIL import Image, ImageDraw
    y, x = numpy.mgrid[0:side, 0:side] / side
    paths = []
    for number in range(count):
        random = numpy.random.default_rng(number)
        if number % 2:
            planes = [128 + sum(random.uniform(10, 50) * numpy.sin(random.uniform(2, 40) * x + random.uniform(2, 40) * y) for _ in range(4))
                      + 40 * (numpy.sin(random.uniform(20, 60) * ((x - .5) ** 2 + (y - .5) ** 2)) > 0) + random.normal(0, 4, (side, side))
                      for _ in range(3)]
            image = Image.fromarray(numpy.clip(numpy.dstack(planes), 0, 255).astype("uint8"))
        else:
            image = Image.new("RGB", (side, side), tuple(int(v) for v in random.integers(0, 256, 3)))
            draw = ImageDraw.Draw(image)
            for _ in range(30):
                a, b = sorted(random.integers(0, side, 2)), sorted(random.integers(0, side, 2))
                draw.rectangle([int(a[0]), int(b[0]), int(a[1]), int(b[1])], fill=tuple(int(v) for v in random.integers(0, 256, 3)))
        path = os.path.join(folder, "p%03d.%s" % (number, "jpg" if number % 4 == 3 else "png"))
        image.save(path, **({"quality": 92} if path.endswith("jpg") else {}))
        paths.append(path)
    return paths


def run(command, environment):
    """(wall, CPU, peak MiB) of one process. The peak is VmHWM, looked at all the time: ru_maxrss would be ours, from before exec."""
    start, peak, said = time.monotonic(), 0, tempfile.TemporaryFile()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said, env=environment)
    while True:
        try:
            with open("/proc/%d/status" % process.pid) as file:
                peak = max(peak, *[int(line.split()[1]) for line in file if line.startswith("VmHWM:")], 0)
        except OSError:
            pass
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        time.sleep(0.02)
    wall, process.returncode = time.monotonic() - start, os.waitstatus_to_exitcode(status)
    said.seek(0)
    assert process.returncode == 0, said.read().decode(errors="replace")
    return wall, usage.ru_utime + usage.ru_stime, peak / 1024


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--files", type=int, default=100)
    options.add_argument("--side", type=int, default=1024)
    options.add_argument("--jobs", type=int, default=2)
    options.add_argument("--larder", default="larder")
    options.add_argument("--config", default="etc/larder.ini")
    options = options.parse_args()
    folder = tempfile.mkdtemp(prefix="larder-bench-")
    figures = {"larder": [], "boto3": []}
    try:
        files = make_pictures(folder, options.files, options.side)
        jobs = str(options.jobs)
        ingest = [options.larder, "--config", options.config, "--profile", "minio", "--jobs", jobs, "image", "ingest", "--user", "bench"]
        for turn in range(options.rounds + 1):
            with servers.start("minio") as server:                            # each turn begins with an empty server
                server.make_bucket(BUCKET)
                environment = dict(server.environment(), LARDER_ROOT=folder, BENCH_ENDPOINT=server.endpoint,
                                   BENCH_ACCESS=server.access_key, BENCH_SECRET=server.secret_key)
                other = [sys.executable, "-c", OTHER, os.path.join(HERE, "..", "lib"), jobs, BUCKET, "CRC64NVME" if crc() else "CRC32"]
                both = {"larder": ingest + files, "boto3": other + files}
                for who in ("larder", "boto3") if turn % 2 else ("boto3", "larder"):
                    taken = run(both[who], environment)
                    if turn:                                                  # the first is warm-up
                        figures[who].append(taken)
                if turn == 0:
                    requests(server, ingest, files[:10])
        print("%d pictures of %d², %d jobs, median of %d rounds in turns" % (options.files, options.side, options.jobs, options.rounds))
        for index, (kind, scale, unit) in enumerate((("wall", 1000 / options.files, "ms a picture"), ("CPU", 1000 / options.files, "ms a picture"), ("peak", 1, "MiB"))):
            one, two = ([row[index] * scale for row in figures[who]] for who in ("larder", "boto3"))
            print("%-5s larder %7.1f, boto3 and Pillow %7.1f %s; ratio %.2f" % (
                kind, statistics.median(one), statistics.median(two), unit, statistics.median(a / b for a, b in zip(one, two))))
        print(json.dumps(figures))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def crc():
    servers.boto3()
    try:
        import awscrt  # noqa: F401
        return True
    except ImportError:
        return False


def requests(server, ingest, files):
    """What the tool asks of the server, by method, for these pictures of a new user, one at a time."""
    with proxy.Proxy(server.endpoint, []) as between:
        words = ["1" if word.isdigit() else "counted" if word == "bench" else word for word in ingest]
        run(words + files, dict(server.environment(between.endpoint), LARDER_ROOT="/nonexistent"))
        counts = {}
        for record in between.requests:
            what = "LIST" if "list-type=2" in record["path"] else record["method"]
            counts[what] = counts.get(what, 0) + 1
        print("requests for %d pictures: %s" % (len(files), ", ".join("%d %s" % (n, w) for w, n in sorted(counts.items()))))
        for record in between.requests[:12]:
            print("#  %-4s %s %s" % (record["method"], record["path"][:110], record["status"]))


if __name__ == "__main__":
    main()
