"""Right answers for thumbnails, by numpy and Pillow alone: exact Lanczos-3, PSNR, and a place to take pictures in."""
import io
import os
import re
import subprocess
import tempfile
import time

import numpy
from PIL import Image

TOP = os.environ["TOP_BUILDDIR"]
SLOW = float(os.environ.get("LARDER_SLOW", "1"))
SANITIZED = "ASAN_OPTIONS" in os.environ

PIPELINE = """[store "images"]
purpose = images
backend = objects
bucket = pictures

[store "thumbnails"]
purpose = thumbnails
in = images

[pipeline "image"]
store = images
key = {user}/{year}/{month}/{job}.{ext}
encode = png
metadata = user_id={user}, job_id={job}, uploaded_at={now}
thumbnail-store = thumbnails
thumbnail-key = {user}/{year}/{month}/thumbnails/{job}.%s
thumbnail-fit = 256x256
thumbnail-encode = %s
strip = location, text
"""

PROFILE = """[backend "objects"]
driver = localfs-mock
root = %s
create = yes
fsync = no
"""


class Outcome:
    """An ended process: code, what it said, seconds, peak memory in MiB."""


class Larder:
    def __init__(self, thumbnail="webp quality=85"):
        self.extension = thumbnail.split()[0]
        self.holder = tempfile.TemporaryDirectory(prefix="larder-image-")
        self.root = self.holder.name
        os.mkdir(self.path("profiles"))
        with open(self.path("larder.ini"), "w") as file:
            file.write(PIPELINE % (self.extension, thumbnail))
        with open(self.path("profiles", "plain.ini"), "w") as file:
            file.write(PROFILE % self.path("store"))
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("LARDER_")}
        self.environment["LARDER_MODULE_DIR"] = os.path.join(TOP, ".libs")

    def path(self, *parts):
        return os.path.join(self.root, *parts)

    def run(self, *words, timeout=120):
        command = [os.path.join(TOP, "tests/fault/ingest-run"), self.path("larder.ini"), "plain", *words]
        outcome, began = Outcome(), time.monotonic()
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            child = subprocess.Popen(command, stdout=out, stderr=err, env=self.environment)
            child.wait(timeout * SLOW)
            outcome.seconds = time.monotonic() - began
            out.seek(0)
            err.seek(0)
            outcome.out, outcome.err = out.read(), err.read().decode(errors="replace")
        peak = re.search(rb"^peak\s+(\d+) kB$", outcome.out, re.M) if words[0] == "ingest" else None
        outcome.code, outcome.mib = child.returncode, int(peak.group(1)) / 1024 if peak else 0
        return outcome

    def ingest(self, path, job, *more):
        return self.run("ingest", path, "u", job, *more)

    def thumbnail(self, job):
        """Bytes of the thumbnail, or None."""
        outcome = self.run("cat", "thumbnails", "u/2026/11/thumbnails/%s.%s" % (job, self.extension))
        return outcome.out if outcome.code == 0 else None

    def image(self, job, ext):
        outcome = self.run("cat", "images", "u/2026/11/%s.%s" % (job, ext))
        return outcome.out if outcome.code == 0 else None


def decode(data):
    return numpy.asarray(Image.open(io.BytesIO(data)).convert("RGBA"), dtype=numpy.float64)


def psnr(one, other, alpha):
    """Over premultiplied RGBA where there is alpha, else over RGB, as the published vectors define it."""
    one, other = one.astype(numpy.float64), other.astype(numpy.float64)
    if alpha:
        one, other = one.copy(), other.copy()
        one[..., :3] *= one[..., 3:] / 255
        other[..., :3] *= other[..., 3:] / 255
    else:
        one, other = one[..., :3], other[..., :3]
    error = numpy.mean((one - other) ** 2)
    return 99.0 if error == 0 else min(99.0, 10 * numpy.log10(255 * 255 / error))


def weights(size, to):
    """Matrix of exact Lanczos-3, normalised at the borders, in double precision."""
    scale = size / to
    filter_scale = max(scale, 1.0)
    centre = (numpy.arange(to) + 0.5) * scale
    at = (numpy.arange(size)[None, :] + 0.5 - centre[:, None]) / filter_scale
    matrix = numpy.where(numpy.abs(at) < 3, numpy.sinc(at) * numpy.sinc(at / 3), 0)
    return matrix / matrix.sum(axis=1, keepdims=True)


def lanczos(pixels, width, height):
    """pixels: height × width × channels (1, 3, or 4 with straight alpha), 8 bits."""
    rows = pixels.astype(numpy.float64)
    if rows.shape[2] == 4:
        rows[..., :3] *= rows[..., 3:] / 255
    down, across = weights(rows.shape[0], height), weights(rows.shape[1], width)
    rows = numpy.einsum("ys,sxc->yxc", down, rows)
    rows = numpy.einsum("xs,ysc->yxc", across, rows)
    if rows.shape[2] == 4:
        alpha = numpy.clip(rows[..., 3:], 0, 255)
        with numpy.errstate(divide="ignore", invalid="ignore"):
            rows[..., :3] = numpy.where(alpha > 0.5, rows[..., :3] * 255 / alpha, 0)
        rows[..., 3:] = alpha
    return numpy.floor(numpy.clip(rows, 0, 255) + 0.5).astype(numpy.uint8)


class Tap:
    def __init__(self):
        self.count = self.failed = 0

    def check(self, good, name, why=""):
        self.count += 1
        self.failed += not good
        print("%s %d - %s" % ("ok" if good else "not ok", self.count, name), flush=True)
        if not good and why:
            print("# " + str(why).replace("\n", "\n# "), flush=True)

    def done(self):
        print("1..%d" % self.count)
        raise SystemExit(1 if self.failed else 0)
