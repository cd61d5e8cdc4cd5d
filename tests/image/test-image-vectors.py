#!/usr/bin/env python3
"""test-image-vectors: every file of the published picture vectors is taken in or refused as their manifest says:
exit code, size, one frame, quality, nothing private in the thumbnail, time and memory; and probe says the same. A build without
the jpeg codec refuses its files with a reason. (J, c-D02)"""
import hashlib
import io
import json
import os
import sys

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
import numpy  # noqa: E402
from PIL import Image  # noqa: E402
from answers import decode, psnr  # noqa: E402
from world import SANITIZED, SLOW, Tap, World  # noqa: E402

FOLDER = os.path.join(os.environ["LARDER_VECTORS"], "images")
JPEG_HERE = os.path.exists(os.path.join(os.environ["LARDER_MODULE_DIR"], "codec-jpeg.so"))
sheets = {}
tap = Tap()


def answer(ref):
    if ref["file"] not in sheets:
        sheets[ref["file"]] = numpy.asarray(Image.open(os.path.join(FOLDER, ref["file"])).convert("RGBA"))
    x, y, width, height = ref["box"]
    return sheets[ref["file"]][y:y + height, x:x + width]


def wrong_with(entry, data):
    """What is wrong with the thumbnail, or None."""
    if data is None:
        return "no thumbnail"
    picture = Image.open(io.BytesIO(data))
    if picture.size != (entry["thumb_width"], entry["thumb_height"]):
        return "size %s" % (picture.size,)
    if getattr(picture, "n_frames", 1) != 1:
        return "%d frames" % picture.n_frames
    if any(name in picture.info for name in ("exif", "xmp", "icc_profile")) or b"EXIF" in data or b"XMP " in data:
        return "metadata in it"
    for text in entry.get("must_not_contain") or []:
        if text.encode("latin-1") in data:
            return "holds %r" % text
    shown = decode(data)
    if bool((shown[..., 3] < 255).any()) != bool(entry.get("alpha_used")):
        return "alpha lost or invented"
    found = [(psnr(shown, answer(ref), entry["has_alpha"]), ref["min_psnr_webp"]) for ref in entry["refs"]]
    if found and not any(got >= least for got, least in found):
        return "PSNR %s" % ", ".join("%.2f of %.2f" % pair for pair in found)
    return None


def too_much(entry, outcome):
    if outcome.seconds > entry["max_seconds"] * SLOW:
        return "%.1f s" % outcome.seconds
    if not SANITIZED and outcome.mib > entry["max_rss_mib"]:
        return "%.0f MiB" % outcome.mib
    return None


def verdict(entry, expect, outcome, data):
    if outcome.code == 0:
        return "taken" if expect == "refuse" else wrong_with(entry, data) or too_much(entry, outcome)
    if expect == "ok" or not 1 <= outcome.code <= 127:
        return "exit %d: %s" % (outcome.code, outcome.err)
    if not outcome.err.strip():
        return "refused without a word"
    return "a thumbnail is left" if data is not None else too_much(entry, outcome)


def main():
    with open(os.path.join(FOLDER, "manifest.json")) as file:
        entries = json.load(file)["files"]
    world = World("256x256", strip="location, text")
    for number, entry in enumerate(entries):
        path = os.path.join(FOLDER, entry["file"])
        with open(path, "rb") as file:
            data = file.read()
        absent = data[:2] == b"\xff\xd8" and not JPEG_HERE
        job = "v%d" % number
        outcome = world.ingest(path, job)
        why = verdict(entry, "refuse" if absent else entry["expect"], outcome, world.thumbnail(job))
        if not why and world.tool("image", "probe", path).code != outcome.code:
            why = "probe says something else than ingest"
        if hashlib.sha256(data).hexdigest() != entry["sha256"]:
            why = "the vector itself is damaged"
        tap.check(not why, "test-image-vectors-%s%s" % (entry["file"].replace("/", "-"), "-without-jpeg-codec" if absent else ""), why)
    tap.done()


main()
