#!/usr/bin/env python3
"""test-image-fit: thumbnail sizes are those of Pillow's Image.thumbnail, over many sizes. (c-D02)"""
import os
import random
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
from PIL import Image  # noqa: E402
from world import Tap  # noqa: E402


class Done(Exception):
    pass


class Fake(Image.Image):
    """Only a size, so that Pillow's own arithmetic runs on millions of pixels for nothing."""

    def __init__(self, size):
        self.fake = size

    size = property(lambda self: self.fake)
    width = property(lambda self: self.fake[0])
    height = property(lambda self: self.fake[1])

    def load(self):
        return None

    def draft(self, mode, size):
        return None

    def resize(self, size, *_, **__):
        raise Done(tuple(size))


def pillow(width, height, box):
    try:
        Image.Image.thumbnail(Fake((width, height)), box)
    except Done as done:
        return done.args[0]
    return (width, height)


chance = random.Random(5)
cases = [(w, h, 256, 256) for w in range(1, 700, 7) for h in range(1, 700, 5)]
cases += [(w, h, 256, 256) for w, h in ((1024, 1024), (832, 1216), (1216, 832), (1, 3000), (3000, 1), (3000, 7), (255, 257), (257, 255), (256, 256), (65535, 3), (512, 513))]
cases += [(chance.randint(1, 20000), chance.randint(1, 20000), chance.choice((16, 100, 256, 257, 999)), chance.choice((16, 100, 256, 333))) for _ in range(20000)]
given = "".join("%d %d %d %d\n" % case for case in cases)
done = subprocess.run([os.path.join(os.environ["TOP_BUILDDIR"], "tests/image/fit-sizes")], input=given, capture_output=True, text=True, check=True)
found = [tuple(map(int, line.split())) for line in done.stdout.splitlines()]
wrong = [(case, got, pillow(case[0], case[1], case[2:])) for case, got in zip(cases, found) if got != pillow(case[0], case[1], case[2:])]
tap = Tap()
tap.check(len(found) == len(cases) and not wrong, "test-image-fit-pillow", "%d of %d: %s" % (len(wrong), len(cases), wrong[:5]))
tap.check(pillow(1024, 512, (256, 256)) == (256, 128) and pillow(3000, 1, (256, 256)) == (256, 1), "test-image-fit-oracle")
tap.done()
