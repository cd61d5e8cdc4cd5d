"""kill_place.py: a folder with stores, what goes into them, and the state of Larder, which runs there with one job: so its calls can be counted, and it dies before each in turn."""
import os
import shutil
import subprocess

from folders import Home

SLOW = float(os.environ.get("LARDER_SLOW", "1"))
TOOL = os.path.join(os.environ["TOP_BUILDDIR"], "larder")
CALLS = ("linkat", "mkdirat", "renameat", "unlinkat", "pwrite")


class KillPlace(Home):
    def run(self, *words, **more):
        """`more` is for the environment."""
        env = {**os.environ, "LARDER_CONFIG": self.path("larder.ini"), "LARDER_PROFILE": "t", "XDG_STATE_HOME": self.path("state"),
               "LARDER_MODULE_DIR": os.path.join(os.environ["TOP_BUILDDIR"], ".libs"), **more}
        done = subprocess.run([TOOL, "--jobs", "1", *words], env=env, cwd=self.home, capture_output=True, timeout=120 * SLOW)
        return done.returncode, done.stdout, done.stderr

    def begin(self):
        """Nothing was done yet."""
        for name in ("root", "more", "state", "back"):
            shutil.rmtree(self.path(name), ignore_errors=True)
