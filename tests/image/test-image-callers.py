#!/usr/bin/env python3
"""test-image-callers: what callers of the strategy's own helpers rely on, sentence by sentence where no other test shows it:
formats and their names, quality, modes, the key's time, metadata, cache-control, the address. (J, E2)"""
import datetime
import io
import json
import os
import re
import sys
import urllib.parse

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
from PIL import Image  # noqa: E402
from world import Tap, World  # noqa: E402

tap = Tap()
AT = ("--at", "2026-11-25")


def encoded(picture, format, **more):
    out = io.BytesIO()
    picture.save(out, format, **more)
    return out.getvalue()


GREY = Image.linear_gradient("L").resize((300, 200))
COLOUR = Image.merge("RGB", (GREY, GREY.rotate(180), GREY))
DEEP = Image.frombytes("I;16", (64, 48), b"".join(bytes(((x * 5) % 256, (x + y) % 256)) for y in range(48) for x in range(64)))


def new_world(**more):
    world = World("256x256", **more)
    for name, data in (("colour.png", encoded(COLOUR, "PNG")), ("grey.png", encoded(GREY, "PNG")), ("deep.png", encoded(DEEP, "PNG")),
                       ("colour.jpg", encoded(COLOUR, "JPEG", quality=90)), ("colour.webp", encoded(COLOUR, "WEBP"))):
        world.put(name, data)
    return world


def take(world, name, job, *more):
    """The outcome, and the picture's line."""
    done = world.tool("image", "ingest", world.path(name), "--user", "u", "--job", job, "--json", *more)
    lines = [line for line in map(json.loads, done.out.splitlines()) if line["type"] == "picture"]
    return done, lines[0] if lines else {}


def stored(line, which="url"):
    with open(urllib.parse.unquote(line[which][len("file://"):]), "rb") as file:
        return file.read()


def facts(world, key):
    lines = map(json.loads, world.tool("stat", "--json", "images:" + key).out.splitlines())
    return [line for line in lines if line["type"] == "object"][0]


world = new_world()
for given, extension, kind in (("PNG", "png", "PNG"), ("WebP", "webp", "WEBP"), ("jpeg", "jpeg", "JPEG"), ("JPG", "jpeg", "JPEG"), ("jpg", "jpeg", "JPEG")):
    done, line = take(world, "colour.png", "as-" + given, "--format", given, *AT)
    tap.check(line.get("key") == "u/2026/11/as-%s.%s" % (given, extension) and line["content_type"] == "image/" + extension
              and Image.open(io.BytesIO(stored(line))).format == kind and facts(world, line["key"])["content_type"] == "image/" + extension,
              "test-image-callers-format-" + given, (done.code, done.err, line))
done, line = take(world, "colour.png", "gif", "--format", "gif", *AT)
tap.check(done.code == 2 and "png, webp, jpeg" in done.err, "test-image-callers-format-unknown", done.err)
for name, extension in (("colour.jpg", "jpeg"), ("colour.webp", "webp"), ("colour.png", "png")):
    before = open(world.path(name), "rb").read()
    done, line = take(world, name, "kept-" + extension, *AT)
    tap.check(stored(line) == before == open(world.path(name), "rb").read() and line["key"].endswith("kept-%s.%s" % (extension, extension))
              and line["content_type"] == "image/" + extension, "test-image-callers-kept-" + extension, line)

done, line = take(world, "colour.png", "quality", "--format", "jpeg", *AT)
picture, like = Image.open(io.BytesIO(stored(line))), Image.open(io.BytesIO(encoded(COLOUR, "JPEG", quality=95)))
tap.check(picture.quantization == like.quantization and [layer[1:3] for layer in picture.layer] == [(2, 2), (1, 1), (1, 1)],
          "test-image-callers-quality-jpeg", picture.layer)
done, line = take(world, "colour.png", "quality", "--format", "webp", *AT, "--overwrite")
tap.check(stored(line)[12:16] == b"VP8 ", "test-image-callers-quality-webp-lossy", stored(line)[:20])

converts = new_world(more="keep = no\ncache-control = \"public, max-age=60\"\n")
for name, depth, kind in (("grey.png", 8, 0), ("deep.png", 16, 0), ("colour.jpg", 8, 2)):
    done, line = take(converts, name, name[:-4], *AT)
    thumbnail = Image.open(io.BytesIO(stored(line, "thumbnail_url")))
    tap.check(line["key"].endswith(".png") and tuple(stored(line)[24:26]) == (depth, kind) and thumbnail.format == "WEBP",
              "test-image-callers-mode-" + name[:-4], (done.err, line))
tap.check(facts(converts, line["key"])["cache_control"] == "public, max-age=60" and not facts(world, "u/2026/11/as-PNG.png").get("cache_control"),
          "test-image-callers-cache-control-when-asked", facts(converts, line["key"]))

done, line = take(world, "colour.png", "time", "--at", "2026-12-01T08:30:00+09:00")
tap.check(line["key"] == "u/2026/11/time.png", "test-image-callers-time-of-the-job-in-utc", line)
now = datetime.datetime.now(datetime.timezone.utc)
done, line = take(world, "colour.png", "now")
found = facts(world, line["key"])["metadata"]
then = datetime.datetime.fromisoformat(found["uploaded_at"]).replace(tzinfo=datetime.timezone.utc)
tap.check(line["key"] in (now.strftime("u/%Y/%m/now.png"), then.strftime("u/%Y/%m/now.png")), "test-image-callers-time-is-now", line)
tap.check(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}", found["uploaded_at"]) and now <= then + datetime.timedelta(seconds=1),
          "test-image-callers-uploaded-at", found)
own = {name: value for name, value in found.items() if not name.startswith("larder-")}
tap.check(own == {"user_id": "u", "job_id": "now", "uploaded_at": found["uploaded_at"]}, "test-image-callers-metadata", found)
small = facts(world, line["thumbnail_key"])["metadata"]
tap.check(all(name.startswith("larder-") for name in small), "test-image-callers-thumbnail-has-no-user-data", small)

done, line = take(world, "colour.png", "a b%20+&?#.한", *AT)
tap.check(re.fullmatch(r"[A-Za-z0-9:/._~%-]+", line["url"] + line["thumbnail_url"]) and stored(line) == open(world.path("colour.png"), "rb").read()
          and stored(line, "thumbnail_url")[8:12] == b"WEBP", "test-image-callers-address", line)
for name, more in (("grey.png", ()), ("colour.webp", ()), ("colour.png", ("--format", "jpeg"))):
    done, line = take(world, name, "as-PNG", *more, *AT)
    tap.check(done.code == 5 and not line.get("key"), "test-image-callers-again-other-%s-%d" % (name, len(more)), (done.code, done.err, line))
tap.done()
