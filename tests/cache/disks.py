"""disks.py: caches on a file system with the manners of NFS (tests/fault/nfs-like.c)."""
import os
import subprocess

from caches import BUILD, ENV, SLOW, Cache

SMALL = os.urandom(100000)

# the same mount as a store of plain files
FILES = """
[backend "mount"]
driver = efs
root = ROOT

[store "files"]
backend = mount
bucket = .
"""


class Disk:
    """A cache whose root is such a mount."""

    def __init__(self, wrong="", manners="", data=SMALL):
        self.cache = Cache("wait = 60s", profile=FILES)
        self.cache.put("sdxl/base.safetensors", data)
        self.below = self.cache.path("below")
        os.makedirs(self.below)
        os.makedirs(self.cache.root)
        self.mount(wrong, manners)

    def mount(self, wrong="", manners=""):
        self.process = subprocess.Popen([os.path.join(BUILD, "tests/fault/nfs-like"), self.below, self.cache.root], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                        env={**ENV, "LARDER_BAD": wrong, "LARDER_MANNERS": manners})
        assert self.process.stdout.readline() == "ready\n"

    def __enter__(self):
        return self.cache

    def __exit__(self, *_):
        subprocess.run(["umount", "-l", self.cache.root], check=True)
        self.process.wait(timeout=30 * SLOW)

    def again(self, wrong=""):
        """Mounted anew, from now on with what goes wrong."""
        self.__exit__()
        self.mount(wrong)
