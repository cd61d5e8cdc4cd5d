#!/usr/bin/env python3
"""test-image-jpeg: JPEG through the pipeline: kept less its metadata, turned upright, written from other formats, in front of a
background; and the limits that every picture meets, each with its key. (J, c-D03, c-D05)"""
import io
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
import numpy  # noqa: E402
from PIL import Image, ImageCms, PngImagePlugin  # noqa: E402
from answers import decode, lanczos, psnr  # noqa: E402
from world import Tap, World  # noqa: E402

tap = Tap()
world = World("256x256", strip="location, text")
TURNS = {2: Image.FLIP_LEFT_RIGHT, 3: Image.ROTATE_180, 4: Image.FLIP_TOP_BOTTOM, 5: Image.TRANSPOSE, 6: Image.ROTATE_90, 7: Image.TRANSVERSE, 8: Image.ROTATE_270}


def scene(width, height, channels):
    y, x = numpy.mgrid[0:height, 0:width].astype(float)
    layers = [127 + 90 * numpy.sin(x / (17 + 9 * c) + y / (23 - 4 * c)) + 30 * ((x // 31 + y // 17) % 2) for c in range(channels)]
    pixels = numpy.clip(numpy.stack(layers, axis=2), 0, 255).astype("u1")
    return Image.fromarray(pixels[..., 0] if channels == 1 else pixels)


def jpeg(image, **options):
    data = io.BytesIO()
    image.save(data, "JPEG", **options)
    return data.getvalue()


def segment(marker, body):
    return struct.pack(">BBH", 0xff, marker, len(body) + 2) + body


def ingest(where, name, data, job, *more):
    where.put(name, data)
    return where.ingest(where.path(name), job, *more)


def markers(data):
    """Of all segments before the end; scans are stepped over by their zeros."""
    place, found = 2, []
    while data[place:place + 2] != b"\xff\xd9":
        kind, length = data[place + 1], struct.unpack(">H", data[place + 2:place + 4])[0]
        found.append(kind)
        place += 2 + length
        while kind == 0xda and (data[place] != 0xff or data[place + 1] == 0 or 0xd0 <= data[place + 1] <= 0xd7):
            place += 1
    return found, data[place + 2:]


# ---- what is taken out ----

exif = Image.Exif()
exif[0x0112] = 6
exif[0x010E] = "secret-description"
exif.get_ifd(0x8825)[1] = "N"
preview = jpeg(scene(32, 24, 3))
for name, options in (("baseline", {}), ("progressive", {"progressive": True}), ("restarts", {"quality": 60})):
    data = jpeg(scene(300, 200, 3), exif=exif, icc_profile=None, **options)
    private = (segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0<x>secret-xmp</x>"), segment(0xed, b"Photoshop 3.0\0secret-iptc"), segment(0xfe, b"secret-comment"),
               segment(0xe2, b"MPF\0secret-index"), segment(0xe0, b"JFXX\0\x10secret" + preview), segment(0xeb, b"JP\0secret-manifest"))
    between = data.replace(b"\xff\xda", segment(0xfe, b"secret-between") + b"\xff\xda")
    full = between[:20] + b"".join(private) + between[20:] + preview + b"secret-behind"
    outcome = ingest(world, name + ".jpg", full, name)
    kept, small = world.image(name, "jpeg") or b"", world.thumbnail(name) or b"secret"
    found, behind = markers(kept) if kept else ([], b"x")
    tap.check(b"secret" in full and outcome.code == 0 and b"secret" not in kept and not behind and not set(found) & {0xfe, 0xed, 0xe2, 0xeb},
              "test-image-jpeg-strip-" + name, "%s %s" % (outcome.err, [hex(kind) for kind in found]))
    again = Image.open(io.BytesIO(kept))
    tap.check(again.getexif().get(0x0112) == 6 and len(again.getexif()) == 1, "test-image-jpeg-strip-orientation-stays-" + name, dict(again.getexif()))
    tap.check(numpy.array_equal(numpy.asarray(again), numpy.asarray(Image.open(io.BytesIO(data)))), "test-image-jpeg-strip-pixels-" + name)
    tap.check(b"secret" not in small and Image.open(io.BytesIO(small)).size == (171, 256), "test-image-jpeg-strip-thumbnail-" + name)
    outcome = ingest(world, "again.jpg", kept, name + "-again")
    tap.check(outcome.code == 0 and world.image(name + "-again", "jpeg") == kept, "test-image-jpeg-strip-twice-" + name, outcome.err)
data = jpeg(scene(90, 60, 3), icc_profile=bytes(200))
outcome = ingest(world, "profile.jpg", data, "profile")
tap.check(outcome.code == 0 and world.image("profile", "jpeg") == data, "test-image-jpeg-strip-keeps-profile", outcome.err)
data = jpeg(scene(90, 60, 3))
outcome = ingest(world, "endless.jpg", data[:-2], "endless")
tap.check(outcome.code == 0 and world.image("endless", "jpeg") == data, "test-image-jpeg-strip-adds-the-end", outcome.err)
outcome = ingest(world, "endless.jpg", data[:-2] + b"\xff\xfe\0\x30half", "endless-2")
tap.check(outcome.code == 0 and world.image("endless-2", "jpeg") == data, "test-image-jpeg-strip-half-a-segment", outcome.err)

# ---- orientation: the thumbnail stands upright, and so does what is written anew ----

upright = scene(420, 300, 3)
right = lanczos(numpy.asarray(upright), 256, 183)
for value, turn in TURNS.items():
    turned = Image.Exif()
    turned[0x0112] = value
    data = jpeg(upright.transpose(turn), quality=100, subsampling=0, exif=turned)
    outcome = ingest(world, "turned.jpg", data, "turned-%d" % value)
    shown = decode(world.thumbnail("turned-%d" % value) or jpeg(scene(8, 8, 3)))
    got = psnr(shown, numpy.dstack([right, numpy.full(right.shape[:2], 255)]), False) if shown.shape[:2] == (183, 256) else 0
    tap.check(outcome.code == 0 and got > 32, "test-image-jpeg-orientation-%d" % value, "%s %.1f" % (outcome.err, got))
    outcome = ingest(world, "turned.jpg", data, "png-%d" % value, "format=png")
    again = Image.open(io.BytesIO(world.image("png-%d" % value, "png")))
    away = abs(numpy.asarray(again).astype(int) - numpy.asarray(upright)).max() if again.size == upright.size else 999
    tap.check(away < 12 and not again.getexif(), "test-image-jpeg-orientation-written-%d" % value, away)

# ---- a large one is decoded smaller, which nobody sees ----

exact = World("256x256", "png", strip="location, text")
large = jpeg(scene(4096, 3000, 3), quality=92)
outcome = ingest(exact, "large.jpg", large, "large")
shown, whole = decode(exact.thumbnail("large") or jpeg(scene(8, 8, 3))), Image.open(io.BytesIO(large))
half = Image.open(io.BytesIO(large))
half.draft("RGB", (2048, 1500))
apart = []
for picture in (whole, half):
    answer = lanczos(numpy.asarray(picture), 256, 188)
    apart.append(psnr(shown, numpy.dstack([answer, numpy.full(answer.shape[:2], 255)]), False) if shown.shape[:2] == (188, 256) else 0)
tap.check(outcome.code == 0 and b"4096x3000 256x188" in outcome.raw, "test-image-jpeg-large-size", outcome.out + outcome.err)
tap.check(apart[0] > 52, "test-image-jpeg-large-as-exact", "%.1f dB from the exact one" % apart[0])
tap.check(half.size == (2048, 1500) and apart[1] > apart[0], "test-image-jpeg-large-by-half", "%.1f dB from the whole, %.1f from the half" % tuple(apart))
print("# 4096x3000 JPEG: %.1f dB from exact Lanczos, %.2f s, %.1f MiB" % (apart[0], outcome.seconds, outcome.mib))

# ---- written from other formats ----

plain = io.BytesIO()
scene(300, 200, 3).save(plain, "PNG")
for name in ("jpeg", "JPG"):
    outcome = ingest(world, "plain.png", plain.getvalue(), "to-" + name, "format=" + name)
    made = Image.open(io.BytesIO(world.image("to-" + name, "jpeg")))
    best = Image.open(io.BytesIO(jpeg(scene(300, 200, 3), quality=95, subsampling=2)))
    tap.check(outcome.code == 0 and made.format == "JPEG" and numpy.array_equal(numpy.asarray(made), numpy.asarray(best)), "test-image-jpeg-quality-95-" + name, outcome.err)
tap.check(world.run("stat", "images", "u/2026/11/to-JPG.jpeg").out.split()[3] == "image/jpeg", "test-image-jpeg-alias-type")
deep = io.BytesIO()
Image.fromarray((numpy.asarray(scene(60, 40, 1)).astype("<u2") * 257)).save(deep, "PNG")
outcome = ingest(world, "deep.png", deep.getvalue(), "deep", "format=jpeg")
made = Image.open(io.BytesIO(world.image("deep", "jpeg")))
tap.check(made.mode == "L" and abs(numpy.asarray(made).astype(int) - numpy.asarray(scene(60, 40, 1))).mean() < 2, "test-image-jpeg-of-16-bit-grey", outcome.err)

# ---- alpha: refused, or in front of a background ----

for channels, colour in ((4, (200, 30, 90)), (2, (200, 30, 90)), (2, (80, 80, 80)), (4, (255, 255, 255))):
    clear = scene(300, 200, channels)
    source = io.BytesIO()
    clear.save(source, "PNG")
    name = "alpha-%s-%d" % (clear.mode, colour[1])
    outcome = ingest(world, "clear.png", source.getvalue(), name, "format=jpeg")
    tap.check(outcome.code == 2 and "transparency" in outcome.err and world.thumbnail(name) is None, "test-image-jpeg-refused-" + name, outcome.err)
    behind = World("256x256", "jpeg quality=95", more='background = "#%02x%02x%02x"\n' % colour)
    outcome = ingest(behind, "clear.png", source.getvalue(), name, "format=jpeg")
    whole = Image.new("RGBA", clear.size, colour + (255,))
    whole.alpha_composite(clear.convert("RGBA"))
    made = Image.open(io.BytesIO(behind.image(name, "jpeg") or jpeg(scene(8, 8, 3))))
    away = abs(numpy.asarray(made.convert("RGB")).astype(int) - numpy.asarray(whole.convert("RGB"))).mean() if made.size == clear.size else 999
    tap.check(outcome.code == 0 and away < 3, "test-image-jpeg-in-front-" + name, "%s %s" % (outcome.err, away))
    tap.check(made.mode == ("L" if channels == 2 and colour[0] == colour[1] else "RGB"), "test-image-jpeg-mode-" + name, made.mode)
    small = Image.open(io.BytesIO(behind.thumbnail(name) or jpeg(scene(8, 8, 3))))
    away = abs(numpy.asarray(small.convert("RGB")).astype(int) - numpy.asarray(whole.convert("RGB").resize((256, 171), Image.LANCZOS))).mean() if small.size == (256, 171) else 999
    tap.check(away < 4, "test-image-jpeg-thumbnail-in-front-" + name, away)

# ---- limits: each refusal names its key ----

flat = io.BytesIO()
Image.new("RGB", (2000, 1500)).save(flat, "PNG")
animated = io.BytesIO()
scene(50, 40, 3).save(animated, "WEBP", save_all=True, append_images=[scene(50, 40, 3).rotate(90 * n) for n in (1, 2, 3)])
lossless = io.BytesIO()
Image.new("RGB", (600, 500)).save(lossless, "WEBP", lossless=True)
many = jpeg(scene(600, 500, 3), progressive=True)
big = jpeg(scene(3000, 2000, 3))
for key, value, kind, data in (
        ("max-width", 1999, "png", flat.getvalue()), ("max-height", 1499, "png", flat.getvalue()), ("max-pixels", 2999999, "png", flat.getvalue()),
        ("max-expansion", 100, "png", flat.getvalue()), ("max-memory", 500000, "png", flat.getvalue()), ("max-file-size", 1000, "png", flat.getvalue()),
        ("max-width", 599, "webp", lossless.getvalue()), ("max-height", 499, "webp", lossless.getvalue()), ("max-pixels", 299999, "webp", lossless.getvalue()),
        ("max-expansion", 100, "webp", lossless.getvalue()), ("max-memory", 500000, "webp", lossless.getvalue()), ("max-frames", 1, "webp", animated.getvalue()),
        ("max-width", 599, "jpeg", many), ("max-height", 499, "jpeg", many), ("max-pixels", 299999, "jpeg", many), ("max-expansion", 10, "jpeg", many),
        ("max-memory", 600000, "jpeg", many), ("max-scans", 4, "jpeg", many), ("max-time", "1ms", "jpeg", big), ("max-time", "1ms", "png", flat.getvalue()),
        ("max-time", "1ms", "webp", lossless.getvalue())):
    tight = World(more="%s = %s\n" % (key, value))
    tight.put("picture", data)
    for what, words in (("ingest", ["--user", "u", "--job", "j"]), ("probe", [])):
        outcome = tight.tool("image", what, tight.path("picture"), *words)
        tap.check(outcome.code == 2 and "'%s'" % key in outcome.err and (what == "probe" or tight.thumbnail("j") is None),
                  "test-image-limit-%s-%s-%s" % (key, kind, what), "exit %d: %s" % (outcome.code, outcome.err))
tight = World(more="max-file-size = 1000\n")
os.truncate(tight.put("stream", flat.getvalue()), 8 << 20)
with open(tight.path("stream"), "rb") as stream:
    outcome = tight.tool("image", "ingest", "-", "--user", "u", "--job", "j", stdin=stream)
    read = os.lseek(stream.fileno(), 0, os.SEEK_CUR)
tap.check(outcome.code == 2 and "'max-file-size'" in outcome.err and read < 1 << 20 and tight.thumbnail("j") is None, "test-image-limit-max-file-size-of-a-stream",
          "%d bytes read: %s" % (read, outcome.err))
for key, more in (("picture", "keep = no\n"), ("thumbnail", "")):
    tight = World("200x200", "png", more="max-file-size = %d\n" % (len(many) + 1) + more)
    tight.put("picture", many)
    outcome = tight.tool("image", "ingest", tight.path("picture"), "--user", "u", "--job", "j")
    tap.check(outcome.code == 2 and "'max-file-size'" in outcome.err and tight.thumbnail("j") is None, "test-image-limit-max-file-size-encoded-" + key, outcome.err)

# ---- c-D09: what moves is stored as it came, its thumbnail is of the first frame; it is not made a still ----

apng, one = io.BytesIO(), io.BytesIO()
first = Image.new("RGB", (60, 40), "red")
first.save(apng, "PNG", save_all=True, append_images=[Image.new("RGB", (60, 40), (0, 25 * n, 255)) for n in range(9)])
first.save(one, "PNG", save_all=True)
for kind, data, frames in (("webp", animated.getvalue(), 4), ("png", apng.getvalue(), 10)):
    other = "png" if kind == "webp" else "webp"
    kept, made = World("256x256"), World(more="keep = no\n")
    made.put("picture", data)
    outcome = ingest(kept, "picture", data, "j")
    tap.check(outcome.code == 0 and kept.image("j", kind) == data, "test-image-animation-kept-" + kind, outcome.err)
    shown = Image.open(io.BytesIO(data)).convert("RGB")
    small = Image.open(io.BytesIO(kept.thumbnail("j")))
    away = abs(numpy.asarray(small.convert("RGB")).astype(int) - numpy.asarray(shown).astype(int)).mean()
    tap.check(getattr(small, "n_frames", 1) == 1 and small.size == shown.size and away < 8, "test-image-animation-thumbnail-" + kind, away)
    for name, where, words in (("converted", made, []), ("format", kept, ["--format", other])):
        outcome = where.tool("image", "ingest", where.path("picture"), "--user", "u", "--job", name, *words)
        tap.check(outcome.code == 2 and "%d frames" % frames in outcome.err and "'keep = yes'" in outcome.err and not where.image(name, kind) and not where.image(name, other)
                  and where.thumbnail(name) is None, "test-image-animation-%s-%s" % (name, kind), "exit %d: %s" % (outcome.code, outcome.err))
still = World(more="keep = no\n")
outcome = ingest(still, "picture", one.getvalue(), "j")
tap.check(outcome.code == 0 and still.image("j", "png") is not None, "test-image-animation-of-one-frame", outcome.err)

# ---- metadata over its limit is left out and told; a strict pipeline takes nothing odd ----

words, large = PngImagePlugin.PngInfo(), b"Exif\0\0MM\0*\0\0\0\x08\0\0" + bytes(3000)
words.add_text("prompt", "words " * 1000)
profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
profile = struct.pack(">I", len(profile) + 3000) + profile[4:] + bytes(3000)
over = [(kind, name, dict(options)) for kind in ("png", "jpeg", "webp") for name, options in (("exif", {"exif": large}), ("profile", {"icc_profile": profile}))]
for kind, name, options in over + [("png", "text", {"pnginfo": words})]:
    data = io.BytesIO()
    scene(60, 40, 3).save(data, kind, **options)
    for more, code, told in (("max-metadata = 1KiB\n", 0, True), ("max-metadata = 1KiB\nstrict = yes\n", 6, True), ("strict = yes\n", 0, False)):
        tight = World(more=more)
        outcome = ingest(tight, "picture", data.getvalue(), "j")
        said = tight.tool("image", "probe", tight.path("picture"))
        tap.check(outcome.code == said.code == code and ("'max-metadata'" in said.out + said.err) == told and (tight.thumbnail("j") is None) == (code != 0),
                  "test-image-limit-max-metadata-%s-%s-%s" % (kind, name, more.split("\n")[-2].replace(" ", "")), said.out + said.err)
sound = jpeg(scene(60, 40, 3))
for name, odd in (("followed-by-bytes", flat.getvalue() + b"PK"), ("told-behind-its-pixels", sound[:-2])):
    for strict, code in (("yes", 6), ("no", 0)):
        tight = World(more="strict = %s\n" % strict)
        outcome = ingest(tight, "picture", odd, "j")
        tap.check(outcome.code == code and ("'strict = no'" in outcome.err) == (code != 0) and (tight.thumbnail("j") is None) == (code != 0),
                  "test-image-strict-%s-%s" % (strict, name), outcome.err)
tap.done()
