#!/usr/bin/env python3
"""Write PNG files of every kind, sound and broken, and what a decoder must make of them.

Usage: make-pictures.py FOLDER. Standard library only. FOLDER/index.json has a line for each file:
file, expect (ok, refuse, limit), and of sound ones width, height, pixels, alpha and the raw file of
rows that must come out: expanded, straight alpha, 16-bit samples little-endian.
"""
import json
import os
import struct
import sys
import zlib

ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
SIGNATURE = b"\x89PNG\r\n\x1a\n"
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def head(width, height, depth, colour, interlace=0):
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace))


def noise(*numbers):
    """A number of 32 bits from some others: the same on every run."""
    return zlib.crc32(struct.pack("<%dI" % len(numbers), *numbers))


def sample(x, y, s, depth, colour):
    """Values repeat, so that colour keys hit; a palette has 2^depth entries, at most 200."""
    most = (1 << depth) - 1
    value = noise(x // 2, y // 3, s, depth) & most
    return min(value, 199) if colour == 3 else value


def pack(values, depth):
    if depth == 16:
        return b"".join(struct.pack(">H", v) for v in values)
    if depth == 8:
        return bytes(values)
    out, bits, count = bytearray(), 0, 0
    for value in values:
        bits, count = bits << depth | value, count + depth
        if count == 8:
            out.append(bits)
            bits, count = 0, 0
    if count:
        out.append(bits << (8 - count))
    return bytes(out)


def paeth(a, b, c):
    p = a + b - c
    pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
    return a if pa <= pb and pa <= pc else b if pb <= pc else c


def filtered(row, above, step, kind):
    out = bytearray([kind])
    for i, value in enumerate(row):
        a = row[i - step] if i >= step else 0
        b = above[i]
        c = above[i - step] if i >= step else 0
        out.append((value - (0, a, b, (a + b) // 2, paeth(a, b, c))[kind]) & 255)
    return bytes(out)


def image_data(width, height, depth, colour, interlace):
    step = max(1, SAMPLES[colour] * depth // 8)
    out, kind = bytearray(), 0
    for x0, y0, dx, dy in ADAM7 if interlace else ((0, 0, 1, 1),):
        xs, ys = range(x0, width, dx), range(y0, height, dy)
        if not xs or not ys:
            continue
        above = None
        for y in ys:
            row = pack([sample(x, y, s, depth, colour) for x in xs for s in range(SAMPLES[colour])], depth)
            out += filtered(row, above or bytes(len(row)), step, kind)
            above, kind = row, (kind + 1) % 5
    return bytes(out)


def palette():
    return b"".join(bytes((noise(i, 1) & 255, noise(i, 2) & 255, noise(i, 3) & 255)) for i in range(200))


def palette_alpha():
    return bytes(noise(i, 9) & 255 for i in range(150))


def key(depth, colour):
    """The colour of one pixel of the picture."""
    return [sample(4, 6, s, depth, colour) for s in range(SAMPLES[colour])]


def expected(width, height, depth, colour, transparent):
    """(pixel format, rows): what must come out."""
    wide = depth == 16
    scale = 1 if depth >= 8 or colour == 3 else 255 // ((1 << depth) - 1)
    full = 65535 if wide else 255
    alpha = colour in (4, 6) or transparent
    colours, clear, clear_key = palette(), palette_alpha(), key(depth, colour)
    out = []
    for y in range(height):
        for x in range(width):
            values = [sample(x, y, s, depth, colour) for s in range(SAMPLES[colour])]
            opacity = full
            if colour == 3:
                index = values[0]
                opacity = clear[index] if transparent and index < len(clear) else 255
                values = list(colours[3 * index:3 * index + 3])
            elif colour in (4, 6):
                opacity = values.pop()
            elif transparent and values == clear_key:
                opacity = 0
            values = [v * scale for v in values]
            out += values + ([opacity] if alpha else [])
    name = ("grey" if colour in (0, 4) else "rgb") + ("a" if alpha else "") + ("16" if wide else "8")
    return name, b"".join(struct.pack("<H", v) for v in out) if wide else bytes(out)


def png(width, height, depth, colour, interlace=0, transparent=False, before=b"", after=b"", pieces=1):
    out = SIGNATURE + head(width, height, depth, colour, interlace)
    if colour == 3:
        out += chunk(b"PLTE", palette()[:3 * min(200, 1 << depth)])
    if transparent:
        out += chunk(b"tRNS", palette_alpha()[:min(150, 1 << depth)] if colour == 3 else
                     b"".join(struct.pack(">H", v) for v in key(depth, colour)))
    data = zlib.compress(image_data(width, height, depth, colour, interlace), 6)
    size = -(-len(data) // pieces)
    parts = [data[i:i + size] for i in range(0, len(data), size)]
    return out + before + b"".join(chunk(b"IDAT", part) for part in parts) + after + chunk(b"IEND", b"")


def exif(value, big=True, loop=False):
    order = ">" if big else "<"
    first = (b"MM" if big else b"II") + struct.pack(order + "HI", 42, 8)
    entry = struct.pack(order + "HHIHH", 0x0112, 3, 1, value, 0)
    return first + struct.pack(order + "H", 1) + entry + struct.pack(order + "I", 8 if loop else 0)


class Folder:
    def __init__(self, path):
        self.path, self.index = path, []
        os.makedirs(path, exist_ok=True)

    def put(self, name, data):
        with open(os.path.join(self.path, name), "wb") as file:
            file.write(data)

    def sound(self, name, data, width, height, depth, colour, transparent=False, **facts):
        pixels, rows = expected(width, height, depth, colour, transparent)
        self.put(name + ".png", data)
        self.put(name + ".raw", rows)
        self.index.append(dict(facts, file=name + ".png", expect="ok", width=width, height=height, pixels=pixels,
                               alpha="a" in pixels, raw=name + ".raw"))

    def broken(self, name, data, expect="refuse"):
        self.put(name + ".png", data)
        self.index.append({"file": name + ".png", "expect": expect})


def every_kind(folder):
    for colour, depths in ((0, (1, 2, 4, 8, 16)), (2, (8, 16)), (3, (1, 2, 4, 8)), (4, (8, 16)), (6, (8, 16))):
        for depth in depths:
            for interlace in (0, 1):
                for transparent in (False, True) if colour in (0, 2, 3) else (False,):
                    for width, height in ((33, 21), (1, 1), (3, 9)):
                        name = "colour%d-depth%d%s%s-%dx%d" % (colour, depth, "-trns" if transparent else "",
                                                              "-interlaced" if interlace else "", width, height)
                        folder.sound(name, png(width, height, depth, colour, interlace, transparent), width, height, depth,
                                     colour, transparent)


def odd_but_sound(folder):
    plain = dict(width=30, height=20, depth=8, colour=2)

    def add(name, data, **facts):
        folder.sound(name, data, **plain, **facts)

    def with_chunk(body, name=b"eXIf"):
        return png(**plain, before=chunk(name, body))

    sound = png(**plain)
    add("many-idat", png(**plain, pieces=600))
    add("trailing", sound + b"PK\3\4 and more", trailing=True, note=True)
    add("iend-missing", sound[:-12], note=True)
    add("iend-cut", sound[:-3], note=True)
    add("iend-damaged", sound[:-1] + b"\0", note=True)
    behind = chunk(b"tEXt", b"a\0b")
    add("text-behind", png(**plain, after=behind))
    add("text-behind-damaged", png(**plain, after=behind.replace(b"a\0b", b"a\0c")), note=True)
    add("text-behind-cut", png(**plain, after=behind)[:-14], note=True)
    add("text-damaged", with_chunk(b"a\0b", b"tEXt")[:-12].replace(b"a\0b", b"a\0c") + sound[-12:], note=True)
    add("ztxt-bomb", with_chunk(b"a\0\0" + zlib.compress(bytes(50 << 20), 9), b"zTXt"))
    add("iccp-bomb", with_chunk(b"a\0\0" + zlib.compress(bytes(50 << 20), 9), b"iCCP"), note=True)
    add("iccp-garbage", with_chunk(b"a\0\0" + zlib.compress(b"no profile" * 30), b"iCCP"), note=True)
    add("text-flood", png(**plain, before=chunk(b"tEXt", b"k\0v") * 8000))
    add("gama", with_chunk(struct.pack(">I", 100000), b"gAMA"))
    add("unknown-chunk", with_chunk(b"whatever", b"laRd"))
    for value in range(10):
        add("orientation-%d" % value, with_chunk(exif(value, big=value % 2 == 0)), orientation=value if 1 <= value <= 8 else 1)
    add("orientation-behind", png(**plain, after=chunk(b"eXIf", exif(6))), orientation=6)
    add("orientation-loop", with_chunk(exif(3, loop=True)), orientation=3)
    add("exif-short", with_chunk(exif(6)[:15]), orientation=1)
    add("exif-empty", with_chunk(b""), orientation=1)
    add("animated", with_chunk(struct.pack(">II", 10, 0), b"acTL"), frames=10)


def broken(folder):
    sound = png(30, 20, 8, 2)
    rows = image_data(30, 20, 8, 2, 0)
    start = SIGNATURE + head(30, 20, 8, 2)
    end = chunk(b"IEND", b"")

    def with_rows(data):
        return start + chunk(b"IDAT", zlib.compress(data)) + end

    for cut in (1, 7, 8, 20, 33, 40, 60, len(sound) // 2, len(sound) - 17):
        folder.broken("cut-%d" % cut, sound[:cut])
    folder.broken("empty", b"")
    folder.broken("rows-missing", with_rows(rows[:15 * 91]))
    folder.broken("row-cut", with_rows(rows[:-1]))
    folder.broken("rows-too-many", with_rows(rows + bytes(1 << 20)))
    folder.broken("filter-5", with_rows(rows[:91] + b"\5" + rows[92:]))
    data = zlib.compress(rows)
    folder.broken("adler", start + chunk(b"IDAT", data[:-1] + bytes([data[-1] ^ 1])) + end)
    folder.broken("adler-cut", start + chunk(b"IDAT", data[:-4]) + end)
    folder.broken("crc-idat", sound[:60] + bytes([sound[60] ^ 1]) + sound[61:])
    folder.broken("crc-ihdr", sound[:32] + bytes([sound[32] ^ 1]) + sound[33:])
    folder.broken("idat-missing", start + end)
    folder.broken("palette-missing", SIGNATURE + head(30, 20, 8, 3) + chunk(b"IDAT", data) + end)
    clear = png(30, 20, 8, 2, 0, True)
    at = clear.index(b"tRNS") + 4
    folder.broken("crc-trns", clear[:at] + bytes([clear[at] ^ 1]) + clear[at + 1:])
    folder.broken("zero-width", SIGNATURE + head(0, 20, 8, 2) + chunk(b"IDAT", data) + end)
    folder.broken("declares-2gib", start + struct.pack(">I", 0x7FFFFFFF) + b"IDAT" + data)
    folder.broken("declares-60000", SIGNATURE + head(60000, 60000, 8, 6) + chunk(b"IDAT", data) + end, "limit")
    folder.broken("interlaced-20000", SIGNATURE + head(13000, 13000, 16, 6, 1) + chunk(b"IDAT", data) + end, "limit")
    folder.broken("frames-5000", png(30, 20, 8, 2, before=chunk(b"acTL", struct.pack(">II", 5000, 0))), "limit")


def large(folder):
    """8192 × 8192, RGB, not interlaced: must stream."""
    packer, side = zlib.compressobj(1), 8192
    row = b"\1" + bytes(range(256)) * (side * 3 // 256)
    data = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    folder.put("large.png", SIGNATURE + head(side, side, 8, 2) + chunk(b"IDAT", data) + chunk(b"IEND", b""))
    folder.index.append({"file": "large.png", "expect": "large", "width": side, "height": side, "pixels": "rgb8", "alpha": False})


def main(path):
    folder = Folder(path)
    every_kind(folder)
    odd_but_sound(folder)
    broken(folder)
    large(folder)
    with open(os.path.join(path, "index.json"), "w") as file:
        json.dump(folder.index, file, indent=1)


if __name__ == "__main__":
    main(sys.argv[1])
