"""What codecs make of files, asked through codec-dump; pictures, profiles and answers by numpy and Pillow."""
import io
import json
import os
import struct
import subprocess
import sys
import tempfile

import numpy
from PIL import Image, ImageCms
from world import Tap

BUILD, SOURCE = os.environ["TOP_BUILDDIR"], os.environ["TOP_SRCDIR"]
MODULES = os.environ["LARDER_MODULE_DIR"]
DUMP = os.path.join(BUILD, "tests/unit/codec-dump")
SLOW = float(os.environ.get("LARDER_SLOW", "1"))
SANITIZED = b"__asan_init" in open(DUMP, "rb").read()
UNSUPPORTED, LIMIT, INTEGRITY, CANCELLED = 2, 3, 7, 11
FORMATS = {"grey8": (1, "u1"), "greya8": (2, "u1"), "rgb8": (3, "u1"), "rgba8": (4, "u1"),
           "grey16": (1, "<u2"), "greya16": (2, "<u2"), "rgb16": (3, "<u2"), "rgba16": (4, "<u2")}
HAVE_LCMS = "#define HAVE_LCMS 1" in open(os.path.join(BUILD, "build-config.h")).read()

work = tempfile.TemporaryDirectory(prefix="larder-codecs-")
tap = Tap()


def check(name, problems):
    problems = [str(problem).replace("\n", " ") for problem in problems]
    tap.check(not problems, "%s-%s" % (os.path.basename(sys.argv[0]).split(".")[0], name), "\n".join(problems[:12]))


def at(name):
    return os.path.join(work.name, name)


def has(codec):
    return os.path.exists(os.path.join(MODULES, "codec-%s.so" % codec))


def dump(path, codec="png", how="decode", raw=True, limits=()):
    """(exit status, facts or message, bytes of the rows)."""
    arguments = [DUMP, how, os.path.join(MODULES, "codec-%s.so" % codec), path, *(["raw=" + at("raw")] if raw else []), *limits]
    done = subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60 * SLOW)
    if done.returncode != 0:
        return done.returncode, done.stderr.decode(), b""
    return 0, json.loads(done.stdout), open(at("raw"), "rb").read() if raw else b""


def array(facts, rows):
    samples, kind = FORMATS[facts["pixels"]]
    return numpy.frombuffer(rows, kind).reshape(facts["height"], facts["width"], samples)


def rgba(facts, rows):
    pixels = array(facts, rows)
    if pixels.shape[2] < 3:
        pixels = numpy.dstack([pixels[:, :, :1]] * 3 + [pixels[:, :, 1:]])
    if pixels.shape[2] == 3:
        pixels = numpy.dstack([pixels, numpy.full(pixels.shape[:2], 255, pixels.dtype)])
    return pixels


def drawing(width, height, mode):
    y, x = numpy.mgrid[0:height, 0:width].astype(float)
    planes = [127 + 100 * numpy.sin(x / (9 + 5 * i) + y / (17 - 3 * i) + i) for i in range(len(mode))]
    pixels = numpy.dstack(planes).clip(0, 255).astype("u1")
    return Image.fromarray(pixels[:, :, 0] if len(mode) == 1 else pixels, mode)


def against_pillow(name, image, codec, **options):
    image.save(at(name), **options)
    status, facts, rows = dump(at(name), codec)
    if status != 0:
        return "%s: refused: %s" % (name, facts)
    right = numpy.asarray(Image.open(at(name)).convert("RGBA"))
    if not numpy.array_equal(rgba(facts, rows), right):
        return "%s: rows differ from Pillow's" % name
    return None


def encode(codec, pixels, image, *settings, refused=False):
    """The picture; where it is to be refused, what is said about it."""
    data = numpy.asarray(image).tobytes() if not isinstance(image, bytes) else image
    width, height = image.size
    number = 1 + list(FORMATS).index(pixels)
    done = subprocess.run([DUMP, "encode", os.path.join(MODULES, "codec-%s.so" % codec), str(width), str(height), str(number),
                           *settings], input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if (done.returncode != 0) != refused:
        raise RuntimeError("%s %s: exit %d, %s" % (codec, settings, done.returncode, done.stderr.decode()))
    return done.stderr.decode() if refused else done.stdout


def same_pixels(what, data, image):
    if not numpy.array_equal(numpy.asarray(Image.open(io.BytesIO(data)).convert("RGB")), numpy.asarray(image)):
        yield "%s: not what was written" % what


def broken_options(codec, cases):
    for setting, words in cases:
        message = encode(codec, "rgb8", drawing(8, 8, "RGB"), "own-" + setting, refused=True)
        if not all(word in message for word in words):
            yield "%s: %s" % (setting, message)


def icc(space=b"RGB ", gamma=2.2, rotate=0, broken=False):
    """A matrix or grey profile by hand."""
    columns = ((0.4360, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141))
    fixed = lambda *v: b"".join(struct.pack(">i", round(x * 65536)) for x in v)  # noqa: E731
    curve = b"curv\0\0\0\0\0\0\0\1" + struct.pack(">H", round(gamma * 256)) + b"\0\0"
    tags = [(b"desc", b"desc\0\0\0\0\0\0\0\5test\0" + bytes(83)), (b"cprt", b"text\0\0\0\0none\0\0\0\0"),
            (b"wtpt", b"XYZ \0\0\0\0" + fixed(0.9642, 1, 0.8249))]
    if space == b"GRAY":
        tags.append((b"kTRC", curve))
    else:
        for i, name in enumerate((b"r", b"g", b"b")):
            tags.append((name + b"XYZ", b"XYZ \0\0\0\0" + fixed(*columns[(i + rotate) % 3])))
            tags.append((name + b"TRC", curve))
    offset, table, data = 132 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for name, body in tags:
        table += name + struct.pack(">II", offset + len(data), len(body))
        data += body
    body = table + data
    head = struct.pack(">I4sI4s4s4s12s4s", 128 + len(body), b"\0" * 4, 0x02100000, b"mntr", space, b"XYZ ",
                       bytes((7, 0xe9, 0, 1, 0, 1)) + bytes(6), b"acsp") + bytes(28) + fixed(0.9642, 1, 0.8249) + bytes(48)
    return (head + body)[:200] if broken else head + body


def converted(image, profile, codec, **options):
    """Against LittleCMS as Pillow calls it."""
    name = "icc.%s" % codec
    image.save(at(name), icc_profile=profile, **options)
    status, facts, rows = dump(at(name), codec, "srgb")
    if status != 0 or not facts["not_srgb"]:
        return "%s %s: %s" % (codec, image.mode, facts if status else "taken for sRGB")
    colours = image.convert("RGB") if image.mode in ("P", "RGBA") else image
    right = ImageCms.profileToProfile(colours, ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB"),
                                      renderingIntent=0, outputMode="RGB")
    got = rgba(facts, rows)
    if abs(got[:, :, :3].astype(int) - numpy.asarray(right).astype(int)).max() > 1:
        return "%s %s: colours are not LittleCMS's" % (codec, image.mode)
    if image.mode == "RGBA" and not numpy.array_equal(got[:, :, 3], numpy.asarray(image)[:, :, 3]):
        return "%s: alpha changed" % codec
    return None


done = tap.done
