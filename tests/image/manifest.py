"""manifest.py: a folder of pictures with right answers, run through the tool; what passes is said in check()."""
import json
import math
import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.parse

import numpy
from PIL import Image

SLOW = float(os.environ.get("LARDER_SLOW", "1"))
SANITIZED = os.environ.get("LARDER_SANITIZED") == "1"


def is_jpeg(path):
    with open(path, "rb") as file:
        return file.read(3) == b"\xff\xd8\xff"


def premultiplied(image, alpha):
    if not alpha:
        return numpy.asarray(image.convert("RGB"), dtype=float)
    pixels = numpy.asarray(image.convert("RGBA"), dtype=float)
    pixels[..., :3] *= pixels[..., 3:] / 255
    return pixels


def psnr(a, b):
    error = numpy.mean((a - b) ** 2)
    return 99.0 if error == 0 else 10 * math.log10(255 * 255 / error)


class Ingest:
    """The tool on a store of its own, one process a picture."""

    def __init__(self, tool, config):
        self.root = tempfile.mkdtemp(prefix="larder-image-")
        self.command = [tool, "--config", config, "--profile", "mock", "--json", "image", "ingest"]
        self.environment = dict(os.environ, LARDER_ROOT=os.path.join(self.root, "store"), LARDER_FSYNC="no")
        self.count = 0

    def run(self, path):
        self.count += 1
        job = "job%d" % self.count
        with open(os.path.join(self.root, "out"), "w+") as out, open(os.path.join(self.root, "err"), "w+") as err:
            start = time.monotonic()
            child = subprocess.Popen(self.command + [path, "--user", "u", "--job", job], env=self.environment, stdout=out, stderr=err,
                                     stdin=subprocess.DEVNULL)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = 0
            seconds = time.monotonic() - start
            out.seek(0)
            err.seek(0)
            lines = [json.loads(line) for line in out.read().splitlines()]
            said = err.read()
        code = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
        return {"code": code, "lines": lines, "said": said, "seconds": seconds, "rss": usage.ru_maxrss / 1024,
                "key": "%s" % job}

    def thumbnails(self, job):
        found = []
        for folder, _, names in os.walk(self.environment["LARDER_ROOT"]):
            found += [os.path.join(folder, n) for n in names if n == job + ".webp" and os.path.basename(folder) == "thumbnails" and ".larder" not in folder]
        return found

    def close(self):
        shutil.rmtree(self.root, ignore_errors=True)


def best_psnr(picture, entry, folder):
    """The best margin over its threshold of all right answers; None when only the size counts."""
    margins = []
    for ref in entry.get("refs", []):
        x, y, w, h = ref["box"]
        with Image.open(os.path.join(folder, ref["file"])) as sheet:
            right = premultiplied(sheet.crop((x, y, x + w, y + h)), entry["has_alpha"])
        margins.append((psnr(premultiplied(picture, entry["has_alpha"]), right) - ref["min_psnr_webp"], ref["min_psnr_webp"]))
    return max(margins) if margins else None


def check_ok(entry, folder, ran, thumbnails):
    if ran["code"] != 0:
        yield "exit %d: %s" % (ran["code"], ran["said"].strip().replace("\n", " | ")[-300:])
        return
    if len(thumbnails) != 1:
        yield "%d thumbnails" % len(thumbnails)
        return
    data = open(thumbnails[0], "rb").read()
    for word in entry.get("must_not_contain") or []:
        if word.encode("utf-8", "surrogateescape") in data:
            yield "thumbnail holds %r" % word
    for chunk in (b"EXIF", b"XMP ", b"ICCP"):
        if chunk in data[:2048]:
            yield "thumbnail holds a chunk %r" % chunk
    with Image.open(thumbnails[0]) as picture:
        picture.load()
        if picture.size != (entry["thumb_width"], entry["thumb_height"]):
            yield "thumbnail is %dx%d, not %dx%d" % (picture.size + (entry["thumb_width"], entry["thumb_height"]))
            return
        if getattr(picture, "n_frames", 1) != 1:
            yield "thumbnail has %d frames" % picture.n_frames
        opaque = picture.mode != "RGBA" or picture.getextrema()[3][0] == 255
        if entry.get("alpha_used") == opaque:
            yield "alpha %s" % ("lost" if opaque else "invented")
        margin = best_psnr(picture, entry, folder)
        if margin and margin[0] < 0:
            yield "PSNR %.2f, at least %.2f" % (margin[0] + margin[1], margin[1])


def check_refused(ran, thumbnails):
    if not 1 <= ran["code"] <= 127:
        yield "exit %d" % ran["code"]
    if not ran["said"].strip():
        yield "nothing said"
    if thumbnails:
        yield "a thumbnail is left"


def check(entry, folder, ingest):
    """Problems of one file, as texts."""
    ran = ingest.run(os.path.join(folder, entry["file"]))
    thumbnails = ingest.thumbnails(ran["key"])
    problems = []
    if ran["code"] < 0 or ran["code"] > 127:
        problems.append("crash: %s, %s" % (ran["code"], ran["said"][-500:]))
    expect = entry["expect"]
    if expect == "either":
        expect = "ok" if ran["code"] == 0 else "refuse"
    problems += check_ok(entry, folder, ran, thumbnails) if expect == "ok" else check_refused(ran, thumbnails)
    if ran["seconds"] > entry["max_seconds"] * SLOW:
        problems.append("took %.1f s, at most %.1f" % (ran["seconds"], entry["max_seconds"] * SLOW))
    if not SANITIZED and ran["rss"] > entry["max_rss_mib"]:
        problems.append("took %.0f MiB, at most %d" % (ran["rss"], entry["max_rss_mib"]))
    return problems


def run(folder, tool, config, prefix):
    """All PNG and WebP files of the manifest (JPEG has no codec here: each must be refused), as TAP."""
    with open(os.path.join(folder, "manifest.json")) as file:
        entries = json.load(file)["files"]
    ingest, failed = Ingest(tool, config), 0
    try:
        print("1..%d" % len(entries))
        for number, entry in enumerate(entries, 1):
            jpeg = is_jpeg(os.path.join(folder, entry["file"]))
            if jpeg:
                entry = dict(entry, expect="refuse", max_seconds=max(2, entry["max_seconds"]))
            problems = check(entry, folder, ingest)
            for problem in problems:
                print("#", entry["file"], problem)
            print("%s %d - %s-%s%s" % ("not ok" if problems else "ok", number, prefix, entry["file"].replace("/", "-").replace("#", ""),
                                       "-without-a-jpeg-codec" if jpeg else ""), flush=True)
            failed += bool(problems)
    finally:
        ingest.close()
    return 1 if failed else 0
