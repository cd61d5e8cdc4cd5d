#!/usr/bin/env python3
"""test-fault-ingest-model: random interleavings of several ingests of one job, kills and sweeps, one store operation at a
time, against a model of doc/dev/ingest.md. Seeds are fixed, so a failure is found again; LARDER_SEEDS asks for more. (D2)"""
import hashlib
import os
import random
import sys

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
from world import KEY, THUMBNAIL, Tap, World, png  # noqa: E402

PICTURES = [png((i * 60, 90, 30)) for i in range(3)]
DIGESTS = [hashlib.sha256(data).hexdigest() for data in PICTURES]
LATE = 3600


class Model:
    """What the store may hold, told from the operations that were let through."""

    def __init__(self, world, late):
        self.world, self.late = world, late
        self.committed = None     # digest of the image, once there
        self.taken_back = False   # a claim was: then only the end counts, for a moment at a time
        self.news = 0             # processes that say they stored it
        self.faults = []

    def say(self, good, text):
        if not good:
            self.faults.append(text)

    def look(self):
        image, thumbnail = self.world.stat("images", KEY), self.world.stat("thumbnails", THUMBNAIL)
        if self.committed:
            self.say(image is not None and image[0] == self.committed, "a committed image changed or went")
        elif image:
            self.committed = image[0]
            self.say(image[0] in DIGESTS, "an image nobody gave")
        if image:
            self.say(image[2] == THUMBNAIL and image[4] == "u", "an image without its metadata")
            if not self.late and not self.taken_back:     # exact at every moment
                self.say(thumbnail is not None and thumbnail[0] == image[0], "an image without its thumbnail")
        if thumbnail:
            self.say(thumbnail[1] == KEY and thumbnail[0] in DIGESTS, "a thumbnail of nothing")

    def ended(self, process, what, which):
        if what == "sweep":
            self.say(process.code in (0, -9), "sweep: exit %s: %s" % (process.code, process.stderr))
        elif process.code == 0:
            self.news += process.stdout.startswith("new ")
            self.say(self.news <= 1, "two processes say that they stored it")
            self.say(process.stdout.split()[0] in ("new", "already"), "a word nobody knows")
            self.say(self.committed == DIGESTS[which], "reported as stored, and is not")
        elif process.code == 5:
            image, thumbnail = self.world.stat("images", KEY), self.world.stat("thumbnails", THUMBNAIL)
            self.say(self.late or not image or image[0] != DIGESTS[which], "CONFLICT with itself")
            self.say(self.late or image or thumbnail, "CONFLICT with nothing")
        elif process.code == 7:
            self.say("no space" in process.stderr, "NOSPACE of nothing")
        elif process.code != -9:
            self.say(False, "exit %s: %s" % (process.code, process.stderr))


def play(seed, late):
    """`late`: a few processes live in a time when every claim is old, so that live claims are taken over and swept."""
    chance = random.Random(seed)
    world = World().with_bucket()
    for i, data in enumerate(PICTURES):
        world.put(str(i), data)
    model = Model(world, late)
    waiting = [("ingest", chance.randrange(3)) for _ in range(chance.randint(2, 4))]
    waiting += [("sweep", None)] * chance.randint(0, 2)
    chance.shuffle(waiting)
    running, trace = [], []
    deaths = chance.choice(("kmaf", "f"))      # in half of the games nobody dies: then all must be whole without help
    while (waiting or running) and not model.faults:
        if waiting and (not running or chance.random() < 0.3):
            what, which = waiting.pop()
            words = ("sweep",) if what == "sweep" else ("ingest", world.path(str(which)), "u", "j")
            turn = (world.start(*words, later=LATE if late and chance.random() < 0.5 else 0), what, which)
            running.append(turn)
        else:
            turn = chance.choice(running)
            answer = chance.choice(deaths) if chance.random() < 0.1 else "g"
            answer = "g" if answer == "f" and not turn[0].at.startswith("write") else answer
            trace.append("%s(%s) %s %s" % (turn[1], turn[2], turn[0].at, answer))
            turn[0].step(answer)
            model.taken_back |= answer == "f"
        model.look()
        if turn[0].at is None:
            running.remove(turn)
            model.ended(*turn)
    for process, _, _ in running:
        process.step("k")
    image, thumbnail = world.stat("images", KEY), world.stat("thumbnails", THUMBNAIL)
    model.say("f" != deaths or late or not image or (thumbnail and thumbnail[0] == image[0]), "an image without its thumbnail, and nobody died")
    settle(world, model)
    return model.faults, trace


def settle(world, model):
    """Whatever happened: sweep, then the winner's own picture (or any) again, and everything is whole."""
    done = world.run("sweep", later=3 * LATE)     # claims of late processes are young for one hour more
    model.say(done.code == 0, "last sweep: " + done.err)
    which = DIGESTS.index(model.committed) if model.committed in DIGESTS else 0
    done = world.run("ingest", world.path(str(which)), "u", "j")
    model.say(done.code == 0, "nobody gets through any more: " + done.err)
    image, thumbnail = world.stat("images", KEY), world.stat("thumbnails", THUMBNAIL)
    model.say(image and thumbnail and image[0] == thumbnail[0] == DIGESTS[which] and thumbnail[1] == KEY, "not whole in the end")


tap = Tap()
for seed in range(int(os.environ.get("LARDER_SEEDS", "40"))):
    for late in (False, True):
        faults, trace = play(seed * 2 + late, late)
        tap.check(not faults, "test-fault-ingest-model-%s-%d" % ("late" if late else "early", seed), "\n".join(faults + trace))
tap.done()
