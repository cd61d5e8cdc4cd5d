#!/usr/bin/env python3
"""The harness of the live tests: each server starts, works and goes, whatever becomes of the test that started it."""
import contextlib
import json
import os
import select
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request

LIB = os.path.join(os.environ["TOP_SRCDIR"], "tests/lib")
sys.path.insert(0, LIB)
import proxy  # noqa: E402
import servers  # noqa: E402
import tap  # noqa: E402

WITH = [sys.executable, os.path.join(LIB, "with-server")]


def gone(server_pid, port, folder):
    """Nothing of a server is left: no process, nobody listens, no folder. Waited for, as the kernel needs its moment."""
    end = time.monotonic() + servers.DEADLINE
    while time.monotonic() < end:
        if not os.path.exists("/proc/%d" % server_pid) and not servers.listeners(port) and not os.path.exists(folder):
            return True
        select.select([], [], [], 0.02)
    return False


def put_and_get(server):
    client = server.client()
    server.make_bucket("bucket")
    client.put_object(Bucket="bucket", Key="a/b", Body=b"larder", Metadata={"user_id": "u"})
    reply = client.get_object(Bucket="bucket", Key="a/b")
    assert reply["Body"].read() == b"larder" and reply["Metadata"] == {"user_id": "u"}, reply


def works_and_goes(name):
    with servers.start(name) as server:
        pid, port, folder = server.pid, server.port, server.folder
        assert servers.owns(pid, port)
        put_and_get(server)
    assert not os.path.exists("/proc/%d" % pid) and not servers.listeners(port) and not os.path.exists(folder)


def test_live_servers_minio_works_and_goes():
    works_and_goes("minio")


def test_live_servers_versitygw_works_and_goes():
    works_and_goes("versitygw")


def test_live_servers_moto_works_and_goes():
    works_and_goes("moto")


# a test that starts a server, says where, and then ends as the case wants
CHILD = """
import os, sys, time
sys.path.insert(0, %r)
import servers
server = servers.start("versitygw")
print(server.pid, server.port, server.folder, server.keeper.pid, flush=True)
%s
"""


@contextlib.contextmanager
def child(end="time.sleep(600)"):
    with subprocess.Popen([sys.executable, "-c", CHILD % (LIB, end)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            words = process.stdout.readline().split()
            assert len(words) == 4, "the child started no server"
            yield process, int(words[0]), int(words[1]), words[2], int(words[3])
        finally:
            process.kill()


def ends_with(number):
    with child() as (process, pid, port, folder, _):
        assert servers.owns(pid, port)
        process.send_signal(number)
        assert process.wait() == -number
        assert gone(pid, port, folder)


def test_live_servers_test_killed():
    ends_with(signal.SIGKILL)


def test_live_servers_test_terminated():
    ends_with(signal.SIGTERM)


def test_live_servers_test_raises():
    with child("raise SystemExit(3)") as (process, pid, port, folder, _):
        assert process.wait() == 3
        assert gone(pid, port, folder)


def test_live_servers_keeper_killed():
    """Then the kernel ends the server; only its folder stays."""
    with child() as (_, pid, port, folder, keeper), tempfile.TemporaryDirectory() as other:
        os.kill(keeper, signal.SIGKILL)
        os.rename(folder, os.path.join(other, "left"))
        assert gone(pid, port, folder)


def test_live_servers_port_taken():
    """A stranger has the port first: another one is taken, and the stranger is never talked to."""
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        ports, real = [stranger.getsockname()[1]], servers.free_port
        servers.free_port = lambda: ports.pop() if ports else real()
        try:
            for name in servers.NAMES:
                ports = [stranger.getsockname()[1]]
                with servers.start(name) as server:
                    assert server.port != stranger.getsockname()[1]
        finally:
            servers.free_port = real
        assert not select.select([stranger], [], [], 0)[0], "the stranger was called"


def test_live_servers_start_fails():
    """The server's own words are in the error, and nothing stays."""
    server = servers.Versitygw()
    server.health = "no-slash"
    server.settings = lambda: {}           # no credentials: it refuses to start
    try:
        server.start()
    except servers.StartFailed as error:
        assert "its log:" in str(error) and "access" in str(error).lower(), error
    else:
        raise AssertionError("started")
    assert not os.path.exists(server.folder)


def test_live_servers_missing():
    """A missing server fails, and names the command that installs it."""
    with tempfile.TemporaryDirectory() as empty:
        for name in servers.NAMES:
            done = subprocess.run([*WITH, name, "--", "true"], env=dict(os.environ, LARDER_SERVERS=empty), capture_output=True, text=True)
            assert done.returncode == 125 and "./bootstrap check" in done.stderr and empty in done.stderr, done


def test_live_servers_killed_and_again():
    """The server goes in the middle and comes back: same port, same data."""
    for name in ("minio", "versitygw"):
        with servers.start(name) as server:
            put_and_get(server)
            port = server.port
            server.kill()
            assert not servers.listeners(port)
            server.again()
            assert server.port == port
            assert server.client().get_object(Bucket="bucket", Key="a/b")["Body"].read() == b"larder"


def test_live_servers_paused():
    """A server that takes the connection and says nothing."""
    with servers.start("versitygw") as server:
        server.pause()
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            opener.open(server.endpoint + server.health, timeout=0.5)
        except (TimeoutError, socket.timeout):
            pass
        else:
            raise AssertionError("it answered")
        server.resume()
        assert opener.open(server.endpoint + server.health, timeout=servers.DEADLINE).status == 200


def test_live_servers_own_credentials():
    """Each start has its own; those of another are refused."""
    with servers.start("versitygw") as one, servers.start("versitygw") as other:
        assert one.access_key != other.access_key and one.secret_key != other.secret_key and one.port != other.port
        try:
            one.client(endpoint=other.endpoint).list_buckets()
        except Exception as error:
            assert error.response["Error"]["Code"] == "XAdminUserNotFound", error   # where S3 says InvalidAccessKeyId
        else:
            raise AssertionError("taken")


def handshake(server, authority):
    context = ssl.create_default_context(cafile=authority)
    with socket.create_connection(("127.0.0.1", server.port)) as plain:
        with context.wrap_socket(plain, server_hostname="127.0.0.1"):
            pass


def refused(server, authority):
    try:
        handshake(server, authority)
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    raise AssertionError("trusted")


def test_live_servers_tls():
    """Trusted through its own authority, by boto3 too; not through another one, nor under another name."""
    with servers.start("minio", tls=True) as server, servers.start("minio", tls="DNS:elsewhere") as elsewhere:
        assert server.endpoint.startswith("https:")
        handshake(server, server.ca)
        put_and_get(server)
        assert "unable to get local issuer" in refused(server, None) or "self" in refused(server, None)
        assert "signature" in refused(server, elsewhere.ca) or "issuer" in refused(server, elsewhere.ca)
        assert "mismatch" in refused(elsewhere, elsewhere.ca)


def test_live_servers_with_server():
    """The command gets its variables and none of the user's own; its exit code comes through."""
    show = "import json, os; print(json.dumps(dict(os.environ)))"
    dirty = dict(os.environ, AWS_PROFILE="mine", AWS_SESSION_TOKEN="mine", AWS_ENDPOINT_URL="https://example.invalid")
    for words, bucket in ([], None), (["--bucket", "first"], "first"):
        done = subprocess.run([*WITH, *words, "versitygw", "--", sys.executable, "-c", show + "; raise SystemExit(7)"],
                              env=dirty, capture_output=True, text=True)
        assert done.returncode == 7, done
        found = json.loads(done.stdout)
        assert (found["LARDER_TEST_SERVER"], found.get("LARDER_TEST_BUCKET"), found["LARDER_TEST_REGION"]) == ("versitygw", bucket, "us-east-1")
        assert found["LARDER_TEST_ENDPOINT"].startswith("http://127.0.0.1:") and len(found["AWS_SECRET_ACCESS_KEY"]) == 40
        assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"} & set(found) and found["AWS_CONFIG_FILE"] == "/dev/null"
    done = subprocess.run([*WITH, "versitygw", "--", "sh", "-c", "kill -9 $$"], capture_output=True, text=True)
    assert done.returncode == 137, done


def test_live_servers_with_server_proxy():
    """The command meets the proxy in front of the server, and finds what was asked in its log."""
    ask = """if True:
        import json, os, socket
        codes = []
        for _ in range(2):
            host, port = os.environ["LARDER_TEST_ENDPOINT"].split("/")[2].split(":")
            with socket.create_connection((host, int(port))) as ask:
                ask.sendall(b"GET /larder-health HTTP/1.1\\r\\nHost: store\\r\\nConnection: close\\r\\n\\r\\n")
                codes.append(int(b"".join(iter(lambda: ask.recv(65536), b"")).split()[1]))      # to the end: its line is written before that
        lines = [json.loads(line) for line in open(os.environ["LARDER_TEST_PROXY_LOG"])]
        print(codes, [(line["path"], line["server"]) for line in lines])"""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as plan:
        plan.write('[{"number": 1, "do": "reply", "code": "SlowDown"}]')
        plan.flush()
        done = subprocess.run([*WITH, "--proxy", plan.name, "versitygw", "--", sys.executable, "-c", ask], capture_output=True, text=True)
    assert done.stdout == "[503, 200] [('/larder-health', None), ('/larder-health', 200)]\n", done


def test_live_servers_with_server_interrupted():
    """An interrupted with-server ends its command and its server."""
    process = subprocess.Popen([*WITH, "versitygw", "--", "sh", "-c", "echo $$ $LARDER_TEST_ENDPOINT $LARDER_TEST_LOG; exec sleep 600"],
                               stdout=subprocess.PIPE, text=True)
    words = process.stdout.readline().split()
    process.terminate()
    assert process.wait() == 143
    process.stdout.close()
    assert gone(int(words[0]), int(words[1].rsplit(":", 1)[1]), os.path.dirname(words[2]))


def explained(server, folder, key):
    environment = dict(server.environment(), LARDER_CONFIG=os.path.join(folder, "larder.ini"), LARDER_PROFILE=server.profile)
    done = subprocess.run([os.path.join(os.environ["TOP_BUILDDIR"], "larder"), "config", "explain", key], env=environment, capture_output=True, text=True)
    return done.stdout.split("\n")[0] or done.stderr


def test_live_servers_profiles():
    """The pipeline file that we ship, byte for byte, and a profile that leads to the test's server."""
    with tempfile.TemporaryDirectory() as folder, servers.start("minio") as minio, servers.start("versitygw") as versitygw, servers.start("minio", tls=True) as tls:
        servers.pipeline(folder + "/p")
        with open(folder + "/p/larder.ini", "rb") as copy, open(os.path.join(os.environ["TOP_SRCDIR"], "etc/larder.ini"), "rb") as ours:
            assert copy.read() == ours.read()
        for server in (minio, versitygw, tls):
            assert explained(server, folder + "/p", "backend.objects.endpoint") == "backend.objects.endpoint = " + server.endpoint
            assert explained(server, folder + "/p", "backend.objects.server") == "backend.objects.server = " + server.row
        assert explained(tls, folder + "/p", "backend.objects.ca-file") == "backend.objects.ca-file = " + tls.ca


def test_live_servers_region():
    """A server that insists on its region makes buckets there, and refuses another one's signature. (boto3 then signs anew.)"""
    for name, status in (("minio", 400), ("versitygw", 400), ("moto", 200)):
        insists = {"insist": True} if name == "minio" else {}
        with servers.start(name, region="ap-northeast-2", **insists) as server, proxy.Proxy(server.endpoint) as between:
            server.make_bucket("bucket")
            server.region = "eu-west-1"
            server.client(endpoint=between.endpoint).list_objects_v2(Bucket="bucket")
            assert between.requests[0]["status"] == status, (name, between.requests)


tap.run(sys.modules[__name__])
