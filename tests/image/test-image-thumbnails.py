#!/usr/bin/env python3
"""test-image-thumbnails: pictures drawn here, their thumbnails against exact Lanczos-3 in double precision (numpy); what is
kept, what is taken out, how much memory it costs. (J, c-D02)"""
import io
import os
import struct
import sys
import zlib

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
import numpy  # noqa: E402
from PIL import Image, PngImagePlugin  # noqa: E402
from answers import decode, lanczos, psnr  # noqa: E402
from world import SANITIZED, Tap, World  # noqa: E402

tap = Tap()
exact, lossy = (World("256x256", thumbnail, "location, text") for thumbnail in ("png", "webp quality=85"))
chance = numpy.random.default_rng(3)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def scene(width, height, channels):
    """Waves, edges and a little noise: what a picture has."""
    y, x = numpy.mgrid[0:height, 0:width].astype(numpy.float64)
    layers = [127 + 90 * numpy.sin(x / (7 + 9 * c) + y / (23 - 4 * c)) + 30 * ((x // 31 + y // 17) % 2) for c in range(channels)]
    return numpy.clip(numpy.stack(layers, axis=2) + chance.normal(0, 6, (height, width, channels)), 0, 255).astype(numpy.uint8)


def save(world, name, image, **more):
    path = world.path(name)
    image.save(path, **more)
    return path


def fit(width, height):
    image = Image.new("1", (width, height))
    image.thumbnail((256, 256))
    return image.size


def as_rgba(pixels):
    image = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    return numpy.asarray(image.convert("RGBA"))


def check_exact(name, pixels, path, oracle_pixels=None, least=55):
    pixels = pixels if oracle_pixels is None else oracle_pixels
    outcome = exact.ingest(path, name)
    data = exact.thumbnail(name)
    if outcome.code or data is None:
        tap.check(False, "test-image-exact-" + name, outcome.err)
        return
    width, height = fit(pixels.shape[1], pixels.shape[0])
    right = pixels if (width, height) == pixels.shape[1::-1] else lanczos(pixels, width, height)
    shown = decode(data)
    got = psnr(shown, as_rgba(right), pixels.shape[2] in (2, 4)) if shown.shape == as_rgba(right).shape else "size %s" % (shown.shape,)
    tap.check(not isinstance(got, str) and got >= least, "test-image-exact-" + name, got)


for width, height in ((1024, 1024), (832, 1216), (257, 255), (300, 3), (3, 999), (640, 17), (256, 256), (40, 30)):
    for channels, mode in ((1, "grey"), (2, "grey-alpha"), (3, "rgb"), (4, "rgba")):
        pixels = scene(width, height, channels)
        image = Image.fromarray(pixels[..., 0] if channels == 1 else pixels)
        check_exact("%s-%dx%d" % (mode, width, height), pixels, save(exact, "in.png", image))

# alpha: what is transparent must not bleed
pixels = scene(700, 500, 4)
pixels[:, :350, 3] = 0
pixels[:, :350, :3] = (0, 255, 0)
pixels[:, 350:, 3] = 255
check_exact("alpha-bleed", pixels, save(exact, "in.png", Image.fromarray(pixels)))

# grey stays grey in what is written, with alpha beside it or not
for mode, channels in (("L", 1), ("LA", 2)):
    pixels = scene(90, 70, channels)
    outcome = exact.ingest(save(exact, "in.png", Image.fromarray(pixels if channels == 2 else pixels[..., 0])), "kept-" + mode)
    small = Image.open(io.BytesIO(exact.thumbnail("kept-" + mode)))
    tap.check(outcome.code == 0 and small.mode == mode and numpy.array_equal(numpy.asarray(small).reshape(pixels.shape), pixels),
              "test-image-grey-stays-%s" % mode, small.mode)

# 16 bits become v/257, rounded, for the thumbnail; the picture itself stays as it came
deep = (scene(500, 400, 1)[..., 0].astype(numpy.uint16) * 257 + chance.integers(-120, 120, (400, 500))).clip(0, 65535).astype(numpy.uint16)
path = exact.path("deep.png")
with open(path, "wb") as file:
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in deep)
    file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 500, 400, 16, 0, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
check_exact("grey-16", None, path, ((deep.astype(numpy.uint32) + 128) // 257).astype(numpy.uint8)[..., None])
with open(path, "rb") as file:
    tap.check(exact.image("grey-16", "png") == file.read(), "test-image-kept-byte-for-byte")

# palette
paletted = Image.fromarray(scene(600, 300, 3)).quantize(60)
check_exact("palette", None, save(exact, "in.png", paletted), numpy.asarray(paletted.convert("RGB")))

# orientation, in eXIf: the thumbnail stands upright
upright = scene(420, 300, 3)
turns = {2: Image.FLIP_LEFT_RIGHT, 3: Image.ROTATE_180, 4: Image.FLIP_TOP_BOTTOM, 5: Image.TRANSPOSE, 6: Image.ROTATE_90, 7: Image.TRANSVERSE, 8: Image.ROTATE_270}
for value, turn in turns.items():
    exif = Image.Exif()
    exif[0x0112] = value
    stored = Image.fromarray(upright).transpose(turn)
    check_exact("orientation-%d" % value, None, save(exact, "in.png", stored, exif=exif), upright)
    again = Image.open(io.BytesIO(exact.image("orientation-%d" % value, "png")))
    tap.check(again.getexif().get(0x0112) == value, "test-image-orientation-kept-%d" % value)

# prompts and places go, pixels stay
secret = Image.Exif()
secret[0x010E] = "secret-description"
secret.get_ifd(0x8825)[1] = "N"
text = PngImagePlugin.PngInfo()
text.add_text("prompt", "secret-prompt")
text.add_text("more", "secret-zipped" * 9, zip=True)
text.add_itxt("XML:com.adobe.xmp", "<x>secret-xmp</x>")
picture = Image.fromarray(scene(300, 200, 4))
for kind, more in (("png", {"pnginfo": text, "exif": secret}), ("webp", {"exif": secret, "xmp": b"<x>secret-xmp</x>", "lossless": True, "exact": True})):
    path = save(lossy, "private." + kind, picture, **more)
    with open(path, "rb") as file:
        before = file.read()
    outcome = lossy.ingest(path, "private-" + kind)
    after, small = lossy.image("private-" + kind, kind) or b"", lossy.thumbnail("private-" + kind) or b"secret"
    tap.check(b"secret" in before and outcome.code == 0 and after and b"secret" not in after and b"prompt" not in after, "test-image-strip-" + kind, outcome.err)
    tap.check(after and numpy.array_equal(decode(before), decode(after)), "test-image-strip-pixels-" + kind)
    tap.check(b"secret" not in small and b"EXIF" not in small, "test-image-strip-thumbnail-" + kind)

# the type follows the bytes, not the name
path = save(lossy, "liar.png", picture, format="WEBP")
outcome = lossy.ingest(path, "liar")
tap.check(outcome.code == 0 and b"u/2026/11/liar.webp" in outcome.raw, "test-image-type-by-bytes", outcome.out + outcome.err)
# formats: named, folded, aliased
outcome = lossy.ingest(path, "format", "format=PNG")
tap.check(outcome.code == 0 and b"format.png" in outcome.raw and decode(lossy.image("format", "png")).shape == (200, 300, 4), "test-image-convert-png", outcome.err)
outcome = lossy.ingest(path, "format2", "format=gif")
tap.check(outcome.code == 2 and all(word in outcome.err for word in ("png", "webp", "jpeg")), "test-image-format-unknown", outcome.err)

# what is not a picture, and what is half of one
for name, data in (("empty", b""), ("text", b"hello" * 40), ("half", open(save(lossy, "in.png", picture), "rb").read()[:-3000])):
    with open(lossy.path(name), "wb") as file:
        file.write(data)
    outcome = lossy.ingest(lossy.path(name), name)
    tap.check(1 <= outcome.code < 128 and outcome.err and lossy.thumbnail(name) is None and lossy.image(name, "png") is None, "test-image-refuse-" + name, outcome.err)
# ids are one component
for job in ("", ".", "..", "a/b", "a\nb", "x" * 1100):
    outcome = lossy.ingest(lossy.path("in.png"), job)
    tap.check(outcome.code == 2 and outcome.err, "test-image-id-%s" % job[:8].encode("unicode_escape").decode().replace("/", "-slash-"), outcome.err)

# the thumbnail as it is published
data = scene(900, 700, 3)
outcome = lossy.ingest(save(lossy, "in.png", Image.fromarray(data)), "published")
small = Image.open(io.BytesIO(lossy.thumbnail("published")))
best = io.BytesIO()
right = Image.fromarray(lanczos(data, *fit(900, 700)))
right.save(best, "WEBP", quality=85, method=4)
tap.check(small.format == "WEBP" and small.size == right.size, "test-image-webp-size")
floor = psnr(decode(best.getvalue()), as_rgba(numpy.asarray(right)), False) - 0.5
got = psnr(decode(lossy.thumbnail("published")), as_rgba(numpy.asarray(right)), False)
tap.check(got >= floor, "test-image-webp-quality", "%.2f of %.2f" % (got, floor))

# 8192×8192 in less than 64 MiB, whole process
squeeze = zlib.compressobj(1)
line = scene(8192, 1, 3).tobytes()
body = b"".join(squeeze.compress(b"\0" + line[y % 97 * 3:] + line[:y % 97 * 3]) for y in range(8192)) + squeeze.flush()
with open(lossy.path("large.png"), "wb") as file:
    file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 8192, 8192, 8, 2, 0, 0, 0)) + chunk(b"IDAT", body) + chunk(b"IEND", b""))
outcome = lossy.ingest(lossy.path("large.png"), "large")
tap.check(outcome.code == 0 and b"8192x8192 256x256" in outcome.raw, "test-image-large", outcome.err)
tap.check(SANITIZED or 0 < outcome.mib < 64, "test-image-large-memory", "%.1f MiB, file %d" % (outcome.mib, os.path.getsize(lossy.path("large.png"))))
print("# 8192x8192: %.1f MiB, %.2f s, a file of %.1f MiB" % (outcome.mib, outcome.seconds, os.path.getsize(lossy.path("large.png")) / 2**20))
tap.done()
