"""locks.py: workers with a lock provider (lock-worker), what two of them do, the installed suite, and a server that says one thing, for the
tests of providers."""
import collections
import os
import signal
import socket
import subprocess
import threading
import time

BUILD = os.environ["TOP_BUILDDIR"]
MODULES = os.environ["LARDER_MODULE_DIR"]
SLOW = float(os.environ.get("LARDER_SLOW", "1"))
UNSUPPORTED, NOTFOUND, DENIED, CONFLICT, UNAVAILABLE, CANCELLED = -2, -4, -5, -6, -9, -11   # as in types.h

Answer = collections.namedtuple("Answer", "code fence left took text")


def module(name):
    return os.path.join(MODULES, "lock-%s.so" % name)


class Worker:
    """One process with an instance of a provider."""

    def __init__(self, name, options, flags=(), environment=None, place=None):
        """`place`: of public.copy, for another user."""
        program, found = os.path.join(BUILD, "tests/conform/lock-worker"), module(name)
        if place:
            program, found = os.path.join(place, "lock-worker"), os.path.join(place, "lock-%s.so" % name)
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


def take(worker, name, seconds):
    """Tries until it is ours, as a waiter does; the answer, and when it came."""
    end = time.monotonic() + seconds * SLOW
    while time.monotonic() < end:
        got = worker.ask("try %s 60000 next" % name)
        if got.code == 0:
            return got, time.monotonic()
        assert got.code == CONFLICT, got
        time.sleep(0.02)
    raise AssertionError("never free")


def stopped_and_woken(first, second, seconds):
    """c-C06: the second takes over when the lease of the first, who is stopped, ends, and not before; woken, the first can do nothing
    to it. What the first had."""
    begun = time.monotonic()
    held = first.ask("try m 2000 first")
    assert held.code == 0, held
    first.stop()
    got = second.ask("try m 60000 next")
    assert got.code == CONFLICT and "first" in got.text, got
    got, when = take(second, "m", seconds)
    assert 2 <= when - begun < seconds * SLOW, "after %.2f s" % (when - begun)
    assert got.fence > held.fence, (got, held)
    first.go_on()
    assert first.ask("renew m 60000 first").code == CONFLICT
    assert first.ask("release m").code == 0
    assert second.ask("renew m 60000 second").code == 0
    seen = first.ask("holder m")
    assert seen.code == 0 and seen.text == "second" and seen.fence == got.fence, seen
    return held


def suite(name, options, flags=(), environment=None):
    """The broken promises, or None when all hold."""
    done = subprocess.run([os.path.join(BUILD, "larder-lock-test"), *flags, module(name), *options], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment, timeout=600)
    lines = [line for line in done.stdout.splitlines() if not line.startswith("ok ")]
    whole = any(line.startswith("1..30") for line in lines)
    return None if done.returncode == 0 and whole else "\n".join([*lines, "status %d" % done.returncode])


class Front:
    """A server on the loopback which meets one connection after the other, and counts them."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.taken = 0
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            self.taken += 1
            with near:
                self.meet(near)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()


class Player(Front):
    """Hears something and says one thing."""

    def __init__(self, text):
        self.text = text
        super().__init__()

    def meet(self, near):
        if near.recv(65536):
            near.sendall(self.text)
