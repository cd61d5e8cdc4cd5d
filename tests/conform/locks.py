"""locks.py: workers with a lock provider (lock-worker), and the installed suite, for the tests of providers."""
import collections
import os
import signal
import subprocess

BUILD = os.environ["TOP_BUILDDIR"]
MODULES = os.environ["LARDER_MODULE_DIR"]
UNSUPPORTED, NOTFOUND, DENIED, CONFLICT, UNAVAILABLE, CANCELLED = -2, -4, -5, -6, -9, -11   # as in types.h

Answer = collections.namedtuple("Answer", "code fence left took text")


def module(name):
    return os.path.join(MODULES, "lock-%s.so" % name)


class Worker:
    """One process with an instance of a provider."""

    def __init__(self, name, options, flags=(), environment=None, place=None):
        """`place`: of public.copy, for another user."""
        program, found = (os.path.join(place, "lock-worker"), os.path.join(place, "lock-%s.so" % name)) if place else (os.path.join(BUILD, "tests/conform/lock-worker"), module(name))
        if place:
            environment = {**os.environ, "LD_LIBRARY_PATH": place}
        self.process = subprocess.Popen([program, *flags, found, *options],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, bufsize=1)

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError("the worker is gone")
        code, fence, left, took, text = line.rstrip("\n").split(" ", 4)
        return Answer(int(code), int(fence), int(left), int(took), text)

    def ask(self, line):
        self.tell(line)
        return self.answer()

    def stop(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


def suite(name, options, flags=(), environment=None):
    """The broken promises, or None when all hold."""
    done = subprocess.run([os.path.join(BUILD, "larder-lock-test"), *flags, module(name), *options], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment, timeout=600)
    lines = [line for line in done.stdout.splitlines() if not line.startswith("ok ")]
    whole = any(line.startswith("1..30") for line in lines)
    return None if done.returncode == 0 and whole else "\n".join(lines) or "status %d" % done.returncode
