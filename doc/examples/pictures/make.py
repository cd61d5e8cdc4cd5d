#!/usr/bin/env python3
"""The example pictures, drawn by arithmetic: the same bytes from the same versions of Pillow and NumPy.

Usage: make.py [FOLDER]. Needs Pillow and NumPy. Pillow writes neither interlaced nor 16-bit RGB PNG, so
PNG is written here.
"""
import os
import struct
import sys
import zlib

import numpy as np
from PIL import Image

ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def filtered(rows):
    """Each row with the filter (none, sub or up) of the smallest sum of magnitudes. rows: bytes, y × x × step."""
    height, width, step = rows.shape
    flat = rows.reshape(height, width * step)
    left = np.zeros_like(flat)
    left[:, step:] = flat[:, :-step]
    above = np.zeros_like(flat)
    above[1:] = flat[:-1]
    tries = np.stack([flat, flat - left, flat - above])
    best = np.abs(tries.view(np.int8).astype(int)).sum(axis=2).argmin(axis=0)
    kinds = best.astype(np.uint8)[:, None]
    return np.hstack([kinds, tries[best, np.arange(height)]]).tobytes()


def png(path, pixels, interlaced=False):
    """pixels: y × x × samples, uint8 or uint16."""
    height, width, samples = pixels.shape
    depth = pixels.dtype.itemsize * 8
    rows = np.ascontiguousarray(pixels.astype(pixels.dtype.newbyteorder(">"))).view(np.uint8)
    rows = rows.reshape(height, width, samples * depth // 8)
    passes = ADAM7 if interlaced else ((0, 0, 1, 1),)
    data = b"".join(filtered(np.ascontiguousarray(rows[y::dy, x::dx])) for x, y, dx, dy in passes)
    colour = {1: 0, 2: 4, 3: 2, 4: 6}[samples]
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced))
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        for name, body in ((b"IHDR", head), (b"IDAT", zlib.compress(data, 9)), (b"IEND", b"")):
            file.write(struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)))


def grid(width, height):
    y, x = np.mgrid[0:height, 0:width].astype(float)
    return x / width, y / height


def blend(below, above, cover):
    return below + (np.asarray(above, float) - below) * cover[..., None]


def sky(x, y, top, bottom):
    return np.asarray(top, float) + (np.asarray(bottom, float) - np.asarray(top, float)) * y[..., None]


def soft(value, edge=0.004):
    return np.clip(value / edge + 0.5, 0, 1)


def ridge(x, seed, rough):
    line = np.zeros_like(x)
    for octave in range(1, 8):
        line += np.sin(x * 6.28 * octave * 1.37 + seed * octave * 2.1) / octave ** rough
    return line


def dunes():
    x, y = grid(768, 512)
    picture = sky(x, y, (58, 92, 150), (250, 208, 150))
    picture = blend(picture, (255, 240, 205), soft(0.07 - np.hypot((x - 0.7) * 1.5, y - 0.3)))
    for i, colour in enumerate(((214, 150, 96), (196, 122, 70), (168, 94, 52), (120, 62, 36))):
        line = 0.5 + 0.13 * i + 0.05 * ridge(x, 1.3 + i, 1.6)
        shade = 1 - 0.25 * np.clip((y - line) * 3, 0, 1)
        picture = blend(picture, np.asarray(colour) * shade[..., None], soft(y - line))
    return picture


def leaf():
    """With a soft edge of alpha, on nothing."""
    x, y = grid(512, 512)
    u, v = (x - 0.5) * 2, (y - 0.5) * 2
    half = 0.62 * np.cos(v * 1.6) * (1 - 0.25 * v)
    inside = np.clip((half - np.abs(u)) / 0.06, 0, 1) * (np.abs(v) < 0.97)
    veins = np.abs(np.sin((v * 1.0 - np.abs(u) * 0.8) * 26))
    green = 120 + 70 * (1 - np.abs(u)) - 40 * np.exp(-veins * 7) - 50 * np.exp(-np.abs(u) * 60)
    colour = np.stack([green * 0.45 + 20 * v, green, green * 0.3], axis=-1)
    return np.dstack([colour, inside * 255])


def aurora():
    """16 bits: its gradients band in 8."""
    x, y = grid(448, 320)
    picture = sky(x, y, (2, 4, 18), (10, 26, 52))
    for i in range(4):
        line = 0.25 + 0.1 * i + 0.06 * np.sin(x * (5 + i) + i * 1.9)
        glow = np.exp(-np.abs(y - line) * (14 + 3 * i)) * (0.4 + 0.6 * np.sin(x * 3.1 + i) ** 2)
        picture = blend(picture, ((60, 220, 140), (80, 200, 210), (130, 110, 220), (60, 240, 120))[i], glow * 0.7)
    line = 0.83 + 0.03 * ridge(x, 4.0, 1.5)
    return blend(picture, (3, 6, 12), soft(y - line, 0.006))


def window():
    """Stained glass: nearest of scattered points."""
    random = np.random.RandomState(7)
    points, hues = random.rand(60, 2), random.rand(60, 3)
    x, y = grid(640, 640)
    distance = np.stack([np.hypot(x - a, y - b) for a, b in points])
    order = np.sort(distance, axis=0)
    cell = hues[distance.argmin(axis=0)] * 190 + 50
    light = 1 - 0.45 * np.hypot(x - 0.5, y - 0.5)
    return blend(np.full(cell.shape, 18.0), cell * light[..., None], soft(order[1] - order[0] - 0.008, 0.006))


def moon():
    random = np.random.RandomState(3)
    x, y = grid(512, 512)
    u, v = (x - 0.5) * 2, (y - 0.5) * 2
    radius = np.hypot(u, v)
    height = np.zeros_like(x)
    for a, b, size in zip(random.rand(90) * 1.8 - 0.9, random.rand(90) * 1.8 - 0.9, 0.02 + 0.12 * random.rand(90) ** 4):
        d = np.hypot(u - a, v - b) / size
        height += np.exp(-(d - 1) ** 2 * 9) * 0.5 - np.exp(-d ** 4) * 0.5
    slope = np.gradient(height, axis=1) * 9
    ball = np.sqrt(np.clip(1 - (radius / 0.9) ** 2, 0, 1))
    lit = np.clip(u * -0.55 + ball * 0.8 + slope, 0, 1) * (radius < 0.9)
    return 255 * lit[..., None] ** 0.8


def waves():
    x, y = grid(1024, 768)
    picture = sky(x, y, (150, 190, 215), (12, 60, 96))
    for i in range(14):
        depth = i / 13
        line = 0.4 + 0.6 * depth ** 1.4 + 0.012 * (1 + 2 * depth) * np.sin(x * (40 - 25 * depth) + i * 2.4 + 2 * np.sin(x * 7 + i))
        foam = np.exp(-np.abs(y - line) * (260 - 160 * depth)) * (0.3 + 0.7 * np.sin(x * 23 + i * 5) ** 2)
        picture = blend(picture, (30 - 14 * depth, 100 - 45 * depth, 140 - 50 * depth), soft(y - line))
        picture = blend(picture, (235, 245, 245), foam)
    return picture


def lantern():
    """Flat shapes over nothing."""
    x, y = grid(400, 480)
    u, v = np.abs(x - 0.5), y
    cover = np.maximum(soft(0.3 - np.hypot(u * 1.1, (v - 0.55) * 0.85)), soft(0.012 - u) * (v < 0.3))
    ribs = np.abs(np.sin(np.arcsin(np.clip(u / 0.29, 0, 1)) * 6))
    colour = blend(np.full(x.shape + (3,), (205.0, 40, 32)), (250, 190, 80), np.clip(1 - ribs * 1.4, 0, 1))
    caps = soft(np.abs(v - 0.55) - 0.315) * soft(0.13 - u) * soft(0.36 - np.abs(v - 0.55))
    colour = blend(colour, (70, 40, 24), caps)
    return np.round(np.dstack([colour, np.maximum(cover, caps) * 255]) / 5) * 5


def pines():
    """Upright, the size a picture model makes."""
    random = np.random.RandomState(11)
    x, y = grid(832, 1216)
    picture = sky(x, y, (34, 40, 84), (244, 150, 110))
    for row in range(4):
        tint = np.asarray((96, 84, 120)) * (1 - row / 4.5)
        cover = soft(y - (0.74 + 0.07 * row + 0.02 * ridge(x, row, 1.8)))
        for _ in range(14):
            at, tall = random.rand(), (0.16 + 0.12 * random.rand()) * (0.7 + 0.35 * row)
            foot = 0.8 + 0.07 * row
            rise = (y - (foot - tall)) / tall
            width = tall * 0.22 * rise * (0.75 + 0.25 * np.abs(((rise * 7) % 1)))
            cover = np.maximum(cover, soft(width - np.abs(x - at)) * (rise > 0) * (rise < 1))
        picture = blend(picture, tint, cover)
    return picture


def lake():
    """Hills and what the water makes of them; a camera held upright writes it lying down."""
    x, y = grid(480, 640)
    shore = 0.55
    up = np.where(y > shore, 2 * shore - y + 0.006 * np.sin(y * y * 260), y)
    picture = sky(x, up / shore, (62, 120, 190), (226, 236, 240))
    picture = blend(picture, (255, 250, 230), soft(0.05 - np.hypot(x - 0.3, (up - 0.16) * 1.33)))
    for i, colour in enumerate(((120, 146, 170), (84, 118, 112), (48, 86, 66))):
        line = shore - 0.22 + 0.075 * i + 0.06 * ridge(x, 2.1 + 3 * i, 1.7)
        picture = blend(picture, colour, soft(up - line))
    return blend(picture, (18, 52, 84), np.where(y > shore, 0.25 + 0.5 * (y - shore), 0))


def balloons():
    x, y = grid(720, 540)
    picture = sky(x, y, (88, 160, 224), (246, 226, 206))
    for at, high, size, colour in ((0.22, 0.36, 0.16, (214, 64, 52)), (0.58, 0.24, 0.11, (240, 180, 40)), (0.8, 0.5, 0.2, (52, 110, 170)), (0.42, 0.7, 0.07, (90, 150, 80))):
        u, v = (x - at) / size * 4 / 3, (y - high) / size
        wide = np.sqrt(np.clip(1 - v * v, 0, 1)) * np.where(v > 0, 1 - 0.35 * v * v, 1)
        stripes = 0.8 + 0.2 * np.sign(np.sin(np.arcsin(np.clip(u / np.maximum(wide, 0.01), -1, 1)) * 7))
        shade = (1 - 0.35 * np.clip(u + 0.3, 0, 1)) * stripes
        picture = blend(picture, np.asarray(colour) * shade[..., None], soft((wide - np.abs(u)) * size) * (np.abs(v) < 1))
        basket = np.minimum(0.14 - np.abs(u), 0.12 - np.abs(v - 1.3))
        picture = blend(picture, (96, 62, 36), soft(basket * size))
    return picture


def turned(value):
    """EXIF of the orientation alone."""
    return b"Exif\0\0MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, value, 0, 0)


def bits8(picture):
    return np.clip(np.round(picture), 0, 255).astype(np.uint8)


def main(folder):
    os.makedirs(folder, exist_ok=True)

    def at(name):
        return os.path.join(folder, name)

    png(at("dunes.png"), bits8(dunes()))
    png(at("leaf-alpha.png"), bits8(leaf()))
    png(at("aurora-16bit.png"), np.round(aurora() * 4).clip(0, 1023).astype(np.uint16) * 64)
    png(at("window-interlaced.png"), bits8(window()), interlaced=True)
    png(at("moon-grey.png"), bits8(moon()))
    Image.fromarray(bits8(waves())).save(at("waves.webp"), quality=85, method=6)
    Image.fromarray(bits8(lantern())).save(at("lantern-alpha.webp"), lossless=True, method=6)
    Image.fromarray(bits8(pines())).save(at("pines.webp"), quality=88, method=6)
    Image.fromarray(bits8(lake())).transpose(Image.ROTATE_90).save(at("lake-turned.jpg"), quality=85, exif=turned(6))
    Image.fromarray(bits8(balloons())).save(at("balloons-progressive.jpg"), quality=85, progressive=True)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__)))
