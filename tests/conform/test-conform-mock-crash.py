#!/usr/bin/env python3
"""localfs-mock under kill -9: at random moments with several writers, and at every system call of each operation."""
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

BUILD = os.environ["TOP_BUILDDIR"]
WORKER = os.path.join(BUILD, "tests/conform/mock-worker")
MODULE = os.path.join(os.environ["LARDER_MODULE_DIR"], "driver-localfs-mock.so")
ROUNDS = int(os.environ.get("LARDER_KILL_ROUNDS", "200"))
SEED = int(os.environ.get("LARDER_SEED", random.randrange(1 << 30)))
failed = 0
count = 0


def say(good, name, detail=""):
    global failed, count
    count += 1
    failed += not good
    print("ok" if good else "not ok", count, "-", name, flush=True)
    for line in detail.strip().split("\n") if detail and not good else []:
        print("#", line)


def worker(root, *words, **kinds):
    return subprocess.Popen([WORKER, MODULE, root, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **kinds)


def left(root):
    """Bytes and records that nobody will find again, readable files without an object."""
    truth = os.path.join(root, "crashes", ".larder")
    found = []
    for folder, _, names in os.walk(os.path.join(root, "crashes")):
        if not folder.startswith((os.path.join(truth, "lock"), os.path.join(truth, "tmp"))):
            found += [os.path.join(folder, name) for name in names if os.path.join(folder, name) != os.path.join(truth, "bucket")]
    return found


def kills(root):
    chance = random.Random(SEED)
    worker(root, "settle").communicate()  # makes the bucket
    reader = worker(root, "read", stdin=subprocess.PIPE)
    writers = {}
    talk = ""
    for turn in range(ROUNDS):
        while len(writers) < 3:
            seed = chance.randrange(1 << 30)
            writers[seed] = worker(root, "write", seed)
        time.sleep(chance.random() * 0.02)
        seed = chance.choice(sorted(writers))
        victim = writers.pop(seed)
        if victim.poll() is not None:
            talk += "a writer ended by itself: %s\n" % victim.communicate()[0]
            break
        victim.send_signal(signal.SIGKILL)
        victim.communicate()
    for victim in writers.values():
        victim.kill()
        victim.communicate()
    out, _ = reader.communicate()
    words = out.split()
    say(not talk and reader.returncode == 0 and int(words[2]) > 0, "conform-mock-crash-random",
        "seed %d: %s%s" % (SEED, talk, out))


def main():
    with tempfile.TemporaryDirectory() as root:
        kills(root)
        settle = worker(root, "settle")
        out, _ = settle.communicate()
        say(settle.returncode == 0, "conform-mock-crash-writable-after", out)
        rest = left(root)
        say(not rest, "conform-mock-crash-nothing-left", "seed %d: %s" % (SEED, "\n".join(rest[:5])))
    with tempfile.TemporaryDirectory() as root:
        crash = worker(root, "crash")
        out, _ = crash.communicate()
        say(crash.returncode == 0, "conform-mock-crash-every-call", out)
        rest = left(root)
        say(not rest, "conform-mock-crash-every-call-nothing-left", "\n".join(rest[:5]))
        print("#", out.strip().replace("\n", ", "))
    print("1..%d" % count)
    return 1 if failed else 0


sys.exit(main())
