#!/usr/bin/env python3
"""test-fault-ingest-undecided: a store that looks at no condition. The ingest looks itself, before and after, says in its
note what that is worth, and of two writers at once both tell the truth about what stands in the end."""
import os
import sys

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
from world import DIGEST, KEY, KEY_WEBP, THUMBNAIL, Tap, new_world  # noqa: E402

UNDECIDED = {"LARDER_UNDECIDED": "yes"}
tap = Tap()


def ingest(world, name, *more):
    return world.execute(world.command("gated", ("ingest", world.path(name), "u", "j", *more)), more=UNDECIDED)


def stands(world, name, key=KEY):
    image, thumbnail = world.stat("images", key), world.stat("thumbnails", THUMBNAIL)
    return bool(image and thumbnail and image[0] == thumbnail[0] == DIGEST[name] and thumbnail[1] == key)


world = new_world()
done = ingest(world, "red")
tap.check(done.code == 0 and done.out.startswith("new ") and "note store 'images' cannot decide" in done.out and stands(world, "red"),
          "test-fault-ingest-undecided-new", done.out + done.err)
done = ingest(world, "red")
tap.check(done.code == 0 and done.out.startswith("already "), "test-fault-ingest-undecided-again", done.out + done.err)
done = ingest(world, "blue")
tap.check(done.code == 5 and stands(world, "red"), "test-fault-ingest-undecided-other", done.out + done.err)
done = ingest(world, "blue", "overwrite")
tap.check(done.code == 0 and stands(world, "blue"), "test-fault-ingest-undecided-overwrite", done.out + done.err)
done = ingest(world, "red", "overwrite", "format=webp")
tap.check(done.code == 0 and stands(world, "red", KEY_WEBP) and not world.stat("images", KEY), "test-fault-ingest-undecided-format", done.out + done.err)
plain = new_world().ingest(world.path("red"), "j")
tap.check(plain.code == 0 and "note" not in plain.out, "test-fault-ingest-decided-has-no-note", plain.out + plain.err)

# Every look comes before the other's write: the later writer's picture stands, and the earlier one says so.
world = new_world()
one, two = (world.start("ingest", world.path(name), "u", "j", more=UNDECIDED) for name in ("red", "blue"))
for wait in ("write " + THUMBNAIL, "write " + KEY):
    for process in (one, two):
        while process.at and process.at != wait:
            process.step()
    if wait.endswith(THUMBNAIL):
        one.step()
        two.step()
tap.check(one.at == two.at == "write " + KEY, "test-fault-ingest-undecided-both-at-the-commit", (one.steps, two.steps))
one.step()
two.step()
two.finish()
one.finish()
tap.check(two.code == 0 and two.stdout.startswith("new ") and one.code == 5 and "another picture" in one.stderr and stands(world, "blue"),
          "test-fault-ingest-undecided-race", (one.code, two.code, one.stderr, two.stderr))
tap.done()
