"""clock.py: what a command takes for the time of day, by tests/live/clock-shift.c: off by a constant, or jumping while it runs.

    environment = clock.off(3600)                   # an hour ahead
    jumping = clock.Clock(path)                     # right, until
    jumping.set(-1200)                              # whoever runs with jumping.environment is twenty minutes behind from here on
    sleeper = clock.Clock(path, "LARDER_SLEPT")     # its boot clock goes on by what is set, as if the machine had been suspended; no other does
"""
import os

SHIFT = os.path.join(os.environ["TOP_BUILDDIR"], "tests/live/.libs/clock-shift.so")


def off(seconds, variable="LARDER_SHIFT"):
    return {"LD_PRELOAD": SHIFT, variable: str(seconds), "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}


class Clock:
    def __init__(self, path, variable="LARDER_SHIFT"):
        self.path, self.environment = path, off(path, variable)
        self.set(0)

    def set(self, seconds):
        """At once, and never half."""
        with open(self.path + ".new", "w") as file:
            file.write(str(seconds))
        os.rename(self.path + ".new", self.path)
