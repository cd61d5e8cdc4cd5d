"""edge_place.py: a pipeline file of a test's own, with its profiles, for a store on a plain folder behind a CDN.

    place = EdgePlace("larder-check-")
    place.write("larder.ini", …); place.write("profiles/edge.ini", …)
    done = place.run("cdn", "check", "a.png", profile="edge")
"""
import os
import subprocess
import tempfile

import servers
from scene import MODULES, TOOL, Done

ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "AWS_EC2_METADATA_DISABLED": "true", "LARDER_MODULE_DIR": MODULES, "LARDER_CONFIG": "", "LARDER_PROFILE": ""}


class EdgePlace:
    def __init__(self, prefix):
        self.holder = tempfile.TemporaryDirectory(prefix=prefix)

    def path(self, name):
        return os.path.join(self.holder.name, name)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w") as file:
            file.write(text)

    def start(self, *words, profile="edge", env=()):
        return subprocess.Popen([TOOL, "--config", self.path("larder.ini"), "--profile", profile, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                env={**os.environ, **ENVIRONMENT, "HOME": self.holder.name, "XDG_STATE_HOME": self.path(".local/state"), **dict(env)})

    def run(self, *words, **more):
        process = self.start(*words, **more)
        out, err = process.communicate(timeout=120 * servers.SLOW)
        return Done(process.returncode, out, err)
