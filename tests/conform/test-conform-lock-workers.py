#!/usr/bin/env python3
"""Workers with the providers file and store: killed, stopped past the lease and woken (c-C06), on machines whose boot clocks cannot be
compared; each takes over when the lease ends and not before, whatever the dead one did."""
import ctypes
import fcntl
import os
import signal
import struct
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "lib")]
import public  # noqa: E402
import tap  # noqa: E402
from crc import crc32c  # noqa: E402
from locks import CONFLICT, DENIED, NOTFOUND, SLOW, UNAVAILABLE, Worker, stopped_and_woken, take  # noqa: E402


class Place:
    """Where workers of one provider meet."""

    def __init__(self, provider):
        self.provider, self.folder = provider, tempfile.TemporaryDirectory(prefix="larder-locks-")

    def worker(self, machine=None):
        options = ["root=" + self.folder.name] if self.provider == "file" else []
        flags = [] if self.provider == "file" else ["--folder", self.folder.name]
        return Worker(self.provider, options + (["machine=" + machine] if machine else []), flags)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.folder.cleanup()


def stopped(provider, one, two):
    with Place(provider) as place, place.worker(one) as first, place.worker(two) as second:
        assert stopped_and_woken(first, second, 8).fence == 1


def test_conform_lock_workers_file_stopped_and_woken():
    stopped("file", None, None)


def test_conform_lock_workers_file_stopped_on_another_machine():
    stopped("file", "one", "two")


def test_conform_lock_workers_store_stopped_and_woken():
    stopped("store", None, None)


def test_conform_lock_workers_store_stopped_on_another_machine():
    stopped("store", "one", "two")


def renewed(provider):
    """A holder elsewhere that renews keeps it, long past its first end."""
    with Place(provider) as place, place.worker("one") as first, place.worker("two") as second:
        end = time.monotonic() + 5
        assert first.ask("try m 3000 first").code == 0
        while time.monotonic() < end:
            assert first.ask("renew m 3000 first").code == 0
            got = second.ask("try m 60000 next")
            assert got.code == CONFLICT and got.fence == 0, got
            time.sleep(0.2)
        seen = second.ask("holder m")
        assert seen.code == 0 and seen.text == "first" and 0 < seen.left <= 3000, seen


def test_conform_lock_workers_file_renewed_elsewhere():
    renewed("file")


def test_conform_lock_workers_store_renewed_elsewhere():
    renewed("store")


def late(provider):
    """Who comes when the lease is long over does not begin to wait: the clock of who serves the leases tells their age."""
    with Place(provider) as place:
        with place.worker("one") as first:
            assert first.ask("try m 3000 first").code == 0
            first.kill()
        time.sleep(6)
        with place.worker("two") as second:
            got = second.ask("try m 60000 next")
            assert got.code == 0 and got.fence == 2, got


def test_conform_lock_workers_file_come_late():
    late("file")


def test_conform_lock_workers_store_come_late():
    late("store")


def test_conform_lock_workers_file_clock_of_the_server_went_back():
    """By a day, behind a lease of another machine: it ends a lease's length later, not a day."""
    with Place("file") as place, place.worker("one") as first, place.worker("two") as second:
        held = first.ask("try m 2000 first")
        path = os.path.join(place.folder.name, "m.lock")
        with open(path, "rb") as file:
            before = file.read()
        told = int(before.rsplit(b'"served":', 1)[1].split(b",")[0])
        assert abs(told - time.time_ns()) < 10e9 * SLOW, told
        again(path, b'"served":%d' % told, b'"served":%d' % (told + 86400 * 10**9))
        again(path, b'"served-end":%d' % (told + 2 * 10**9), b'"served-end":%d' % (told + 86402 * 10**9))
        begun = time.monotonic()
        got, when = take(second, "m", 8)
        assert when - begun > 1.5 and got.fence == held.fence + 1, (when - begun, got)


def again(path, old, new):
    """The slot in force with other words, and the checksum of them."""
    with open(path, "r+b") as file:
        data = file.read()
        at = data.rindex(old)
        start = data.rindex(b"\n", 0, at) + 1 if b"\n" in data[:at] else 0
        start = max(start, data.rfind(b"\0", 0, at) + 1)
        line = data[start:data.index(b"\n", at)].replace(old, new)[9:]
        file.seek(start)
        file.write(b"%08x %s\n" % (crc32c(line), line))


def test_conform_lock_workers_file_half_a_record():
    """A power cut in the middle of a slot: what was before is in force, and its fence."""
    with Place("file") as place:
        path = os.path.join(place.folder.name, "m.lock")
        with place.worker() as first:
            assert first.ask("try m 60000 first").code == 0        # slot 1
            assert first.ask("renew m 60000 second").code == 0     # slot 0
        with open(path, "r+b") as file:
            file.seek(60)
            file.write(b"\0" * 40)
        with place.worker() as second:
            seen = second.ask("holder m")
            assert seen.code == 0 and seen.text == "first" and seen.fence == 1, seen
            with open(path, "r+b") as file:
                file.seek(32768 + 60)
                file.write(b"\0" * 40)
            got = second.ask("try m 60000 next")
            assert got.code == -7 and "damaged" in got.text, got


def test_conform_lock_workers_file_killed_at_any_time():
    """Processes that take and renew as fast as they can, killed: never half a record, never a fence twice."""
    with Place("file") as place:
        fences = [0]
        for _ in range(25):
            with place.worker() as worker:
                got, _ = take(worker, "m", 8)
                fences.append(got.fence)
                assert worker.ask("renew m 50 note").code == 0      # else the lease of a minute is what the next one waits for
                for _ in range(400):
                    worker.tell("renew m 50 note")
                time.sleep(0.01)
                worker.kill()
        assert fences == sorted(set(fences)), fences


def hold(file):
    """As a process in the middle of an update does."""
    fcntl.fcntl(file, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))   # F_OFD_SETLK


def opened(path):
    """A descriptor to read from, as a file: something comes once somebody opens that file."""
    libc = ctypes.CDLL(None, use_errno=True)
    event = os.fdopen(libc.inotify_init(), "rb", buffering=0)
    assert libc.inotify_add_watch(event.fileno(), os.fsencode(path), 0x20) >= 0, ctypes.get_errno()   # IN_OPEN
    return event


def test_conform_lock_workers_file_in_use():
    """A process stopped in the middle of an update: said after a few seconds, not waited for."""
    with Place("file") as place, place.worker() as worker:
        assert worker.ask("try m 60000 first").code == 0
        with open(os.path.join(place.folder.name, "m.lock"), "r+b") as file:
            hold(file)
            got = worker.ask("renew m 60000 first")
            assert got.code == UNAVAILABLE and "in use" in got.text and 2900 <= got.took <= 8000 * SLOW, got
        assert worker.ask("renew m 60000 first").code == 0


def test_conform_lock_workers_file_removed():
    """Somebody removed the file: the next one is a new one, and nobody holds what nobody sees."""
    with Place("file") as place, place.worker() as worker:
        assert worker.ask("try m 60000 first").code == 0
        os.unlink(os.path.join(place.folder.name, "m.lock"))
        assert worker.ask("renew m 60000 first").code == CONFLICT
        assert worker.ask("holder m").code == NOTFOUND


def test_conform_lock_workers_file_removed_while_waited_for():
    """Who waits for the file in use has one that nobody else will see: it takes the lease in the new one."""
    with Place("file") as place, place.worker() as first, place.worker() as second:
        assert first.ask("try m 60000 first").code == 0
        assert first.ask("release m").code == 0
        path = os.path.join(place.folder.name, "m.lock")
        with open(path, "r+b") as file:
            hold(file)
            with opened(path) as event:
                first.tell("try m 60000 first")
                event.read(16)
            os.unlink(path)
        assert first.answer().code == 0
        assert second.ask("try m 60000 second").code == CONFLICT


def as_user(uid, mask, provider, options, place):
    os.umask(mask)
    if place:
        os.setgid(uid)
        os.setuid(uid)
        os.chdir("/")
    return Worker(provider, options, place=place)


def shared(root_mode, options, wanted):
    """A (umask 0077) takes and releases, B (umask 0027) takes, each in a child; B's answer, and the file. Who is not root is both, and
    then may not write what B may not."""
    place = public.copy() if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="larder-locks-") as above:
        os.chmod(above, 0o755)
        root = os.path.join(above, "locks")
        if root_mode is not None:
            os.mkdir(root)
            os.chmod(root, root_mode)
        else:
            os.chmod(above, 0o777)
        for uid, mask in ((12001, 0o077), (12002, 0o027)):
            reader, writer = os.pipe()
            child = os.fork()
            if child == 0:
                try:
                    with as_user(uid, mask, "file", ["root=" + root, *options], place) as worker:
                        got = worker.ask("try m 60000 u%d" % uid)
                        if got.code == 0:
                            worker.ask("release m")
                    os.write(writer, ("%d %s" % (got.code, got.text)).encode())
                except Exception as error:       # what the child says is all that is known of it
                    os.write(writer, ("failed: %r" % error).encode())
                finally:
                    os._exit(0)
            os.close(writer)
            with os.fdopen(reader) as file:
                answer = file.read()
            os.waitpid(child, 0)
            if uid == 12001:
                assert answer.startswith("0 "), answer
                st = os.stat(os.path.join(root, "m.lock"))
                if wanted and os.geteuid():
                    os.chmod(os.path.join(root, "m.lock"), 0o400)
        assert answer.startswith("%d " % wanted), answer
        return answer, st


def test_conform_lock_workers_file_shared_by_users():
    """c-C03: where the folder lets them, whatever the umask of who came first."""
    _, st = shared(0o777, [], 0)
    assert st.st_mode & 0o777 == 0o666, oct(st.st_mode)
    _, st = shared(None, ["mode=666"], 0)
    assert st.st_mode & 0o777 == 0o666, oct(st.st_mode)


def test_conform_lock_workers_file_not_shared():
    """c-C03: where they may not, path, owner and mode are named."""
    answer, st = shared(0o777, ["mode=600"], DENIED)
    assert "m.lock" in answer and st.st_mode & 0o777 == 0o600, (answer, oct(st.st_mode))


def test_conform_lock_workers_file_read_only():
    """c-C02: on a folder that may not be written a look is no write, and taking is refused."""
    with Place("file") as place:
        with place.worker() as worker:
            assert worker.ask("try m 60000 first").code == 0
        before = {name: os.stat(os.path.join(place.folder.name, name)).st_mtime_ns for name in os.listdir(place.folder.name)}
        with place.worker() as worker:
            assert worker.ask("holder m").text == "first"
            assert worker.ask("holder n").code == NOTFOUND
        assert before == {name: os.stat(os.path.join(place.folder.name, name)).st_mtime_ns for name in os.listdir(place.folder.name)}


signal.signal(signal.SIGPIPE, signal.SIG_DFL)
tap.run(sys.modules[__name__])
