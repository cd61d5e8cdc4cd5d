#!/usr/bin/env python3
"""The rooms of the design: who includes whom. Calls go down only."""
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tree  # noqa: E402

# room: rooms whose headers it may include (its own besides)
EDGES = {
    "core/base": [],
    "core/config": ["core/base"],
    "core/module": ["core/config", "core/base"],
    "core/store": ["core/module", "core/config", "core/base"],
    "core/transfer": ["core/store", "core/module", "core/config", "core/base"],
    "core/cache": ["core/transfer", "core/store", "core/module", "core/config", "core/base"],
    "core/archive": ["core/transfer", "core/cost", "core/store", "core/module", "core/config", "core/base"],
    "core/recovery": ["core/archive", "core/transfer", "core/infra", "core/cost", "core/store", "core/module", "core/config", "core/base"],
    "core/cdn": ["core/cost", "core/store", "core/module", "core/config", "core/base"],
    "core/cost": ["core/config", "core/base"],
    "core/infra": ["core/cost", "core/store", "core/module", "core/config", "core/base"],
    "core/image": ["core/transfer", "core/store", "core/module", "core/config", "core/base"],
    "core/cli": ["core/base"],
}
# outside libraries: the folders that may see them
OUTSIDE = {
    "ini.h": ["core/config"],
    "jansson.h": ["core", "drivers", "plugins/lease"],
    "png.h": ["plugins/png"],
    "webp/": ["plugins/webp"],
    "jpeglib.h": ["plugins/jpeg"],
    "jerror.h": ["plugins/jpeg"],
    "lcms2.h": ["plugins/colour"],
    "curl/": ["drivers/http"],
    "openssl/": ["drivers/aws", "drivers/http", "drivers/nginx", "plugins/redis"],
    "expat.h": ["drivers/aws"],
    "hiredis": ["plugins/redis"],
    "dlfcn.h": ["core/module"],
}
VENDOR_WORDS = r"\b(aws|amazon|minio|cloudfront|glacier_ir|terraform|localfs)\b"


def room_of(path):
    return "/".join(path.split("/")[:2])


def headers_by_name():
    found = {}
    for path in tree.files(".h"):
        if not path.startswith(("core/include", "tests/")):
            found.setdefault(os.path.basename(path), []).append(path)
    return found


def may_include(room, other):
    if room == other:
        return True
    if room.startswith("core/"):
        return other in EDGES.get(room, [])
    if room.startswith("plugins/"):
        return other in ("core/base", "plugins/colour", "plugins/lease")
    return other in ("core/base", "drivers/aws", "drivers/http", "drivers/traps") or (room, other) == ("drivers/glacier", "drivers/s3")


def bad_edges():
    known = headers_by_name()
    for path in tree.files(".c", ".h"):
        if path.startswith(("tests/", "doc/", "core/include")):
            continue
        for name in re.findall(r'^\s*#\s*include\s+"([^"]+)"', tree.read(path), re.M):
            owners = known.get(os.path.basename(name), [])
            if owners and not any(may_include(room_of(path), room_of(o)) for o in owners):
                yield "%s includes %s of %s" % (path, name, ", ".join(map(room_of, owners)))


def bad_outside():
    for path in tree.files(".c", ".h"):
        if path.startswith(("tests/", "doc/")):
            continue
        for name in re.findall(r"^\s*#\s*include\s+<([^>]+)>", tree.read(path), re.M):
            for library, rooms in OUTSIDE.items():
                if name.startswith(library) and not path.startswith(tuple(r + "/" for r in rooms)):
                    yield "%s includes <%s>" % (path, name)


def bad_tool():
    """The tool uses only the public headers of the library, never a module author's."""
    for path in tree.files(".c", ".h"):
        if path.startswith("core/cli/"):
            for name in re.findall(r"#\s*include\s+<larder/([^>]+)>", tree.read(path)):
                if name not in ("larder.h", "types.h"):
                    yield "%s includes <larder/%s>" % (path, name)


def vendor_words():
    """core knows no vendor: no name of one outside comments and texts, and none as a texts' decision."""
    for path in tree.files(".c", ".h"):
        if path.startswith("core/") and not path.startswith("core/cli/"):
            for number, line in enumerate(tree.without_comments(tree.read(path)).split("\n"), 1):
                if re.search(VENDOR_WORDS, line, re.I):
                    yield "%s:%d: %s" % (path, number, line.strip())


def unknown_rooms():
    for path in tree.files(".c"):
        if path.startswith("core/") and room_of(path) not in EDGES:
            yield "%s is in no room of the table" % path


tap = tree.Tap()
tap.check("test-style-rooms-every-source-in-a-room", unknown_rooms())
tap.check("test-style-rooms-include-edges", bad_edges())
tap.check("test-style-rooms-outside-libraries", bad_outside())
tap.check("test-style-rooms-tool-uses-public-headers", bad_tool())
tap.check("test-style-rooms-core-knows-no-vendor", vendor_words())
sys.exit(tap.end())
