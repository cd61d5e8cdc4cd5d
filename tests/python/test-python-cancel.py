#!/usr/bin/env python3
"""Calls that are ended: Ctrl-C, a cancelled awaitable, a closed store; and others that go on meanwhile. The service they talk to takes
connections and answers nothing."""
import asyncio
import gc
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from session import PACKAGE, SLOW, closings, picture, raises, run  # noqa: E402
import larder  # noqa: E402
import larder.aio  # noqa: E402
from larder._calls import Running  # noqa: E402


class Silent:
    """A service that answers nothing; `heard` is set once somebody asked."""

    def __enter__(self):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.heard, self.held = threading.Semaphore(0), []
        threading.Thread(target=self.listen, daemon=True).start()
        os.environ.update(LARDER_MINIO="http://127.0.0.1:%d" % self.socket.getsockname()[1], MINIO_ROOT_USER="user", MINIO_ROOT_PASSWORD="password")
        return self

    def listen(self):
        try:
            while True:
                connection, _ = self.socket.accept()
                self.held.append(connection)
                connection.recv(1)
                self.heard.release()
        except OSError:
            pass                         # closed

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        for connection in self.held:
            connection.close()


INTERRUPTED = """
import sys, time
sys.path.insert(0, %r)
import larder
with larder.open(profile="minio") as store:
    try:
        store.%s
    except KeyboardInterrupt:
        print("interrupted", len(store._handles._calls), flush=True)
    with larder.open(profile="mock") as other:
        print(len(other.list("uploads:")))
"""


def test_python_cancel_ctrl_c_ends_a_call_within_a_second():
    for call in ("stat('images:k')", "put('images:k', b'x' * 100000)", "upload_image(%r, 'u', 'j')" % picture("dunes.png"),
                 "get('images:k', progress=print)", "list('images:')"):
        with Silent() as silent:
            child = subprocess.Popen([sys.executable, "-c", INTERRUPTED % (PACKAGE, call)], stdout=subprocess.PIPE, text=True)
            silent.heard.acquire()
            began = time.monotonic()
            child.send_signal(signal.SIGINT)
            first = child.stdout.readline()
            took = time.monotonic() - began
            rest, _ = child.communicate()
        assert first == "interrupted 0\n" and took < 1.5 * SLOW and rest == "0\n" and child.returncode == 0, (call, first, took, rest, child.returncode)


def test_python_cancel_ctrl_c_ends_a_load_of_a_model_within_a_second():
    """While the source is silent, and while the lock's service is. Nothing of it stays: the next load has no lock in its way."""
    load = "load_model('base', 'sdxl')"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nowhere = "127.0.0.1:%d" % taken.getsockname()[1]
    for locked in (False, True):
        with Silent() as silent, tempfile.TemporaryDirectory() as root:
            os.environ.update(LARDER_ROOT=root, LARDER_REDIS=os.environ["LARDER_MINIO"].split("//")[1] if locked else nowhere, LARDER_REDIS_PASSWORD="password")
            child = subprocess.Popen([sys.executable, "-c", INTERRUPTED % (PACKAGE, load)], stdout=subprocess.PIPE, text=True)
            silent.heard.acquire()
            began = time.monotonic()
            child.send_signal(signal.SIGINT)
            first = child.stdout.readline()
            took = time.monotonic() - began
            rest, _ = child.communicate()
        assert first == "interrupted 0\n" and took < 1.5 * SLOW and rest == "0\n" and child.returncode == 0, (locked, first, took, rest, child.returncode)


def test_python_cancel_a_store_whose_call_was_interrupted_goes_on():
    """The very handle takes calls again."""
    def interrupt():
        silent.heard.acquire()
        os.kill(os.getpid(), signal.SIGINT)
    with Silent() as silent, larder.open(profile="minio") as store:
        for _ in range(2):
            threading.Thread(target=interrupt).start()
            raises(Interrupted, lambda: _told(lambda: store.stat("images:k")))


def test_python_cancel_a_signal_that_wakes_nobody():
    """As one that comes just before the main thread begins to wait: another thread takes it, and no wait ends by it."""
    def interrupt():
        silent.heard.acquire()
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)
    with Silent() as silent, larder.open(profile="minio") as store:
        threading.Thread(target=interrupt).start()
        began = time.monotonic()
        raises(Interrupted, lambda: _told(lambda: store.stat("images:k")))
        assert time.monotonic() - began < 1.5 * SLOW


class Interrupted(Exception):
    """KeyboardInterrupt as an ordinary exception."""


def _told(call):
    try:
        call()
    except KeyboardInterrupt as error:
        raise Interrupted() from error


async def _others(silent):
    """One call hangs; others of the same store go on, and go on when it is cancelled."""
    async with larder.aio.open(profile="minio") as hanging, larder.aio.open(profile="mock") as store:
        ticks = []

        async def tick():
            while True:
                ticks.append(time.monotonic())
                await asyncio.sleep(0.005)
        ticking = asyncio.ensure_future(tick())
        one = asyncio.ensure_future(hanging.stat("images:one"))
        two = asyncio.ensure_future(hanging.stat("images:two"))
        for _ in range(2):
            await larder.aio.run(silent.heard.acquire)
        got = await asyncio.gather(*[store.upload_image(picture("aurora-16bit.png"), "aio", "j%d" % job) for job in range(4)])
        assert [one.stored for one in got] == ["new"] * 4
        began = time.monotonic()
        one.cancel()
        try:
            await one
            raise AssertionError("not cancelled")
        except asyncio.CancelledError:
            pass
        took = time.monotonic() - began
        assert not two.done() and took < 1.5 * SLOW, took
        two.cancel()
        await asyncio.wait([two])
        ticking.cancel()
        pauses = [after - before for before, after in zip(ticks, ticks[1:])]
        assert len(ticks) > 3 and max(pauses) < 0.5 * SLOW, (len(ticks), max(pauses))
        assert (await store.stat("images:" + got[0].s3_key)).length == got[0].file_size


def test_python_cancel_an_awaitable_ends_its_own_call_and_no_other():
    with Silent() as silent:
        asyncio.run(_others(silent))


async def _timeout():
    async with larder.aio.open(profile="minio") as store:
        began = time.monotonic()
        try:
            await asyncio.wait_for(store.put("images:k", b"x"), 0.2)
            raise AssertionError("no timeout")
        except asyncio.TimeoutError:
            return time.monotonic() - began


def test_python_cancel_a_timeout_of_asyncio_is_kept():
    with Silent():
        assert 0.2 <= asyncio.run(_timeout()) < 1.7 * SLOW


async def _errors():
    async with larder.aio.open() as store:
        try:
            await store.stat("images:not/there")
        except larder.NotFound:
            pass
        names = {name for name in dir(larder.Store) if not name.startswith("_")} - {"close"}
        assert names == {name for name in dir(larder.aio.AsyncStore) if not name.startswith("_")}, names
        assert store.upload_image.__doc__ and await store.setting("store.images.bucket") == "pingvas-studio-images"


def test_python_cancel_an_awaitable_raises_as_the_call_does():
    asyncio.run(_errors())


def test_python_cancel_close_ends_what_other_threads_wait_for():
    with Silent() as silent:
        store, ended = larder.open(profile="minio"), []

        def hang():
            try:
                store.stat("images:k")
            except Exception as error:
                ended.append(type(error))
        threads = [threading.Thread(target=hang) for _ in range(3)]
        for thread in threads:
            thread.start()
        for _ in threads:
            silent.heard.acquire()
        began = time.monotonic()
        with closings(larder) as closed:
            store.close()
        took = time.monotonic() - began
        assert len(closed) == 3 and not store._handles._calls, (closed, store._handles._calls)
        for thread in threads:
            thread.join()
    assert ended == [larder.Cancelled] * 3 and took < 1.5 * SLOW, (ended, took)


def test_python_cancel_between_two_calls_ends_the_next_and_no_other():
    """The handle of the first is somebody else's by then."""
    idle, cancelled = threading.Event(), threading.Event()

    def twice():
        store.setting("larder.environment")
        idle.set()
        cancelled.wait()
        store.upload_image(picture("dunes.png"), "between", "j")
    with larder.open() as store:
        running = Running(twice)
        future = running.start()
        idle.wait()
        running.cancel()
        assert store.upload_image(picture("dunes.png"), "between", "other").stored == "new"
        cancelled.set()
        raises(larder.Cancelled, future.result)


def test_python_cancel_the_interpreter_runs_on_during_a_call():
    """The GIL is free: another thread counts on while a call waits."""
    with Silent() as silent, larder.open(profile="minio") as store:
        thread = threading.Thread(target=lambda: raises(larder.Cancelled, lambda: store.stat("images:k")))
        thread.start()
        silent.heard.acquire()
        assert sum(range(100000)) == 4999950000 and thread.is_alive()
        store.close()
        thread.join()


def test_python_cancel_a_forked_child_has_handles_of_its_own():
    with larder.open() as store:
        store.put("uploads:before", b"1")
        parents = set(store._handles._idle)
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                store.put("uploads:after", store.get("uploads:before") + b"2")
                os.write(writer, b"whole" if store._handles._idle and not parents & set(store._handles._idle) else b"its parent's")
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        assert os.read(reader, 20) == b"whole" and store.get("uploads:after") == b"12"
        os.close(reader)
        os.close(writer)


def test_python_cancel_a_forked_child_leaves_the_handles_of_its_parent_alone():
    store = larder.open()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            with closings(larder) as closed:
                del store
                gc.collect()
            os.write(writer, b"%d closed" % len(closed))
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 20) == b"0 closed"
    os.close(reader)
    os.close(writer)
    store.close()


def test_python_cancel_a_deadline_is_told_as_one():
    """Nobody cancelled it: it is Unavailable, of one object as of a listing."""
    with tempfile.TemporaryDirectory() as folder, Silent():
        shutil.copytree(os.path.join(os.environ["TOP_SRCDIR"], "etc"), folder, dirs_exist_ok=True)
        config = os.path.join(folder, "larder.ini")
        with open(config) as file:
            text = file.read()
        with open(config, "w") as file:
            file.write(text.replace("[larder]\n", "[larder]\ndeadline = 1s\n", 1))
        with larder.open(config, profile="minio") as store:
            for call in (lambda: store.stat("images:k"), lambda: store.list("images:")):
                assert "the deadline passed" in str(raises(larder.Unavailable, call))


def test_python_cancel_nothing_is_left_of_calls():
    """Descriptors, after calls that were cancelled; and threads, after all of the above."""
    with Silent() as silent, larder.open(profile="minio") as store:
        counts = []
        for _ in range(8):
            running = Running(lambda: store.stat("images:k"))
            future = running.start()
            silent.heard.acquire()
            running.cancel()
            raises(larder.Cancelled, future.result)
            silent.held.pop().close()
            counts.append(len(os.listdir("/proc/self/fd")))
        assert counts[1:] == counts[1:2] * 7, counts
    for thread in [one for one in threading.enumerate() if one.name == "larder"]:
        thread.join(5 * SLOW)            # it ends after it has given its result
        assert not thread.is_alive(), threading.enumerate()


run(sys.modules[__name__])
