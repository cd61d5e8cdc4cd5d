#!/usr/bin/env python3
"""check_image.py: etc/kubernetes/Containerfile, its steps carried out in clean roots, then what it made, used as a pod does: as user 1000, the root
read-only, a pull with the read-write mount and a load with the read-only one. `make check-image`; needs root and debootstrap."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

SRC = os.path.abspath(os.environ["TOP_SRCDIR"])
sys.path.insert(0, os.path.join(SRC, "tests/lib"))
import containerfile  # noqa: E402

PIPELINE = """[store "models"]
backend = objects
bucket = models

[cache "models"]
source = models
root = /models
prefixes = sdxl/
claim-rw = models-rw
"""
PROFILE = """[backend "objects"]
driver = localfs-mock
root = /source
create = yes
"""
MODEL = os.urandom(3 << 20)


def context(target):
    """What a builder is given: the files of this tree, without what a build left in it."""
    listed = subprocess.run(["git", "-C", SRC, "ls-files", "-z"], stdout=subprocess.PIPE, check=True).stdout
    os.makedirs(target)
    subprocess.run(["cp", "-a", "--parents", "-t", target, *[name for name in listed.decode().split("\0") if name]], cwd=SRC, check=True)
    return target


def put(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)


class Pod:
    """A container of that image as the manifests ask for it; other ends of its mounts are below `outside`."""

    def __init__(self, stage, outside):
        self.stage, self.outside = stage, outside
        for name in ("models", "source", "config/profiles", "state"):
            os.makedirs(os.path.join(outside, name))
        put(os.path.join(outside, "config/larder.ini"), PIPELINE.encode())
        put(os.path.join(outside, "config/profiles/test.ini"), PROFILE.encode())
        for name in ("models", "source", "state"):
            os.chown(os.path.join(outside, name), 1000, 1000)
        os.chmod(outside, 0o755)

    def run(self, *words, read_only=False, program=None):
        mounts = {"/models": "models", "/source": "source", "/state": "state", "/etc/larder": "config"}
        script = ["set -e", "mount --bind '%s' '%s'" % (self.stage.root, self.stage.root)]
        for inside in mounts:
            os.makedirs(self.stage.path(inside), exist_ok=True)
        script.append("mount -o remount,bind,ro '%s'" % self.stage.root)
        script += ["mount --bind '%s' '%s'" % (os.path.join(self.outside, name), self.stage.path(inside)) for inside, name in mounts.items()]
        if read_only:
            script.append("mount -o remount,bind,ro '%s'" % self.stage.path("/models"))
        script.append("mount -t proc proc '%s'" % self.stage.path("/proc"))
        script.append("cd / && exec chroot --userspec=%s '%s' \"$@\"" % (self.stage.user, self.stage.root))
        environment = {"PATH": containerfile.PATH, "LARDER_CONFIG": "/etc/larder/larder.ini", "LARDER_PROFILE": "test", "TMPDIR": "/state"}
        return subprocess.run([*containerfile.ALONE, "/bin/sh", "-c", "\n".join(script), "sh", *(program or self.stage.entrypoint), *words],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def size(root):
    return int(subprocess.run(["du", "-sxm", root], stdout=subprocess.PIPE, text=True, check=True).stdout.split()[0])


def packed(root):
    """Megabytes of it as a registry keeps it."""
    pack = "tar -C '%s' --one-file-system -c . | gzip -6 | wc -c" % root
    return int(subprocess.run(pack, shell=True, stdout=subprocess.PIPE, text=True, check=True).stdout) / 1e6


def check(what, right, said=""):
    print("ok" if right else "not ok", "-", what, flush=True)
    if not right:
        sys.exit("check_image: %s\n%s" % (what, said))


def use(stage, work):
    pod = Pod(stage, os.path.join(work, "outside"))
    put(os.path.join(work, "outside/state/model"), MODEL)
    got = pod.run("put", "/state/model", "models:sdxl/base.safetensors", "-q")
    check("a store takes a model", got.returncode == 0, got.stderr)
    got = pod.run("--version")
    check("the entry point is larder", got.returncode == 0 and got.stdout.startswith("larder "), got.stderr)
    got = pod.run("module", "list", "--json")
    names = [line["name"] for line in map(json.loads, got.stdout.splitlines()) if line["type"] == "module" and not line.get("problem")]
    check("every module loads, s3 among them", got.returncode == 0 and "s3" in names and "problem" not in got.stdout.replace('"problem":null', ""), got.stdout + got.stderr)
    got = pod.run("-c", "touch /x || touch /usr/x || command -v gcc || command -v make", program=["/bin/sh"])
    check("the root is read-only, and no compiler is in it", got.returncode != 0 and got.stdout == "", got.stdout + got.stderr)
    got = pod.run("model", "load", "base", "--base", "sdxl", "--state", "/state", read_only=True)
    check("a miss on the read-only mount names the claim", got.returncode == 4 and "models-rw" in got.stderr, got.stderr)
    got = pod.run("model", "pull", "--cache", "models", "--state", "/state", "--json")
    check("the job's command pulls", got.returncode == 0 and json.loads(got.stdout.splitlines()[-1])["done"] == 1, got.stderr)
    got = pod.run("model", "load", "base", "--base", "sdxl", "--state", "/state", read_only=True)
    check("a reader finds it", got.returncode == 0 and got.stdout == "/models/sdxl/base.safetensors\n", got.stderr)
    with open(os.path.join(pod.outside, "models/sdxl/base.safetensors"), "rb") as file:
        check("whole", file.read() == MODEL)


def main():
    if os.geteuid() != 0 or not shutil.which("debootstrap"):
        sys.exit("check_image: this needs root and debootstrap\n  next: apt-get install debootstrap, then sudo make check-image")
    began = time.monotonic()
    work = tempfile.mkdtemp(prefix="larder-image-")
    try:
        stages = containerfile.build(os.path.join(SRC, "etc/kubernetes/Containerfile"), context(os.path.join(work, "context")), work)
        built = time.monotonic() - began
        last = stages[-1]
        check("it runs as a user that is not root", last.user == "1000:1000")
        print("built in %.0f s; root %d MB, of which the clean Debian %d MB; packed %.1f MB" %
              (built, size(last.root), size(containerfile.base("bookworm")), packed(last.root)), flush=True)
        use(last, work)
    finally:
        containerfile.remove(work)


main()
