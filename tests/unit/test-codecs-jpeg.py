#!/usr/bin/env python3
"""What the jpeg codec makes of files, with Pillow as the oracle (the same library underneath, so rows must be equal) and with
numbers of our own where Pillow has no answer. Cases c-D01, c-D03, c-D05, c-D09."""
import io
import os
import re
import struct
import sys

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
import numpy  # noqa: E402
from PIL import Image, ImageCms, JpegImagePlugin  # noqa: E402
from codec_files import (CANCELLED, HAVE_LCMS, INTEGRITY, LIMIT, SANITIZED, UNSUPPORTED, against_pillow, array, at, broken_options, check,  # noqa: E402
                         done, drawing, dump, encode, has, icc, rgba)

TURNED = b"Exif\0\0MM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1\0%c\0\0\0\0\0\0"


def grain(width, height, mode="RGB"):
    """A drawing with noise, so that every coefficient counts."""
    pixels = numpy.asarray(drawing(width, height, mode)).astype(int)
    return Image.fromarray((pixels + numpy.random.RandomState(7).randint(-20, 21, pixels.shape)).clip(0, 255).astype("u1"), mode)


def saved(image, **options):
    data = io.BytesIO()
    image.save(data, "JPEG", **options)
    return data.getvalue()


def put(name, data):
    with open(at(name), "wb") as file:
        file.write(data)
    return at(name)


def segments(data):
    """(marker, whole segment) up to the first scan, then (None, the rest)."""
    place = 2
    while data[place + 1] != 0xda:
        length = 2 + struct.unpack(">H", data[place + 2:place + 4])[0]
        yield data[place + 1], data[place:place + length]
        place += length
    yield None, data[place:]


def edited(data, edit):
    """The file with each segment replaced by what `edit` makes of it."""
    return data[:2] + b"".join(edit(marker, body) for marker, body in segments(data))


def segment(marker, body):
    return struct.pack(">BBH", 0xff, marker, len(body) + 2) + body


def behind_start(data, *more):
    return data[:2] + b"".join(more) + data[2:]


# ---- sound files ----

def of_pillow():
    plain = grain(131, 77)
    for number, options in enumerate((dict(quality=75), dict(quality=100, subsampling=0), dict(quality=30, subsampling=1), dict(quality=95, subsampling=2),
                                      dict(progressive=True), dict(progressive=True, quality=100, subsampling=0), dict(optimize=True))):
        yield against_pillow("rgb-%d.jpg" % number, plain, "jpeg", **options)
        yield against_pillow("grey-%d.jpg" % number, grain(61, 90, "L"), "jpeg", **options)
    for width, height in ((1, 1), (8, 8), (9, 7), (17, 16), (16, 17), (1, 300), (300, 1), (257, 3)):
        for progressive in (False, True):
            yield against_pillow("size.jpg", grain(width, height), "jpeg", progressive=progressive)
    yield against_pillow("cmyk.jpg", grain(80, 60, "CMYK"), "jpeg", quality=90)
    yield against_pillow("cmyk-progressive.jpg", grain(80, 60, "CMYK"), "jpeg", quality=90, progressive=True)


def facts():
    wanted = {"colour": "rgb", "depth": 8, "pixels": "rgb8", "alpha": False, "frames": 1, "orientation": 1, "rows": True, "interlaced": False, "trailing": False,
              "note": None, "note_after": None}
    more = {
        "plain": (saved(grain(50, 40)), {}), "grey": (saved(grain(50, 40, "L")), {"colour": "grey", "pixels": "grey8"}),
        "progressive": (saved(grain(50, 40), progressive=True), {"rows": False, "interlaced": True}),
        "cmyk": (saved(grain(50, 40, "CMYK")), {"colour": "cmyk"}),
        "turned": (saved(grain(50, 40), exif=TURNED % 6), {"orientation": 6}), "turned-9": (saved(grain(50, 40), exif=TURNED % 9), {}),
        "turned-twice": (behind_start(saved(grain(50, 40), exif=TURNED % 6), segment(0xe1, TURNED % 3)), {"orientation": 3}),
        "xmp-first": (behind_start(saved(grain(50, 40), exif=TURNED % 6), segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0<x/>")), {"orientation": 6}),
        "comment": (behind_start(saved(grain(50, 40)), segment(0xfe, b"a" * 60000)), {}),
        "segments shorter than their length": (behind_start(saved(grain(50, 40)), b"\xff\xe1\0\1", b"\xff\xe2\0\0"), {}),
    }
    for name, (data, changes) in more.items():
        status, found, _ = dump(put("facts.jpg", data), "jpeg")
        for key, value in {**wanted, **changes}.items():
            if status != 0 or found.get(key) != value:
                yield "%s: %s is %s, not %s" % (name, key, found if status else found.get(key), value)


def scaled():
    """Pillow's draft mode asks the same library for the same sizes; of colours it wants them quick, so only grey must be equal."""
    for mode, progressive in (("L", False), ("L", True), ("RGB", False), ("RGB", True)):
        data = saved(grain(401, 299, mode), progressive=progressive)
        for want, scale in ((400, 1), (202, 1), (201, 2), (200, 2), (102, 2), (101, 4), (100, 4), (51, 8), (2, 8)):
            high = max(1, want * 299 // 401)
            status, found, rows = dump(put("draft.jpg", data), "jpeg", limits=["want=%dx%d" % (want, high)])
            width, height = -(-401 // scale), -(-299 // scale)
            if status != 0 or (found["width"], found["height"]) != (width, height) or (found["full_width"], found["full_height"]) != (401, 299):
                yield "%d wanted: %s" % (want, found)
                continue
            right = Image.open(io.BytesIO(data))
            right.draft(mode, (401 // scale, 299 // scale))
            away = abs(array(found, rows).reshape(numpy.asarray(right).shape).astype(int) - numpy.asarray(right)) if right.size == (width, height) else None
            if away is None or away.mean() > (0 if mode == "L" and scale > 1 else 3):
                yield "%s, %d wanted: not Pillow's rows: %s, %s" % (mode, want, right.size, away is not None and away.mean())
    status, found, _ = dump(at("draft.jpg"), "jpeg", limits=["want=30x290"])
    if status != 0 or found["width"] != 401:
        yield "one side below the hint: %s" % found


# ---- ink ----

def without_adobe(data):
    return edited(data, lambda marker, body: b"" if marker == 0xee else body)


def inks():
    """Without the Adobe marker the numbers are of ink: the very complement."""
    image = grain(64, 48, "CMYK")
    data = saved(image, quality=100, subsampling=0)
    _, found, rows = dump(put("ink.jpg", without_adobe(data)), "jpeg")
    stored = 255 - numpy.asarray(Image.open(io.BytesIO(data))).astype(int)   # Pillow undoes Adobe's turning round
    cyan, key = stored[..., :3], stored[..., 3:]
    right = (255 - cyan) * (255 - key) / 255
    if found.get("colour") != "cmyk" or abs(array(found, rows) - right).max() > 1:
        yield "without a marker: off by %s" % abs(array(found, rows) - right).max()
    ycck = edited(data, lambda marker, body: body[:-1] + b"\2" if marker == 0xee else body)
    status, found, rows = dump(put("ycck.jpg", ycck), "jpeg")
    if status != 0 or found["colour"] != "ycck" or not numpy.array_equal(rgba(found, rows), numpy.asarray(Image.open(at("ycck.jpg")).convert("RGBA"))):
        yield "ycck: %s" % found


def cmyk_profile():
    """A table of sixteen corners from CMYK to Lab, by hand."""
    grid = b""
    for corner in range(16):
        c, m, y, k = (corner >> shift & 1 for shift in (3, 2, 1, 0))
        lightness = (1 - 0.9 * k) * (1 - (0.4 * c + 0.5 * m + 0.1 * y))
        grid += bytes((round(255 * lightness), 128 + 40 * m - 30 * c, 128 + 50 * y - 40 * c))
    straight = bytes(range(256))
    matrix = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    table = b"mft1\0\0\0\0" + bytes((4, 3, 2, 0)) + matrix + straight * 4 + grid + straight * 3
    table += bytes(-len(table) % 4)
    tags = [(b"desc", b"desc\0\0\0\0\0\0\0\5inks\0" + bytes(83)), (b"cprt", b"text\0\0\0\0none\0\0\0\0"),
            (b"wtpt", b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061)), (b"A2B0", table)]
    offset, index, data = 132 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for name, body in tags:
        index += name + struct.pack(">II", offset + len(data), len(body))
        data += body
    head = struct.pack(">I4sI4s4s4s12s4s", 128 + len(index + data), b"\0" * 4, 0x02100000, b"prtr", b"CMYK", b"Lab ",
                       bytes((7, 0xe9, 0, 1, 0, 1)) + bytes(6), b"acsp") + bytes(28) + struct.pack(">3i", 63190, 65536, 54061) + bytes(48)
    return head + index + data


def inks_with_profile():
    profile = cmyk_profile()
    image = grain(64, 48, "CMYK")
    for name, data in (("adobe", saved(image, quality=100, icc_profile=profile)), ("plain", without_adobe(saved(image, quality=100, icc_profile=profile)))):
        status, found, rows = dump(put("profile.jpg", data), "jpeg")
        read = numpy.asarray(Image.open(io.BytesIO(saved(image, quality=100, icc_profile=profile))))
        read = Image.fromarray(read if name == "adobe" else 255 - read, "CMYK")
        right = ImageCms.profileToProfile(read, ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB"),
                                          renderingIntent=0, outputMode="RGB")
        if status != 0 or found["not_srgb"] or found.get("profile") != "inks":
            yield "%s: %s" % (name, found)
        elif abs(array(found, rows).astype(int) - numpy.asarray(right).astype(int)).max() > 1:
            yield "%s: not LittleCMS's colours" % name


# ---- profiles ----

def numbered(part, number, count):
    return part[:16] + bytes((number, count)) + part[18:]


def profiles():
    rgb = grain(64, 48)
    large = icc(rotate=1)
    large = struct.pack(">I", len(large) + 150000) + large[4:] + bytes(150000)   # of three segments
    data = saved(rgb, icc_profile=large)
    parts = [body for marker, body in segments(data) if marker == 0xe2]
    if len(parts) != 3:
        yield "the test made %d parts" % len(parts)
    for name, order, noted in (("large", parts, False), ("turned round", parts[::-1], False), ("one missing", parts[:2], True), ("one twice", parts + parts[:1], True),
                               ("number 0", parts + [numbered(parts[0], 0, 3)], True), ("number 4 of 3", parts + [numbered(parts[0], 4, 3)], True),
                               ("3 of 4", [numbered(parts[2], 3, 4)] + parts[:2], True)):
        bare = edited(data, lambda marker, body: b"" if marker == 0xe2 else body)
        status, found, rows = dump(put("parts.jpg", behind_start(bare, *order)), "jpeg", "srgb")
        if status != 0 or found["not_srgb"] == noted or ("parts" in (found.get("note") or "")) != noted:
            yield "%s: %s" % (name, found)
        right = Image.open(io.BytesIO(data))
        if not noted:
            right = ImageCms.profileToProfile(right, ImageCms.ImageCmsProfile(io.BytesIO(large)), ImageCms.createProfile("sRGB"), renderingIntent=0, outputMode="RGB")
        if status == 0 and abs(array(found, rows).astype(int) - numpy.asarray(right).astype(int)).max() > 1:
            yield "%s: wrong colours" % name
    status, found, _ = dump(put("parts.jpg", data), "jpeg", limits=["metadata=100000"])
    if status != 0 or "'max-metadata'" not in (found.get("note") or ""):
        yield "over the limit: %s" % found
    exif = saved(rgb, exif=TURNED % 6)
    status, found, _ = dump(put("exif.jpg", exif), "jpeg", limits=["metadata=20"])
    if status != 0 or found["orientation"] != 1:
        yield "EXIF over the limit: %s" % found
    for name, image, profile, noted in (("grey", grain(40, 30, "L"), icc(b"GRAY", 1.0), False), ("wrong space", grain(40, 30), icc(b"GRAY", 1.0), True)):
        status, found, _ = dump(put("space.jpg", saved(image, icc_profile=profile)), "jpeg")
        if status != 0 or found["not_srgb"] == noted or bool(found.get("note")) != noted:
            yield "%s: %s" % (name, found)


# ---- what is refused ----

def cuts():
    """Cut anywhere: every pixel, or a refusal; never grey rows, never a progressive picture less some of its scans."""
    for progressive in (False, True):
        data = saved(grain(64, 48), quality=90, progressive=progressive)
        status, _, whole = dump(put("cut.jpg", data), "jpeg")
        starts = [place for place in range(2, len(data) - 1) if data[place:place + 2] in (b"\xff\xda", b"\xff\xc4")]
        for cut in {len(data) * part // 40 for part in range(1, 40)} | set(starts) | {len(data) - back for back in range(1, 30)}:
            status, found, rows = dump(put("cut.jpg", data[:cut]), "jpeg")
            if status == 0 and (rows != whole or "ends before" not in (found.get("note_after") or "")):
                yield "progressive %s, %d of %d bytes: taken, %s" % (progressive, cut, len(data), found)
            if status not in (0, INTEGRITY):
                yield "progressive %s, %d of %d bytes: exit %d, %s" % (progressive, cut, len(data), status, found)
        if dump(put("cut.jpg", data[:-2]), "jpeg")[0] != 0:
            yield "without its end alone: refused"


def damage():
    data = saved(grain(64, 48), quality=90)
    scan = data.index(b"\xff\xda") + 14
    scans_of, adobe = saved(grain(64, 48), quality=90, progressive=True), segment(0xee, b"Adobe\0\x64\0\0\0\0\7")
    second = scans_of.index(b"\xff\xda", scans_of.index(b"\xff\xda") + 2)
    for name, bad, word in (("marker in the data", data[:scan + 300] + b"\xff\xd9" + data[scan + 302:], "damaged"),
                            ("ones", data[:scan + 200] + b"\xff\x00" * 200 + data[scan + 600:], "damaged"),
                            ("no table", edited(data, lambda marker, body: b"" if marker == 0xdb else body), "damaged"),
                            ("no frame", edited(data, lambda marker, body: b"" if marker == 0xc0 else body), "damaged")):
        status, message, _ = dump(put("bad.jpg", bad), "jpeg")
        if status != INTEGRITY or word not in message:
            yield "%s: exit %s, %s" % (name, status, message)
    for name, odd, word in (("trailing", data + b"PK\3\4", "follow"), ("second picture", data + data, "follow"),
                            ("garbage before the end", data[:-2] + b"\1" * 50 + data[-2:], "extraneous"),
                            ("old revision", data.replace(b"JFIF\0\1", b"JFIF\0\5", 1), "JFIF"),
                            ("old revision between scans", scans_of[:second] + segment(0xe0, b"JFIF\0\5\1\0\0\1\0\1\0\0") + scans_of[second:], "JFIF"),
                            ("a scan that names no coefficients", data[:scan - 3] + b"\0\0\0" + data[scan:], "SOS"),
                            ("unknown colours of Adobe", edited(data, lambda marker, body: adobe if marker == 0xe0 else body), "Adobe")):
        status, found, rows = dump(put("odd.jpg", odd), "jpeg")
        if status != 0 or word not in (found.get("note_after") or "") or not numpy.array_equal(array(found, rows), numpy.asarray(Image.open(io.BytesIO(data)))):
            yield "%s: exit %d, %s" % (name, status, found)


def kinds():
    """Other kinds of JPEG are refused by their names, and with a next step."""
    data = saved(grain(64, 48))
    frame = [body for marker, body in segments(data) if marker == 0xc0][0]
    for name, changed, word in (("lossless", b"\xff\xc3" + frame[2:], "lossless"), ("hierarchical", b"\xff\xc5" + frame[2:], "hierarchical"),
                                ("arithmetic", b"\xff\xc9" + frame[2:], "arithmetic"), ("12 bits", b"\xff\xc1" + frame[2:4] + b"\x0c" + frame[5:], "12 bits"),
 ("nothing known", b"\xff\xcd" + frame[2:], "arithmetic")):
        status, message, _ = dump(put("kind.jpg", edited(data, lambda marker, body: changed if marker == 0xc0 else body)), "jpeg")
        if status != UNSUPPORTED or word not in message or "export it" not in message.splitlines()[1]:
            yield "%s: exit %s, %s" % (name, status, message)
    status, message, _ = dump(put("kind.jpg", planes(2)), "jpeg")
    if status != UNSUPPORTED or "2 components" not in message or "export it" not in message.splitlines()[1]:
        yield "two components: exit %s, %s" % (status, message)
    wide = edited(data, lambda marker, body: body[:7] + b"\xff\xff" + body[9:] if marker == 0xc0 else body)
    for name, odd, code, word in (("65535 pixels wide", wide, LIMIT, "65500"), ("nothing", b"", INTEGRITY, "picture is empty"), ("one byte", b"\xff", UNSUPPORTED, "not a JPEG"),
                                  ("another kind", b"GIF89a" + data, UNSUPPORTED, "not a JPEG"), ("a start and no more", b"\xff\xd8", INTEGRITY, "cut short")):
        status, message, _ = dump(put("kind.jpg", odd), "jpeg")
        if status != code or word not in message:
            yield "%s: exit %s, %s" % (name, status, message)


def planes(count, without=()):
    """A JPEG of so many components, each in a scan of its own; some scans may be left out."""
    grey = saved(grain(64, 48, "L"), quality=90)
    parts = dict((marker, b"".join(body for each, body in segments(grey) if each == marker)) for marker in (0xdb, 0xc4))
    frame = segment(0xc0, bytes((8, 0, 48, 0, 64, count)) + b"".join(bytes((number, 0x11, 0)) for number in range(1, count + 1)))
    start = grey.index(b"\xff\xda")
    scan = grey[start + 2 + struct.unpack(">H", grey[start + 2:start + 4])[0]:-2]
    scans = b"".join(segment(0xda, bytes((1, number, 0, 0, 63, 0))) + scan for number in range(1, count + 1) if number not in without)
    return b"\xff\xd8" + parts[0xdb] + frame + parts[0xc4] + scans + b"\xff\xd9"


def scans():
    """Each is counted before the first is decoded where the source lets us, else while they are read; none of a component is damage."""
    status, found, _ = dump(put("scans.jpg", planes(3)), "jpeg")
    if status != 0 or found["rows"]:
        yield "three scans: %s" % found
    status, message, _ = dump(put("scans.jpg", planes(3, without=(2,))), "jpeg")
    if status != INTEGRITY or "in no scan" not in message:
        yield "a component in no scan: exit %s, %s" % (status, message)
    data = saved(grain(300, 200), progressive=True)
    for how in ((), ("stream=1",)):
        status, message, _ = dump(put("scans.jpg", data), "jpeg", limits=["scans=3", *how])
        if status != LIMIT or "'max-scans'" not in message:
            yield "four scans of three, %s: exit %s, %s" % (how, status, message)
    first = data.index(b"\xff\xda") + 14
    bad = data[:first + 20] + b"\xff\0" * 100 + data[first + 220:]
    for limit, code in (("scans=3", LIMIT), ("scans=100", INTEGRITY)):
        for fill in (b"", b"\xff", b"\xff\xff"):
            status, message, _ = dump(put("scans.jpg", bad.replace(b"\xff\xda", fill + b"\xff\xda")), "jpeg", limits=[limit])
            if status != code:
                yield "damaged in its first scan, %s, %d bytes before each: exit %s, %s" % (limit, len(fill), status, message)
    for name, odd in (("a comment that looks like scans", behind_start(data, segment(0xfe, b"\xff\xda" * 100))), ("scans behind the end", data + b"\0\2" + b"\xff\xda\0\2" * 20)):
        status, message, _ = dump(put("scans.jpg", odd), "jpeg", limits=["scans=10"])
        if status != 0:
            yield "%s: exit %s, %s" % (name, status, message)
    cut = data[:len(data) * 3 // 4]
    for how, code in ((("cancel=1",), CANCELLED), ((), INTEGRITY)):
        status, message, _ = dump(put("scans.jpg", cut), "jpeg", limits=how)
        if status != code:
            yield "cut and %s: exit %s, %s" % (how, status, message)


def accidents():
    """A source that fails behind the last pixel is told all the same; after a failure and after the header alone there are no rows."""
    data = saved(grain(64, 48))
    tail = b"".join(segment(0xfe, b"c" * 60000) for _ in range(4))
    status, message, _ = dump(put("accident.jpg", data[:-2] + tail + data[-2:]), "jpeg", limits=["fail-at=%d" % (len(data) + 200000)])
    if status in (0, INTEGRITY) or "the source fails here" not in message:
        yield "fails behind the pixels: exit %s, %s" % (status, message)
    status, message, _ = dump(put("accident.jpg", data), "jpeg", limits=["header=1"])
    if status == 0 or "only the header" not in message:
        yield "rows after the header alone: exit %s, %s" % (status, message)
    status, message, _ = dump(at("accident.jpg"), "jpeg", limits=["memory=100"])
    if status != LIMIT or int(re.search(r"bytes, (\d+)", message).group(1)) > 100000:
        yield "no memory even for the decoder: %s" % message


def limits():
    plain, many = saved(grain(300, 200)), saved(grain(300, 200), progressive=True)
    for data, limit, key in ((plain, "width=299", "'max-width'"), (plain, "height=199", "'max-height'"), (plain, "pixels=59999", "'max-pixels'"),
                             (plain, "expansion=1", "'max-expansion'"), (plain, "frames=0", "'max-frames'"), (plain, "memory=200000", "'max-memory'"),
                             (many, "scans=3", "'max-scans'"), (many, "memory=700000", "'max-memory'")):
        status, message, _ = dump(put("limit.jpg", data), "jpeg", limits=[limit])
        if status != LIMIT or key not in message.splitlines()[1] or limit.split("=")[1] not in message:
            yield "%s: exit %s, %s" % (limit, status, message)
    for limit in ("width=300", "height=200", "pixels=60000", "scans=10", "memory=1200000"):
        status, message, _ = dump(put("limit.jpg", many), "jpeg", limits=[limit])
        if status != 0:
            yield "%s: %s" % (limit, message)
    if dump(put("limit.jpg", plain), "jpeg", limits=["memory=700000"])[0] != 0:
        yield "a picture of one scan does not stream"


def memory():
    """Several scans of a large picture: refused before they are held; within the limit, no more than was said."""
    data = put("large.jpg", saved(Image.effect_noise((3000, 2000), 30), progressive=True, quality=20))
    _, small, _ = dump(put("small.jpg", saved(grain(16, 16), progressive=True)), "jpeg", raw=False)
    status, message, _ = dump(data, "jpeg", raw=False, limits=["memory=10000000"])
    if status != LIMIT:
        yield "12 MB within 10: exit %s, %s" % (status, message)
    status, found, _ = dump(data, "jpeg", raw=False)
    if status != 0 or found["memory"] < 12000000 or (not SANITIZED and (found["rss_kib"] - small["rss_kib"]) * 1024 > found["memory"]):
        yield "%s KiB more than a small one, %s said" % (found["rss_kib"] - small["rss_kib"], found["memory"])
    status, found, _ = dump(put("large.jpg", saved(Image.effect_noise((6000, 4000), 30))), "jpeg", raw=False)
    if status != 0 or not found["rows"] or (not SANITIZED and found["rss_kib"] - small["rss_kib"] > 4096):
        yield "24 million pixels of one scan: %s KiB more than a small one" % (found["rss_kib"] - small["rss_kib"])


# ---- what is written ----

def same_as_pillow():
    image, grey = grain(200, 150), grain(200, 150, "L")
    for name, picture, pixels, ours, theirs in (
            ("plain", image, "rgb8", ["quality=85"], dict(quality=85, subsampling=2)), ("best", image, "rgb8", ["quality=100"], dict(quality=100, subsampling=2)),
            ("422", image, "rgb8", ["own-subsampling=422"], dict(quality=85, subsampling=1)), ("444", image, "rgb8", ["own-subsampling=444"], dict(quality=85, subsampling=0)),
            ("grey", grey, "grey8", ["quality=50"], dict(quality=50)), ("progressive", image, "rgb8", ["own-progressive=yes"], dict(quality=85, subsampling=2, progressive=True)),
            ("own quality", image, "rgb8", ["own-quality=40"], dict(quality=40, subsampling=2))):
        made = encode("jpeg", pixels, picture, *ours)
        back, right = Image.open(io.BytesIO(made)), Image.open(io.BytesIO(saved(picture, **theirs)))
        if back.mode != right.mode or not numpy.array_equal(numpy.asarray(back), numpy.asarray(right)):
            yield "%s: not Pillow's pixels" % name
        if bool(back.info.get("progressive")) != ("progressive" in theirs):
            yield "%s: progressive is %s" % (name, back.info.get("progressive"))
        if pixels == "rgb8" and JpegImagePlugin.get_sampling(back) != theirs["subsampling"]:
            yield "%s: subsampling %s" % (name, JpegImagePlugin.get_sampling(back))
        if any(key in back.info for key in ("exif", "comment", "icc_profile")):
            yield "%s: metadata in it" % name


def options():
    image = grain(200, 150)
    sizes = [len(encode("jpeg", "rgb8", image, "own-quality=%d" % quality)) for quality in (0, 10, 50, 90, 100)]
    if sorted(sizes) != sizes or len(set(sizes)) != 5:
        yield "qualities 0 to 100 give %s bytes" % sizes
    if encode("jpeg", "rgb8", image, "own-quality=5", "quality=85") != encode("jpeg", "rgb8", image):
        yield "the caller's quality does not go before the option"
    quick, small = encode("jpeg", "rgb8", image, "effort=0"), encode("jpeg", "rgb8", image, "effort=9")
    if not len(small) < len(quick) or quick != encode("jpeg", "rgb8", image):
        yield "effort 0, 9, none: %d, %d, %d bytes" % (len(quick), len(small), len(encode("jpeg", "rgb8", image)))
    if not numpy.array_equal(numpy.asarray(Image.open(io.BytesIO(quick))), numpy.asarray(Image.open(io.BytesIO(small)))):
        yield "effort changes pixels"


def written_profiles():
    open(at("rgb.icc"), "wb").write(icc(rotate=1))
    open(at("grey.icc"), "wb").write(icc(b"GRAY", 1.0))
    for pixels, mode, profile in (("rgb8", "RGB", "rgb.icc"), ("grey8", "L", "grey.icc")):
        back = Image.open(io.BytesIO(encode("jpeg", pixels, grain(64, 48, mode), "profile=" + at(profile))))
        if back.info.get("icc_profile") != open(at(profile), "rb").read():
            yield "%s: another profile" % pixels


if has("jpeg"):
    check("of-pillow", filter(None, of_pillow()))
    check("facts", facts())
    check("scaled", scaled())
    check("inks", inks())
    check("cut-anywhere", cuts())
    check("damage", damage())
    check("kinds-refused-by-name", kinds())
    check("scans", scans())
    check("accidents", accidents())
    check("limits", limits())
    check("memory", memory())
    check("encoded-as-pillow", same_as_pillow())
    check("options", options())
    check("options-broken", broken_options("jpeg", (("quality=101", ("quality", "0", "100")), ("subsampling=411", ("subsampling", "420", "444")),
          ("progressive=perhaps", ("progressive", "yes")))))
    if HAVE_LCMS:
        check("inks-with-profile", inks_with_profile())
        check("profiles", profiles())
        check("profiles-written", written_profiles())
done()
