#!/usr/bin/env python3
"""What the png and webp codecs make of files: our own, with rows known beforehand, and with Pillow as
the oracle; the published set too where LARDER_VECTORS names it. Cases c-D01, c-D03, c-D04, c-D05, c-D09."""
import io
import json
import os
import struct
import subprocess
import sys
import time
import zlib

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
import numpy  # noqa: E402
from PIL import Image, ImageCms  # noqa: E402
from codec_files import (HAVE_LCMS, INTEGRITY, LIMIT, SANITIZED, SLOW, SOURCE, UNSUPPORTED, against_pillow, at, broken_options, check,  # noqa: E402
                         converted, done, drawing, dump, encode, has, icc, rgba, same_pixels)


# ---- our own PNG files ----

def sound_problem(entry, folder):
    status, facts, rows = dump(os.path.join(folder, entry["file"]))
    if status != 0:
        return "%s: refused: %s" % (entry["file"], facts)
    for fact in ("width", "height", "pixels", "alpha", "orientation", "frames", "trailing"):
        expected = entry.get(fact, {"orientation": 1, "frames": 1, "trailing": False}.get(fact))
        if facts[fact] != expected:
            return "%s: %s is %s, not %s" % (entry["file"], fact, facts[fact], expected)
    for when in ("note", "note_after"):
        if bool(facts.get(when)) != entry.get(when, entry.get("note", False)):
            return "%s: %s is %s" % (entry["file"], when, facts.get(when))
    if rows != open(os.path.join(folder, entry["raw"]), "rb").read():
        return "%s: wrong rows" % entry["file"]
    return None


def refuse_problem(entry, folder):
    status, message, _ = dump(os.path.join(folder, entry["file"]))
    right = (LIMIT,) if entry["expect"] == "limit" else (INTEGRITY, UNSUPPORTED)
    if status not in right or not message.strip():
        return "%s: exit %s, %s" % (entry["file"], status, message)
    if status == LIMIT and "'max-" not in message.splitlines()[1]:
        return "%s: no key is named: %s" % (entry["file"], message)
    return None


def own_pngs():
    folder = at("own")
    subprocess.run([sys.executable, os.path.join(SOURCE, "tests/lib/make-pictures.py"), folder], check=True)
    index = json.load(open(os.path.join(folder, "index.json")))
    kinds = [e for e in index if e["file"].startswith("colour")]
    odd = [e for e in index if e["expect"] == "ok" and e not in kinds]
    check("png-every-kind", filter(None, (sound_problem(e, folder) for e in kinds)))
    check("png-odd-but-sound", filter(None, (sound_problem(e, folder) for e in odd)))
    check("png-broken-refused", filter(None, (refuse_problem(e, folder) for e in index if e["expect"] == "refuse")))
    check("png-limits", filter(None, (refuse_problem(e, folder) for e in index if e["expect"] == "limit")))
    _, small, _ = dump(os.path.join(folder, "many-idat.png"), raw=False)
    status, facts, _ = dump(os.path.join(folder, "large.png"), raw=False)
    problems = []
    if status != 0 or not facts["rows"]:
        problems.append("refused, or not by rows: %s" % facts)
    elif facts["host_peak"] > 2 << 20 or (not SANITIZED and facts["rss_kib"] - small["rss_kib"] > 6144):
        problems.append("took %d KiB more than a small picture, %d from the host" % (facts["rss_kib"] - small["rss_kib"], facts["host_peak"]))
    check("png-large-streams", problems)


# ---- Pillow as the oracle ----

def webp_files():
    rgb, clear = drawing(131, 77, "RGB"), drawing(131, 77, "RGBA")
    one = drawing(1, 1, "RGB")
    return filter(None, [
        against_pillow("a.webp", rgb, "webp", quality=80), against_pillow("b.webp", rgb, "webp", lossless=True),
        against_pillow("c.webp", clear, "webp", quality=70), against_pillow("d.webp", clear, "webp", lossless=True, exact=True),
        against_pillow("e.webp", one, "webp"), against_pillow("f.webp", clear, "webp", save_all=True, lossless=True,
                                                             append_images=[drawing(131, 77, "RGBA").rotate(180)]),
        against_pillow("g.webp", rgb, "webp", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0")])


def webp_facts():
    dump(at("f.webp"), "webp")
    _, animated, _ = dump(at("f.webp"), "webp")
    _, turned, _ = dump(at("g.webp"), "webp")
    drawing(50, 40, "RGB").convert("RGBA").save(at("h.webp"), save_all=True, lossless=True, append_images=[drawing(50, 40, "RGBA")])
    _, later, _ = dump(at("h.webp"), "webp")
    if not later["alpha"]:
        yield "an animation whose second frame is transparent has no alpha"
    if animated["frames"] != 2:
        yield "an animation of 2 has %d frames" % animated["frames"]
    if turned["orientation"] != 6:
        yield "orientation 6 is %d" % turned["orientation"]


def webp_broken():
    data = open(at("a.webp"), "rb").read()
    for name, bad in (("half", data[:len(data) // 2]), ("too-long", data[:4] + struct.pack("<I", len(data) + 5000) + data[8:]),
                      ("too-short", data[:4] + struct.pack("<I", len(data) // 2) + data[8:]), ("one", data[:1]),
                      ("no-frame", data[:20] + bytes(len(data) - 20))):
        open(at("bad.webp"), "wb").write(bad)
        status, message, _ = dump(at("bad.webp"), "webp")
        if status != INTEGRITY:
            yield "%s: exit %d, %s" % (name, status, message)
    head = b"VP8X" + struct.pack("<I", 10) + bytes([0, 0, 0, 0]) + struct.pack("<I", 16383)[:3] * 2
    open(at("bad.webp"), "wb").write(b"RIFF" + struct.pack("<I", 4 + len(head) + 100) + b"WEBP" + head + bytes(100))
    status, message, _ = dump(at("bad.webp"), "webp")
    if status != LIMIT:
        yield "16384 × 16384 declared: exit %d, %s" % (status, message)


# ---- encoders, read by Pillow ----

def encoded(codec):
    for mode, pixels in (("L", "grey8"), ("LA", "greya8"), ("RGB", "rgb8"), ("RGBA", "rgba8")):
        image = drawing(123, 45, mode)
        back = Image.open(io.BytesIO(encode(codec, pixels, image, "lossless")))
        if not numpy.array_equal(numpy.asarray(back.convert("RGBA")), numpy.asarray(image.convert("RGBA"))):
            yield "%s: not what was written" % mode
        if codec == "png" and back.mode != mode:
            yield "%s became %s" % (mode, back.mode)


def png16():
    values = numpy.arange(90 * 40, dtype="<u2").reshape(40, 90) * 18
    image = Image.fromarray(values)
    back = Image.open(io.BytesIO(encode("png", "grey16", image)))
    if not numpy.array_equal(numpy.asarray(back), values):
        yield "16-bit grey is not what was written"


def filters_of(data):
    """The filter byte of every row, by zlib alone."""
    at, packed, width = 8, b"", struct.unpack(">I", data[16:20])[0]
    while at < len(data):
        length = struct.unpack(">I", data[at:at + 4])[0]
        packed += data[at + 8:at + 8 + length] if data[at + 4:at + 8] == b"IDAT" else b""
        at += 12 + length
    return set(zlib.decompress(packed)[::3 * width + 1])


def png_options():
    """Each option changes the file as it says, and never the pixels."""
    image = drawing(200, 150, "RGB")
    flat = Image.new("RGB", (200, 150), (7, 99, 200))
    flat.paste((200, 10, 3), (20, 20, 90, 90))
    made = {}
    for setting in ("level=0", "level=1", "level=9", "strategy=rle", "strategy=default", "strategy=filtered", "strategy=huffman"):
        made[setting] = encode("png", "rgb8", image, "own-" + setting)
        yield from same_pixels(setting, made[setting], image)
    if not len(made["level=0"]) > 200 * 150 * 3 > len(made["level=1"]) >= len(made["level=9"]):
        yield "levels 0, 1, 9 give %s bytes" % [len(made["level=%d" % level]) for level in (0, 1, 9)]
    if len({made["strategy=" + s] for s in ("rle", "default", "filtered", "huffman")}) != 4:
        yield "two strategies give the same file"
    for better, worse, name in (("default", "rle", "none"), ("rle", "huffman", "sub")):
        sizes = [len(encode("png", "rgb8", flat, "own-filter=" + name, "own-strategy=" + s)) for s in (better, worse)]
        if not 2 * sizes[0] < sizes[1]:
            yield "a flat picture with filter %s by %s and %s: %s" % (name, better, worse, sizes)
    for number, name in enumerate(("none", "sub", "up", "average", "paeth")):
        data = encode("png", "rgb8", image, "own-filter=" + name)
        yield from same_pixels(name, data, image)
        if filters_of(data) - ({number} if name in ("none", "sub") else {0, 1, 2, number}):
            yield "filter %s: rows have %s" % (name, filters_of(data))
        if number not in filters_of(data):
            yield "filter %s: no row has it: %s" % (name, filters_of(data))
    if len(filters_of(encode("png", "rgb8", image))) < 2:
        yield "the adaptive filter takes one only"
    efforts = [encode("png", "rgb8", image, "effort=%d" % effort) for effort in (0, 3, 9)]
    if len(set(efforts)) != 3 or len(efforts[0]) < 200 * 150 * 3 or encode("png", "rgb8", image, "effort=0", "own-level=9") != efforts[0]:
        yield "effort 0, 3, 9 gives %s bytes, or a level goes before it" % [len(one) for one in efforts]


def webp_options():
    image = drawing(200, 150, "RGB")
    image = Image.fromarray((numpy.asarray(image).astype(int) + numpy.random.RandomState(2).randint(-9, 10, (150, 200, 3))).clip(0, 255).astype("u1"))
    quality = [len(encode("webp", "rgb8", image, "own-quality=%d" % q)) for q in (5, 50, 100)]
    if sorted(quality) != quality or len(set(quality)) != 3:
        yield "qualities 5, 50, 100 give %s bytes" % quality
    if encode("webp", "rgb8", image, "own-quality=5", "quality=85") != encode("webp", "rgb8", image):
        yield "the caller's quality does not go before the option"
    methods = [encode("webp", "rgb8", image, "own-method=%d" % m) for m in (0, 4, 6)]
    if len(set(methods)) != 3 or methods[1] != encode("webp", "rgb8", image) or encode("webp", "rgb8", image, "effort=0") != methods[0]:
        yield "methods 0, 4, 6 do not give three files, or effort is not the method"
    lossless = encode("webp", "rgb8", image, "lossless", "own-quality=5")
    yield from same_pixels("lossless", lossless, image)
    if lossless[12:16] != b"VP8L" or encode("webp", "rgb8", image)[12:16] != b"VP8 ":
        yield "lossless is not VP8L, or lossy is"


def png_size():
    image = drawing(512, 512, "RGB").convert("RGB")
    grain = numpy.random.RandomState(1).randint(-6, 7, (512, 512, 3))
    image = Image.fromarray((numpy.asarray(image).astype(int) + grain).clip(0, 255).astype("u1"))
    theirs = io.BytesIO()
    image.save(theirs, "PNG")
    ours = len(encode("png", "rgb8", image))
    if ours > 1.03 * len(theirs.getvalue()):
        yield "%d bytes, Pillow needs %d" % (ours, len(theirs.getvalue()))


def webp_lossy():
    image = drawing(256, 192, "RGB")
    ours = encode("webp", "rgb8", image, "quality=85")
    theirs = io.BytesIO()
    image.save(theirs, "WEBP", quality=85, method=4)
    right, got, other = (numpy.asarray(i).astype(float) for i in
                         (image, Image.open(io.BytesIO(ours)).convert("RGB"), Image.open(theirs).convert("RGB")))
    if ((got - right) ** 2).mean() > 1.02 * ((other - right) ** 2).mean() or len(ours) > 1.02 * len(theirs.getvalue()):
        yield "worse or larger than Pillow's with the same settings"
    opaque = encode("webp", "rgba8", image.convert("RGBA"), "quality=85")
    if Image.open(io.BytesIO(opaque)).mode != "RGB":
        yield "an opaque alpha channel was kept"


# ---- colour ----

def colours():
    rgb = drawing(64, 48, "RGB")
    yield converted(rgb, icc(rotate=1), "png")
    yield converted(drawing(64, 48, "RGBA"), icc(rotate=2), "png")
    yield converted(rgb.convert("P"), icc(rotate=1), "png")
    yield converted(drawing(64, 48, "L"), icc(b"GRAY", 1.0), "png")
    if has("webp"):
        yield converted(rgb, icc(rotate=1), "webp", lossless=True)
        yield converted(drawing(64, 48, "RGBA"), icc(rotate=1), "webp", lossless=True, exact=True)


def written():
    """A profile of grey is kept with grey, alpha beside it or not, and converted where the file has no grey."""
    grey = drawing(64, 48, "L")
    clear = Image.merge("LA", (grey, grey.rotate(180)))
    open(at("grey.icc"), "wb").write(icc(b"GRAY", 1.0))
    open(at("rgb.icc"), "wb").write(icc(rotate=1))
    right = numpy.asarray(ImageCms.profileToProfile(grey, ImageCms.ImageCmsProfile(at("grey.icc")), ImageCms.createProfile("sRGB"),
                                                    renderingIntent=0, outputMode="RGB")).astype(int)
    for codec in filter(has, ("png", "webp")):
        for pixels, image in (("grey8", grey), ("greya8", clear)):
            back = Image.open(io.BytesIO(encode(codec, pixels, image, "lossless", "profile=" + at("grey.icc"))))
            kept = codec == "png"
            if kept != ("icc_profile" in back.info):
                yield "%s of %s: profile %s" % (codec, pixels, "lost" if kept else "kept")
            got = numpy.asarray(back.convert("RGB")).astype(int)
            if abs(got - (numpy.asarray(grey.convert("RGB")) if kept else right)).max() > 1:
                yield "%s of %s: wrong colours" % (codec, pixels)
        back = Image.open(io.BytesIO(encode(codec, "rgb8", drawing(64, 48, "RGB"), "lossless", "profile=" + at("rgb.icc"))))
        if back.info.get("icc_profile") != icc(rotate=1):
            yield "%s of rgb8: another profile" % codec


def profiles():
    rgb, grey = drawing(40, 30, "RGB"), drawing(40, 30, "L")
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for what, image, profile, not_srgb, noted in (
            ("sRGB", rgb, srgb, False, False), ("broken", rgb, icc(rotate=1, broken=True), False, True),
            ("grey profile on RGB", rgb, icc(b"GRAY", 1.0), False, True), ("RGB profile on grey", grey, icc(rotate=1), False, True),
            ("rotated", rgb, icc(rotate=1), True, False)):
        for codec in ("png", "webp") if has("webp") and image is rgb else ("png",):
            image.save(at("p." + codec), icc_profile=profile, **({"lossless": True} if codec == "webp" else {}))
            status, facts, _ = dump(at("p." + codec), codec)
            if status != 0 or facts["not_srgb"] != not_srgb or bool(facts.get("note")) != noted or bool(facts.get("profile")) == noted:
                yield "%s in %s: %s" % (what, codec, facts)


# ---- the published set ----

def codec_of(path):
    head = open(path, "rb").read(12)
    if head[:3] == b"\xff\xd8\xff":
        return "jpeg"
    return "png" if head[:8] == b"\x89PNG\r\n\x1a\n" else "webp" if head[:4] == b"RIFF" and head[8:] == b"WEBP" else None


def vector_problem(entry, path, codec):
    start = time.monotonic()
    status, facts, rows = dump(path, codec)
    if time.monotonic() - start > entry["max_seconds"] * SLOW:
        return "%s: took too long" % entry["file"]
    if status != 0:
        refused = 0 < status < 12 and facts.strip()
        return None if refused and entry["expect"] != "ok" else "%s: exit %d, %s" % (entry["file"], status, facts)
    if entry["expect"] == "refuse":
        return "%s: not refused" % entry["file"]
    size = (facts["width"], facts["height"]) if facts["orientation"] < 5 else (facts["height"], facts["width"])
    if entry.get("width") and size != (entry["width"], entry["height"]):
        return "%s: size %s" % (entry["file"], size)
    if facts["alpha"] != entry.get("has_alpha", facts["alpha"]):
        return "%s: alpha %s" % (entry["file"], facts["alpha"])
    if not SANITIZED and facts["rss_kib"] > 1024 * entry["max_rss_mib"]:
        return "%s: %d KiB" % (entry["file"], facts["rss_kib"])
    if entry["expect"] == "ok" and facts["depth"] <= 8 and entry["group"] != "animated" and not entry.get("pillow") and \
            not (facts["colour"] == "cmyk" and facts.get("profile")):
        if not numpy.array_equal(rgba(facts, rows), numpy.asarray(Image.open(path).convert("RGBA"))):
            return "%s: rows differ from Pillow's" % entry["file"]
    return None


def vectors():
    folder = os.path.join(os.environ["LARDER_VECTORS"], "images")
    if not os.path.exists(os.path.join(folder, "manifest.json")):
        check("vectors", ["LARDER_VECTORS is set, but there is no %s/manifest.json" % folder])
        return
    manifest = json.load(open(os.path.join(folder, "manifest.json")))
    for codec in filter(has, ("png", "webp", "jpeg")):
        entries = [e for e in manifest["files"] if codec_of(os.path.join(folder, e["file"])) == codec]
        for expect in ("ok", "refuse", "either"):
            some = [e for e in entries if e["expect"] == expect]
            check("vectors-%s-%s" % (codec, expect),
                  ["none found"] if not some else filter(None, (vector_problem(e, os.path.join(folder, e["file"]), codec) for e in some)))


if has("png"):
    own_pngs()
    check("png-encoded-for-pillow", encoded("png"))
    check("png-encoded-16", png16())
    check("png-size-of-pillow", png_size())
    check("png-options", png_options())
    check("png-options-broken", broken_options("png", (("level=10", ("level", "0", "9")), ("level=-1", ("level", "0", "9")),
          ("strategy=fast", ("strategy", "rle")), ("filter=ups", ("filter", "adaptive")), ("levle=1", ("levle",)))))
if has("webp"):
    check("webp-of-pillow", webp_files())
    check("webp-facts", webp_facts())
    check("webp-broken-refused", webp_broken())
    check("webp-encoded-for-pillow", encoded("webp"))
    check("webp-lossy-as-pillow", webp_lossy())
    check("webp-options", webp_options())
    check("webp-options-broken", broken_options("webp", (("method=7", ("method", "0", "6")), ("quality=101", ("quality", "0", "100")))))
if has("png") and HAVE_LCMS:
    check("colour-as-littlecms", filter(None, colours()))
    check("colour-profiles", profiles())
    check("colour-written", written())
if os.environ.get("LARDER_VECTORS"):
    vectors()
else:
    print("# LARDER_VECTORS is not set: the published pictures are not looked at")
done()
