#!/usr/bin/env python3
"""nginx in place of the CDN, before the folder of the mock: keys of every sort, with the types and times that they were put with; and by an ordinary user."""
import ctypes
import fcntl
import glob
import json
import os
import select
import signal
import socket
import ssl
import stat
import subprocess
import sys

sys.path[:0] = [os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"), os.path.dirname(os.path.abspath(__file__))]
import servers  # noqa: E402
import tap  # noqa: E402
servers.use_environment()
import nginx_edge  # noqa: E402
from scene import TOOL  # noqa: E402


def test_live_nginx_mock_dry_run():
    """It is looked at alone: nothing is set up, started or ended."""
    looked = place.do("--json", "--dry-run", "dev", "up").lines[1]
    assert (looked["state"], looked["done"]) == ("down", "") and not os.path.exists(place.root) and not os.path.exists(place.path("store/images")), looked
    assert place.up() == "started"
    looked = place.do("--json", "--dry-run", "dev", "down").lines[1]
    assert (looked["state"], looked["done"]) == ("up", "") and place.status()["state"] == "up" and place.down() == "stopped", looked


def test_live_nginx_mock_is_checked():
    assert place.up() == "started" and place.up() == "same"
    place.do("infra", "plan", "--only", "store/images", "--detailed-exitcode")
    place.put("ann/a.txt", b"hello " * 1000, "--content-type", "text/x-own", "--cache-control", "max-age=9", "--metadata", "user_id=ann")
    place.do("cdn", "check", "--origin", "https://pingvas.studio", "ann/a.txt")
    reply = place.ask("/ann/a.txt")
    assert reply.status == 200 and reply.body == b"hello " * 1000 and reply.headers["content-type"] == "text/x-own" and reply.headers["cache-control"] == "max-age=9", reply
    assert reply.headers["x-cache"] == "Hit from nginx" and place.kept() == {"/ann/a.txt": 9} and "user_id" not in str(reply.headers), (reply, place.kept())
    found = {line["what"]: line["verdict"] for line in place.do("--json", "cdn", "check", "ann/a.txt").lines if line["type"] == "finding"}
    assert found["etag"] == "pass", found


def test_live_nginx_mock_every_character():
    """c-E04, and the rule by which the mock names its files: dots, percent signs, folders with dots, empty names, long ones."""
    keys = ["k/image(%s).jpg" % chr(code) for code in range(32, 127)] + ["k/%s.jpg" % letter for letter in "é한😀"] + ["k/new\nline.jpg", "plain", "v1.2/x", ".hidden/.x", "a//b", "a", "/lead", "k/%2B",
                                                                                                                          "l" * 400, "m/" + "n.o" * 150 + "/x"]
    for number, key in enumerate(keys):
        place.put(key, b"%d is it" % number)
    urls = [line["url"] for line in place.do("--json", "cdn", "url", *("images:" + key for key in keys)).lines if line["type"] == "url"]
    for number, (key, url) in enumerate(zip(keys, urls, strict=True)):
        path, body = url[len("https://127.0.0.1:%d" % place.port):], b"%d is it" % number
        whole, part, head = place.ask(path), place.ask(path, Range="bytes=1-3"), place.ask(path, "HEAD")
        assert whole.status == 200 and whole.body == body, (key, url, whole)
        assert part.status == 206 and part.body == body[1:4] and head.status == 200 and head.headers["content-length"] == str(len(body)), (key, part, head)


def test_live_nginx_mock_what_is_there_alone():
    """A removed key and one that never was are 404; nothing of the mock's own files is seen."""
    place.put("ann/gone.txt", b"gone")
    place.do("rm", "images:ann/gone.txt")
    for path in ("/ann/gone.txt", "/none", "/.larder/bucket", "/.larder/meta/ann/a.txt", "/%2elarder/bucket", "/ann", "/ann/", "/..%2f..%2fetc%2fpasswd", "/%2e%2e/%2e%2e/etc/passwd"):
        assert place.ask(path).status in (400, 404), path
    place.put("ann/gone.txt", b"back")
    assert place.ask("/ann/gone.txt").body == b"back"
    place.put("ann/gone.txt", b"newer")
    place.do("cdn", "check", "ann/gone.txt", code=6)
    place.do("cdn", "invalidate", "ann/gone.txt")
    assert place.ask("/ann/gone.txt").body == b"newer"


def test_live_nginx_mock_by_an_ordinary_user():
    """Who is not root has a folder of his own, and nothing outside is written."""
    other = nginx_edge.NginxEdge()
    reads = "+dac_read_search"              # the build may lie in root's own folder
    user = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps", reads, "--ambient-caps", reads] if os.geteuid() == 0 else []
    for folder, _, names in os.walk(other.holder.name):
        for path in [folder, *(os.path.join(folder, name) for name in names)]:
            os.chown(path, *(65534, 65534) if user else (-1, -1))
    env = {**os.environ, **nginx_edge.ENVIRONMENT, "HOME": other.holder.name}
    for words in (("dev", "up"), ("dev", "status"), ("put", other.path("larder.ini"), "images:ann/a.ini"), ("cdn", "check", "ann/a.ini"), ("dev", "down")):
        done = subprocess.run([*user, TOOL, "--config", other.path("larder.ini"), "--profile", "edge", *words], capture_output=True, text=True, env=env)
        assert done.returncode == 0, done
    other.holder.cleanup()


def of_two():
    two, port = nginx_edge.NginxEdge(), servers.free_port()
    two.change('[cdn "images"]\n', '[store "more"]\nbackend = objects\nbucket = more\ncdn = more\naccept = deleted-is-not-gone\n[cdn "more"]\nstore = more\nbehaviors = default\n[cdn "images"]\n')
    with open(two.path("profiles/edge.ini"), "a") as file:
        file.write('[cdn "more"]\nbackend = cdn\ndomain = 127.0.0.1:%d\n' % port)
    return two


def test_live_nginx_mock_two_of_one_backend():
    """Each at its own address, with its own cache; what is removed is down, and the other goes on."""
    two = of_two()
    assert [line["done"] for line in two.do("--json", "dev", "up").lines if line["type"] == "edge"] == ["started", "reloaded"]
    two.put("a.txt", b"one")
    two.do("put", two.path("larder.ini"), "more:a.txt")
    two.do("cdn", "check", "images:a.txt")
    two.do("cdn", "check", "more:a.txt")
    two.do("infra", "destroy", "--only", "cdn/more", "--environment", "studio")
    assert [(line["cdn"], line["state"]) for line in two.do("--json", "dev", "status").lines if line["type"] == "edge"] == [("more", "down"), ("images", "up")]
    assert two.ask("/a.txt").body == b"one"
    two.close()


def openssl(*words):
    return subprocess.run(["openssl", *words], capture_output=True, text=True, check=True).stdout


def certificate(edge):
    """Its bytes and the host names in it."""
    with open(edge.site("certificate.pem")) as file:
        text = file.read()
    told = openssl("x509", "-noout", "-ext", "subjectAltName", "-in", edge.site("certificate.pem"))
    return text, {word.strip()[4:] for line in told.splitlines()[1:] for word in line.split(",") if word.strip().startswith("DNS:")}


def served():
    """Its certificate, as a viewer gets it."""
    return ssl.get_server_certificate(("127.0.0.1", place.port), timeout=30 * servers.SLOW)


def test_live_nginx_mock_certificate_has_each_alias():
    """A wildcard in place of a name, and more names than anybody counts; one that has them all stays, and what no certificate holds is told. nginx serves what is there."""
    aliases = "a.example.com"
    many = ["n%d.example" % number for number in range(150)]
    place.change("store = images\nbehaviors", "store = images\naliases = %s\nbehaviors" % aliases)
    for new in (aliases, "*.example.com", "*.test", ", ".join(["*.example.com", *many])):
        place.change("aliases = %s\n" % aliases, "aliases = %s\n" % new)
        assert place.up() != "same", new
        text, names = certificate(place)
        assert set(new.split(", ")) <= names and served() == text, (new, names)
        with open(place.site("site.conf"), "a") as file:
            file.write("# mine\n")
        assert place.up() == "reloaded" and certificate(place)[0] == text, new
        aliases = new
    new = ", ".join(".".join("%d%s" % (number, "a" * 57) for _ in range(4)) for number in range(150))
    place.change("aliases = %s\n" % aliases, "aliases = %s\n" % new)
    assert "more than the 32 KiB that a certificate holds" in place.do("dev", "up", code=2).err
    place.change("aliases = %s\n" % new, "")
    assert place.up() == "reloaded"


def test_live_nginx_mock_certificate_that_is_about_to_end():
    """Made anew within its last thirty days, and not before."""
    place.up()
    path, asked = place.site("certificate.pem"), place.path("asked.pem")
    for days, stays in ((40, True), (20, False)):
        openssl("x509", "-x509toreq", "-in", path, "-signkey", place.site("key.pem"), "-copy_extensions", "copy", "-out", asked)
        openssl("x509", "-req", "-in", asked, "-CA", place.authority, "-CAkey", os.path.join(place.root, "authority/key.pem"), "-days", str(days), "-copy_extensions", "copy", "-out", path)
        was = certificate(place)[0]
        with open(place.site("site.conf"), "a") as file:
            file.write("# mine\n")
        done, now = place.up(), certificate(place)[0]
        assert done == "reloaded" and (now == was) == stays and served() == now, (days, done, now)


def test_live_nginx_mock_nginx_of_another_folder():
    """Its number where one's own should be: it is another's, and is left alone."""
    place.up()
    other = nginx_edge.NginxEdge()
    os.makedirs(other.root)
    with open(os.path.join(other.root, "nginx.pid"), "w") as file:
        file.write("%d\n" % place.status()["pid"])
    assert other.down() == "down" and place.status()["state"] == "up"
    other.close()


class Lock:
    """That of an edge, held as by another process; who else opens it is told."""

    def __init__(self, edge):
        os.makedirs(edge.root, 0o700, exist_ok=True)
        path, libc = os.path.join(edge.root, "lock"), ctypes.CDLL(None)
        self.file = open(path, "w")
        fcntl.flock(self.file, fcntl.LOCK_EX)
        self.watch = libc.inotify_init1(os.O_CLOEXEC)
        assert libc.inotify_add_watch(self.watch, os.fsencode(path), 0x20) > 0             # IN_OPEN

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.watch)
        self.file.close()

    def is_wanted_by(self, process):
        return is_first(self.watch, process) and bool(os.read(self.watch, 4096))


def is_first(fd, process):
    """There is something to read, and the process runs."""
    ended = os.pidfd_open(process.pid)
    ready, _, _ = select.select([fd, ended], [], [], 60 * servers.SLOW)
    os.close(ended)
    return fd in ready


def end(process):
    """What it said, of one that is to end by itself now."""
    try:
        out, err = process.communicate(timeout=60 * servers.SLOW)
        return process.returncode, out, err
    finally:
        process.kill()


def test_live_nginx_mock_looks_under_the_lock():
    """What another writes while it holds the lock is what nginx is to run by."""
    place.down()
    assert place.up() == "started" and place.up() == "same"          # no process of older settings is left to answer
    with Lock(place) as lock:
        process = place.start("--json", "dev", "up")
        wanted = lock.is_wanted_by(process)
        with open(place.site("site.conf"), "a") as file:
            file.write("# another\n")
    code, out, err = end(process)
    assert wanted and code == 0 and json.loads(out.splitlines()[1])["done"] == "reloaded", (out, err)
    place.down()
    assert place.up() == "started"


def test_live_nginx_mock_stopped_while_another_has_the_lock():
    place.up()
    for words in (("dev", "up"), ("dev", "down")):
        with Lock(place) as lock:
            process = place.start(*words)
            wanted = lock.is_wanted_by(process)
            process.send_signal(signal.SIGINT)
            code, out, err = end(process)
            assert wanted and code == 130, (words, out, err)
    assert place.status()["state"] == "up"


def test_live_nginx_mock_stopped_while_nginx_is_silent():
    """One that neither says a word nor ends: whoever waits for it can be stopped, and it is gone."""
    other = nginx_edge.NginxEdge()
    program, said = other.path("program"), other.path("said")
    os.mkfifo(said)
    other.write("program", "#!/bin/sh\nexec 3>'%s'\necho >&3\nexec sleep 1000\n" % said)
    os.chmod(program, stat.S_IRWXU)
    other.change("driver = nginx\n", "driver = nginx\nprogram = %s\n" % program, "profiles/edge.ini")
    fd = os.open(said, os.O_RDONLY | os.O_NONBLOCK)
    process = other.start("dev", "up")
    began = is_first(fd, process) and os.read(fd, 16) == b"\n"
    process.send_signal(signal.SIGINT)
    code, out, err = end(process)
    assert began and code == 130, (out, err)
    assert select.select([fd], [], [], 60 * servers.SLOW)[0] and os.read(fd, 16) == b"", "it runs still"
    os.close(fd)
    other.close()


def test_live_nginx_mock_stopped_while_it_is_asked():
    """One that takes the question by which files it runs, and gives no answer: a cancel ends the wait, and nothing is done after it."""
    place.up()
    name, conf = os.path.join(place.root, "state.sock"), os.path.join(place.root, "nginx.conf")
    was = os.stat(conf).st_ino
    os.rename(name, name + ".kept")
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(name)
        mute.listen()
        process = place.start("dev", "up")
        asked = is_first(mute.fileno(), process)
        process.send_signal(signal.SIGINT)
        code, out, err = end(process)
    os.rename(name + ".kept", name)
    assert asked and code == 130 and os.stat(conf).st_ino == was, (out, err)
    assert place.up() == "same"


def test_live_nginx_mock_workers_of_older_settings():
    """One that does not stop answering, as it is halted, is told: nginx is not up by the new settings alone before it did."""
    place.up()
    pid = place.status()["pid"]
    with open("/proc/%d/task/%d/children" % (pid, pid)) as file:
        workers = [os.pidfd_open(int(number)) for number in file.read().split()]
    for worker in workers:
        signal.pidfd_send_signal(worker, signal.SIGSTOP)
    with open(place.site("site.conf"), "a") as file:
        file.write("# mine\n")
    process = place.start("dev", "up")
    code, out, err = end(process)
    for worker in workers:
        signal.pidfd_send_signal(worker, signal.SIGCONT)
    for worker in workers:
        assert select.select([worker], [], [], 60 * servers.SLOW)[0], "it runs still"
        os.close(worker)
    assert code == 8 and "goes on by older settings" in err and place.up() == "same", (code, out, err)


def test_live_nginx_mock_two_processes_have_one_authority():
    """Nothing is written or removed while another writes; the authority has its key, and vouches for each."""
    two = of_two()
    with Lock(two) as lock:
        both = []
        for name in ("images", "more"):
            both.append(two.start("infra", "apply", "--only", "store/" + name))
            assert lock.is_wanted_by(both[-1]), both[-1].communicate()
        assert not os.path.exists(two.authority) and not glob.glob(two.root + "/sites/*")
    for process in both:
        code, out, err = end(process)
        assert code == 0, (out, err)
    certificates = glob.glob(two.root + "/sites/*/certificate.pem")
    assert len(certificates) == 2 and openssl("verify", "-CAfile", two.authority, *certificates).count(": OK") == 2
    assert openssl("pkey", "-pubout", "-in", os.path.join(two.root, "authority/key.pem")) == openssl("x509", "-noout", "-pubkey", "-in", two.authority)
    with Lock(two) as lock:
        process = two.start("infra", "destroy", "--only", "cdn/more", "--environment", "studio")
        assert lock.is_wanted_by(process) and sorted(glob.glob(two.root + "/sites/*/certificate.pem")) == sorted(certificates)
    code, out, err = end(process)
    assert code == 0 and len(glob.glob(two.root + "/sites/*")) == 1, (out, err)
    two.close()


place = nginx_edge.NginxEdge()
try:
    tap.run(sys.modules[__name__])
finally:
    place.close()
