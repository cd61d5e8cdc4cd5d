#!/usr/bin/env python3
"""test-fault-ingest-kill: an ingest is killed at every operation it sends to the store: before it, while its bytes are
read, after it. A reader must never see an image without its thumbnail and metadata, and whoever comes next gets through:
the same picture at once, another one after the grace time or a sweep. The table of doc/dev/ingest.md, row by row. (D2, c-D06)"""
import os
import sys

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
from world import DIGEST, KEY, KEY_WEBP, THUMBNAIL, Tap, new_world  # noqa: E402

LATE = 3600
tap = Tap()


def ingest(world, name, later=0, *more):
    return world.run("ingest", world.path(name), "u", "j", *more, later=later)


def whole(world, name):
    """Image and thumbnail there, of that picture, naming each other."""
    image, thumbnail = world.stat("images", KEY), world.stat("thumbnails", THUMBNAIL)
    return bool(image and thumbnail and image[0] == thumbnail[0] == DIGEST[name] and image[2] == THUMBNAIL and thumbnail[1] == KEY
                and image[3] == "image/png" and thumbnail[3] == "image/webp" and image[4] == "u" and thumbnail[4] == "-")


def consistent(world):
    image, thumbnail = world.stat("images", KEY), world.stat("thumbnails", THUMBNAIL)
    return image is None or (thumbnail is not None and thumbnail[0] == image[0] and thumbnail[1] == KEY)


def killed(at, answer):
    world = new_world()
    process = world.start("ingest", world.path("red"), "u", "j")
    for _ in range(at):
        process.step()
    process.step(answer)
    return world, process


world = new_world()
plain = world.start("ingest", world.path("red"), "u", "j")
plain.finish()
steps = plain.steps
tap.check(plain.code == 0 and plain.stdout.startswith("new " + KEY), "test-fault-ingest-kill-none", plain.stderr)
tap.check([step for step in steps if step.startswith("write")] == ["write " + THUMBNAIL, "write " + KEY], "test-fault-ingest-order", steps)
tap.check(whole(world, "red"), "test-fault-ingest-whole")

for at, step in enumerate(steps):
    for answer, when in (("k", "before"), ("m", "during"), ("a", "after")):
        if answer == "m" and not step.startswith("write"):
            continue
        name = "%s-%d-%s" % (when, at, step.split()[0])
        world, process = killed(at, answer)
        tap.check(process.code == -9, "test-fault-ingest-killed-" + name, process.code)
        claimed = world.stat("thumbnails", THUMBNAIL) is not None
        committed = world.stat("images", KEY) is not None
        written = [s for s in steps[:at + (answer == "a")] if s.startswith("write")]
        tap.check(claimed == (len(written) > 0) and committed == (len(written) > 1), "test-fault-ingest-reader-" + name, (claimed, committed, written))
        tap.check(consistent(world), "test-fault-ingest-consistent-" + name)
        # another picture: gives way to a young claim and to a commit, takes over an old claim
        done = ingest(world, "blue")
        tap.check(done.code == (5 if claimed else 0) and consistent(world), "test-fault-ingest-other-" + name, (done.code, done.err))
        # the same again goes on from wherever the dead one stopped
        world, process = killed(at, answer)
        done = ingest(world, "red")
        tap.check(done.code == 0 and done.out.startswith("already " if committed else "new ") and whole(world, "red"),
                  "test-fault-ingest-again-" + name, done.out + done.err)
        done = ingest(world, "red")
        tap.check(done.code == 0 and done.out.startswith("already "), "test-fault-ingest-idempotent-" + name, done.out + done.err)
        # after the grace time
        world, process = killed(at, answer)
        done = ingest(world, "blue", LATE)
        tap.check(done.code == (5 if committed else 0) and whole(world, "red" if committed else "blue"), "test-fault-ingest-takeover-" + name,
                  (done.code, done.err))
        # the sweep takes nothing young and nothing whole
        world, process = killed(at, answer)
        young, old = world.run("sweep"), world.run("sweep", later=LATE)
        tap.check(young.out == "removed 0\n" and old.out == "removed %d\n" % (claimed and not committed), "test-fault-ingest-sweep-" + name,
                  young.out + old.out + old.err)
        tap.check(len(world.leftovers()) == (2 if committed else 0), "test-fault-ingest-swept-" + name, world.leftovers())

# the same job in another format: the claim names another image
world = new_world()
ingest(world, "red")
done = ingest(world, "red", 0, "format=webp")
tap.check(done.code == 5 and KEY in done.err and world.stat("images", KEY_WEBP) is None, "test-fault-ingest-other-format", done.err)
done = ingest(world, "blue")
tap.check(done.code == 5 and "overwrite" in done.err and whole(world, "red"), "test-fault-ingest-conflict", done.err)

# replacing, killed at every operation: nobody finds nothing, and the same command again heals
world = new_world()
ingest(world, "red")
replacing = world.start("ingest", world.path("blue"), "u", "j", "overwrite")
replacing.finish()
tap.check(replacing.code == 0 and replacing.stdout.startswith("replaced ") and whole(world, "blue"), "test-fault-ingest-overwrite", replacing.stdout + replacing.stderr)
for at in range(len(replacing.steps)):
    for answer in "kma":
        world = new_world()
        ingest(world, "red")
        process = world.start("ingest", world.path("blue"), "u", "j", "overwrite")
        for _ in range(at):
            process.step()
        process.step(answer)
        both = world.stat("images", KEY) and world.stat("thumbnails", THUMBNAIL)
        done = ingest(world, "blue", 0, "overwrite")
        tap.check(both and done.code == 0 and whole(world, "blue"), "test-fault-ingest-overwrite-killed-%d-%s" % (at, answer), done.err)

# replacing in another format, killed at every operation: a picture with a thumbnail at any time, which no sweep takes, and the
# same command again leaves the new picture alone, without the former one


def swap(world):
    return ("ingest", world.path("blue"), "u", "j", "overwrite", "format=webp")


def swapped(world):
    image, thumbnail = world.stat("images", KEY_WEBP), world.stat("thumbnails", THUMBNAIL)
    return bool(image and thumbnail and image[0] == thumbnail[0] == DIGEST["blue"] and image[2] == THUMBNAIL and thumbnail[1] == KEY_WEBP
                and world.stat("images", KEY) is None)


world = new_world()
ingest(world, "red")
replacing = world.start(*swap(world))
replacing.finish()
tap.check(replacing.code == 0 and replacing.stdout.startswith("new " + KEY_WEBP) and swapped(world)
          and [step for step in replacing.steps if step.split()[0] in ("write", "remove")][-2:] == ["write " + KEY_WEBP, "remove " + KEY],
          "test-fault-ingest-swap", (replacing.stdout, replacing.stderr, replacing.steps))
for at in range(len(replacing.steps)):
    for answer in "kma":
        world = new_world()
        ingest(world, "red")
        process = world.start(*swap(world))
        for _ in range(at):
            process.step()
        process.step(answer)
        found = [key for key in (KEY, KEY_WEBP) if world.stat("images", key)]
        swept = world.run("sweep", later=LATE)
        thumbnail = world.stat("thumbnails", THUMBNAIL)
        tap.check(found and swept.out == "removed 0\n" and thumbnail and (thumbnail[1] in found or thumbnail[0] == DIGEST["blue"]),
                  "test-fault-ingest-swap-reader-%d-%s" % (at, answer), (found, swept.out, thumbnail))
        done = world.run(*swap(world))
        tap.check(done.code == 0 and swapped(world), "test-fault-ingest-swap-again-%d-%s" % (at, answer), (done.out, done.err))

# two changes of format in a row, both killed: still a picture with a thumbnail at any time, and the second one again leaves its
# own picture alone, of three
KEY_JPEG = KEY.replace(".png", ".jpeg")
CHANGES = ("write " + THUMBNAIL, "write ", "remove ")


def change(world, format, until):
    """Killed at the last of the operations that begin with `until`."""
    process = world.start("ingest", world.path("blue"), "u", "j", "overwrite", "format=" + format)
    while process.at and not (process.at.startswith(until) and (until != "write " or THUMBNAIL not in process.at)):
        process.step()
    if process.at:
        process.step("k")


for first in CHANGES:
    for second in CHANGES if os.path.exists(os.path.join(os.environ["LARDER_MODULE_DIR"], "codec-jpeg.so")) else ():
        world = new_world()
        ingest(world, "red")
        change(world, "webp", first)
        change(world, "jpeg", second)
        name = "%d-%d" % (CHANGES.index(first), CHANGES.index(second))
        swept = world.run("sweep", later=LATE)
        found = [key for key in (KEY, KEY_WEBP, KEY_JPEG) if world.stat("images", key)]
        tap.check(found and swept.out == "removed 0\n" and world.stat("thumbnails", THUMBNAIL), "test-fault-ingest-swaps-reader-" + name, (found, swept.out))
        done = world.run("ingest", world.path("blue"), "u", "j", "overwrite", "format=jpeg")
        found = [key for key in (KEY, KEY_WEBP, KEY_JPEG) if world.stat("images", key)]
        thumbnail = world.stat("thumbnails", THUMBNAIL)
        tap.check(done.code == 0 and found == [KEY_JPEG] and thumbnail and thumbnail[1] == KEY_JPEG, "test-fault-ingest-swaps-again-" + name,
                  (done.out, done.err, found, thumbnail))

# two processes with the same job: one wins, both report truthfully, whatever the order
for first in range(len(steps)):
    for second, theirs in (("red", "same"), ("blue", "other")):
        world = new_world()
        one = world.start("ingest", world.path("red"), "u", "j")
        for _ in range(first):
            one.step()
        two = world.start("ingest", world.path(second), "u", "j")
        two.finish()
        one.finish()
        if second == "red":
            good = one.code == two.code == 0 and sorted([one.stdout.split()[0], two.stdout.split()[0]]) == ["already", "new"] and whole(world, "red")
        else:
            good = sorted([one.code, two.code]) == [0, 5] and whole(world, "red" if one.code == 0 else "blue")
        tap.check(good, "test-fault-ingest-two-%s-%d" % (theirs, first), (one.code, one.stdout, one.stderr, two.code, two.stdout, two.stderr))

# a claim is taken back for want of space while the same picture goes on from it: before or after the other's commit
for commit_first in (True, False):
    world = new_world()
    one, two = (world.start("ingest", world.path("red"), "u", "j") for _ in range(2))
    while one.at != "write " + KEY:
        one.step()
    while two.at != "write " + KEY:
        two.step()
    if commit_first:
        two.finish()
        one.step("f")
        one.finish()
    else:
        one.step("f")
        one.finish()
        two.finish()
    tap.check(one.code == 7 and two.code == 0 and two.stdout.startswith("new ") and whole(world, "red"),
              "test-fault-ingest-taken-back-%s" % ("after" if commit_first else "before"), (one.code, one.stderr, two.code, two.stdout, two.stderr))
# and with nobody else, nothing stays
world = new_world()
one = world.start("ingest", world.path("red"), "u", "j")
while one.at != "write " + KEY:
    one.step()
one.step("f")
one.finish()
tap.check(one.code == 7 and not world.leftovers(), "test-fault-ingest-taken-back-alone", world.leftovers())
tap.done()
