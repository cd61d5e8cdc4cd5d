"""servers.py: real servers for a test, on loopback: MinIO, versitygw, moto, Redis.

    with servers.start("minio") as server:
        server.endpoint, server.access_key, server.secret_key, server.region, server.row
        server.client().create_bucket(Bucket="b")        # boto3
        subprocess.run([...], env=server.environment())

Each has a data folder, credentials and a port of its own, answers when start () returns, and is gone with its folder
when the test ends, whatever way (keeper.py). They are installed by ./bootstrap check; where one is missing, start ()
fails and says so.
"""
import base64
import hashlib
import itertools
import os
import re
import secrets
import select
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import certificates  # noqa: E402
import redis_talk  # noqa: E402

SLOW = float(os.environ.get("LARDER_SLOW", "1"))
DEADLINE = 60 * SLOW
NAMES = ("minio", "versitygw", "moto")


class Missing(Exception):
    """A server is not installed."""


class StartFailed(Exception):
    """A server did not come up; the text ends in what it said."""


def folder():
    """Where install-servers puts them."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.environ.get("LARDER_SERVERS") or os.path.join(cache, "larder", "servers")


def missing(what, path):
    return Missing("%s is not installed: no '%s'\n  next: ./bootstrap check installs it (or tests/lib/install-servers); "
                   "LARDER_SERVERS names another folder" % (what, path))


def program(name):
    """The path of a Go server, of the version in servers.list."""
    with open(os.path.join(HERE, "servers.list")) as file:
        version = next(line.split()[1] for line in file if line.split()[:1] == [name])
    path = os.path.join(folder(), "%s-%s" % (name, version))
    if not os.access(path, os.X_OK):
        raise missing("%s %s" % (name, version), path)
    return path


def python_environment():
    """The virtual environment that holds moto and boto3, for the Python that runs this."""
    with open(os.path.join(HERE, "requirements.txt"), "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()[:12]
    path = os.path.join(folder(), "python-%d.%d-%s" % (*sys.version_info[:2], digest))
    if not os.path.exists(os.path.join(path, "whole")):
        raise missing("boto3 and moto for Python %d.%d" % sys.version_info[:2], path)
    return path


def boto3():
    """The boto3 that requirements.txt pins; it sees nothing of the user's own account."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull, AWS_EC2_METADATA_DISABLED="true")
    use_environment()
    import boto3 as module
    return module


def use_environment():
    """Modules of the virtual environment can be imported from now on."""
    path = os.path.join(python_environment(), "lib", "python%d.%d" % sys.version_info[:2], "site-packages")
    if path not in sys.path:
        sys.path.insert(0, path)


def pipeline(target):
    """The pipeline file that we ship, in a folder of the test's with its profiles and ours; the path of the file."""
    top = os.path.dirname(os.path.dirname(HERE))
    os.makedirs(os.path.join(target, "profiles"))
    for source in ("etc/profiles", "tests/live/profiles"):
        for name in os.listdir(os.path.join(top, source)):
            if name.endswith(".ini"):
                shutil.copyfile(os.path.join(top, source, name), os.path.join(target, "profiles", name))
    return shutil.copyfile(os.path.join(top, "etc/larder.ini"), os.path.join(target, "larder.ini"))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listeners(port):
    """The inodes of the sockets that listen on this port."""
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(table) as file:
                next(file)
                # those that listen come first, says the kernel's proc_net_tcp.txt; of those that ended there are thousands after a few tests
                rows = list(itertools.takewhile(lambda row: row[3] == "0A", map(str.split, file)))
        except FileNotFoundError:
            continue
        found |= {row[9] for row in rows if int(row[1].rsplit(":", 1)[1], 16) == port}
    return found


def owns(pid, port):
    """Does this process, and no stranger, listen on the port?"""
    wanted = {"socket:[%s]" % inode for inode in listeners(port)}
    try:
        names = os.listdir("/proc/%d/fd" % pid) if wanted else []
    except OSError:
        return False
    for name in names:
        try:
            if os.readlink("/proc/%d/fd/%s" % (pid, name)) in wanted:
                return True
        except OSError:
            pass
    return False


class Server:
    """What the three have in common. `row` names the row of the capability table."""
    row = None
    health = "/"
    in_use = re.compile(r"address (is )?already in use|port is already in use", re.I)

    def __init__(self, region="us-east-1", environment=None):
        self.region, self.extra = region, environment or {}
        self.access_key = "LARDER" + secrets.token_hex(7).upper()
        self.secret_key = base64.b64encode(secrets.token_bytes(30)).decode()
        self.port = self.pid = self.keeper = self.folder = self.ca = None
        self.reports = b""

    # what each says for itself

    def command(self):
        raise NotImplementedError

    def settings(self):
        return {}

    def prepare(self):
        pass

    # life

    def start(self):
        for _ in range(5):
            self.port = free_port()
            self.folder = tempfile.mkdtemp(prefix="larder-%s-" % self.row)
            self.log = os.path.join(self.folder, "log")
            os.mkdir(os.path.join(self.folder, "data"))
            try:
                self.prepare()
                self.spawn()
                self.wait_ready()
                return self
            except StartFailed as error:
                self.stop()
                if not self.in_use.search(str(error)):
                    raise
            except BaseException:
                self.stop()
                raise
        raise StartFailed("%s found no free port in five tries" % self.row)

    def spawn(self):
        """A clean environment: nothing of the user's own reaches a server, nor the other way round."""
        environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": self.folder, "LC_ALL": "C.UTF-8", **self.settings(), **self.extra}
        self.keeper = subprocess.Popen([sys.executable, "-I", os.path.join(HERE, "keeper.py"), self.folder, *self.command()],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, start_new_session=True)
        self.pid = self.report("pid", DEADLINE)

    def report(self, kind, seconds):
        """The number of the keeper's next report of a kind, or None when there is none in that time."""
        end = time.monotonic() + seconds
        while True:
            line, found, rest = self.reports.partition(b"\n")
            if found:
                self.reports = rest
                word, number = line.decode().split()
                if word == kind:
                    return int(number)
                continue
            if not select.select([self.keeper.stdout], [], [], max(0, end - time.monotonic()))[0]:
                return None
            data = os.read(self.keeper.stdout.fileno(), 4096)
            if not data:
                raise StartFailed("the keeper of %s is gone" % self.row)
            self.reports += data

    def wait_ready(self):
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            status = self.report("exit", 0.02)
            if status is not None:
                raise StartFailed("%s ended with %d; its log:\n%s" % (self.row, status, self.log_tail()))
            if owns(self.pid, self.port) and self.healthy():
                return
        raise StartFailed("%s was not ready within %d s; its log:\n%s" % (self.row, DEADLINE, self.log_tail()))

    def healthy(self):
        context = ssl.create_default_context(cafile=self.ca) if self.ca else None
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
        try:
            with opener.open(self.endpoint + self.health, timeout=5) as reply:
                return reply.status == 200
        except ssl.SSLCertVerificationError:
            raise
        except urllib.error.URLError as error:
            if isinstance(error.reason, ssl.SSLCertVerificationError):
                return True                # it answers; that its certificate is wrong may be the test's point
            return False
        except OSError:
            return False

    def stop(self):
        if self.keeper:
            self.keeper.stdin.close()
            self.keeper.wait()
            self.keeper.stdout.close()
            self.keeper = self.pid = None
        elif self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self if self.keeper else self.start()

    def __exit__(self, *_):
        self.stop()

    # accidents

    def tell(self, command):
        self.keeper.stdin.write(command.encode() + b"\n")
        self.keeper.stdin.flush()

    def kill(self):
        """As a power cut: SIGKILL; the port is closed when this returns."""
        self.tell("signal %d" % signal.SIGKILL)
        self.report("exit", DEADLINE)

    def again(self):
        """Start again after kill (): same port, data and credentials."""
        self.tell("start")
        self.pid = self.report("pid", DEADLINE)
        self.wait_ready()

    def pause(self):
        """Connections are taken and nothing answers, until resume ()."""
        self.tell("signal %d" % signal.SIGSTOP)
        self.report("sent", DEADLINE)

    def resume(self):
        self.tell("signal %d" % signal.SIGCONT)
        self.report("sent", DEADLINE)

    # what a test needs to know

    @property
    def endpoint(self):
        return "%s://127.0.0.1:%d" % ("https" if self.ca else "http", self.port)

    def log_tail(self, lines=20):
        try:
            with open(self.log, errors="replace") as file:
                return "".join(file.readlines()[-lines:])
        except OSError:
            return ""

    def environment(self, endpoint=None):
        """For a command under test: this server, and nothing of the user's own account anywhere."""
        result = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LARDER_TEST_", "LARDER_MINIO"))}
        result.update(LARDER_TEST_SERVER=self.row, LARDER_TEST_ENDPOINT=endpoint or self.endpoint, LARDER_TEST_REGION=self.region,
                      LARDER_TEST_LOG=self.log, AWS_ACCESS_KEY_ID=self.access_key, AWS_SECRET_ACCESS_KEY=self.secret_key,
                      AWS_REGION=self.region, AWS_DEFAULT_REGION=self.region, AWS_EC2_METADATA_DISABLED="true",
                      AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull,
                      no_proxy="127.0.0.1,localhost", NO_PROXY="127.0.0.1,localhost")
        if self.ca:
            result.update(LARDER_TEST_CA=self.ca, AWS_CA_BUNDLE=self.ca)
        # how the profiles that we ship, minio.ini and aws.ini, find a server of the test's
        result[{"moto": "AWS_ENDPOINT_URL", "minio": "LARDER_MINIO"}.get(self.row, "LARDER_TEST_ENDPOINT")] = endpoint or self.endpoint
        return result

    @property
    def profile(self):
        return {"moto": "aws", "minio": "minio-tls" if self.ca else "minio"}.get(self.row, self.row)

    def client(self, service="s3", endpoint=None, **config):
        """A boto3 client: path addressing, no retries, whatever the environment says."""
        module = boto3()
        from botocore.config import Config
        settings = dict(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, proxies={}, **config)
        session = module.session.Session(aws_access_key_id=self.access_key, aws_secret_access_key=self.secret_key, region_name=self.region)
        return session.client(service, endpoint_url=endpoint or self.endpoint, verify=self.ca or True, config=Config(**settings))

    def make_bucket(self, name, versioning=False):
        client = self.client()
        place = {} if self.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": self.region}}
        client.create_bucket(Bucket=name, **place)
        if versioning:
            client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})


class Minio(Server):
    """tls: True, or the names of a certificate that may be wrong on purpose ("DNS:elsewhere"). region: only where the
    server shall insist on one; kms: a key of its own, for encryption; domain: buckets as host names below it."""
    row = "minio"
    health = "/minio/health/cluster"

    def __init__(self, tls=False, insist=False, kms=False, domain=None, **common):
        super().__init__(**common)
        self.tls, self.insist, self.kms, self.domain = tls, insist, kms, domain

    def command(self):
        return [program("minio"), "server", "--address", "127.0.0.1:%d" % self.port, "--certs-dir", self.path("certs"), self.path("data")]

    def path(self, name):
        return os.path.join(self.folder, name)

    def prepare(self):
        os.makedirs(self.path("certs"))
        if self.tls:
            names = certificates.LOOPBACK if self.tls is True else self.tls
            self.ca = certificates.make_authority(self.folder)
            certificates.make_certificate(self.folder, self.path("certs"), names)

    def settings(self):
        result = dict(MINIO_ROOT_USER=self.access_key, MINIO_ROOT_PASSWORD=self.secret_key, MINIO_BROWSER="off", MINIO_UPDATE="off")
        if self.insist:
            result["MINIO_REGION"] = self.region
        if self.kms:
            result["MINIO_KMS_SECRET_KEY"] = "larder:" + base64.b64encode(secrets.token_bytes(32)).decode()
        if self.domain:
            result["MINIO_DOMAIN"] = self.domain
        return result


class Versitygw(Server):
    """versioning: with its folder for old versions."""
    row = "versitygw"
    health = "/larder-health"

    def __init__(self, versioning=True, domain=None, **common):
        super().__init__(**common)
        self.versioning, self.domain = versioning, domain

    def command(self):
        words = [program("versitygw"), "--port", "127.0.0.1:%d" % self.port, "--region", self.region, "--health", self.health]
        words += ["--virtual-domain", self.domain] if self.domain else []
        return words + ["posix"] + (["--versioning-dir", os.path.join(self.folder, "versions")] if self.versioning else []) + [os.path.join(self.folder, "data")]

    def prepare(self):
        os.mkdir(os.path.join(self.folder, "versions"))

    def settings(self):
        return dict(ROOT_ACCESS_KEY=self.access_key, ROOT_SECRET_KEY=self.secret_key)


class Moto(Server):
    """AWS, as far as moto plays it: no authentication, every service of the aws profile. keeping: a lifecycle comes back as it was put."""
    row = "moto"
    health = "/moto-api/data.json"

    def __init__(self, keeping=False, **common):
        super().__init__(**common)
        self.program = [os.path.join(HERE, "moto_keeping.py")] if keeping else ["-m", "moto.server"]

    def command(self):
        return [os.path.join(python_environment(), "bin", "python"), *self.program, "-H", "127.0.0.1", "-p", str(self.port)]


class Redis(Server):
    """With a password, a socket's path beside the port, and nothing kept: restarted it is empty. lines: more of its configuration.
    tls: True, or the names of its certificate: then also on tls_address."""
    row = "redis"

    def __init__(self, lines=(), tls=False, **common):
        super().__init__(**common)
        self.lines, self.tls, self.password = lines, tls, secrets.token_hex(20)

    def command(self):
        found = shutil.which("redis-server")
        if not found:
            raise Missing("redis-server is not installed\n  next: ./bootstrap check installs it (Debian's package redis-server)")
        return [found, os.path.join(self.folder, "redis.conf")]

    @property
    def address(self):
        return "127.0.0.1:%d" % self.port

    @property
    def socket(self):
        return os.path.join(self.folder, "socket")

    @property
    def tls_address(self):
        return "127.0.0.1:%d" % self.tls_port

    def tls_lines(self):
        self.tls_port = free_port()
        authority = certificates.make_authority(self.folder)
        certificates.make_certificate(self.folder, self.folder, certificates.LOOPBACK if self.tls is True else self.tls)
        return ("tls-port %d" % self.tls_port, "tls-ca-cert-file " + authority, "tls-cert-file %s/public.crt" % self.folder,
                "tls-key-file %s/private.key" % self.folder, "tls-auth-clients no")

    def prepare(self):
        with open(os.path.join(self.folder, "redis.conf"), "w") as file:
            for line in ("bind 127.0.0.1", "port %d" % self.port, "unixsocket " + self.socket, "dir " + os.path.join(self.folder, "data"), 'save ""',
                         "appendonly no", "requirepass " + self.password, *self.lines, *(self.tls_lines() if self.tls else ())):
                file.write(line + "\n")

    def healthy(self):
        try:
            with self.talk() as talk:
                return talk.ask("PING") == "PONG"
        except (OSError, redis_talk.Refused):
            return False

    def talk(self):
        """A connection to say commands on, logged in."""
        return redis_talk.Talk(self.port, self.password)


class Nginx(Server):
    """Over TLS, with a certificate of its own authority. before: lines of its http section; lines: of its server; location: of the location of all else.
    `edge` is a cache of it, kept in the folder `cache`, a file an answer."""
    row = "nginx"
    health = "/.well-known/health"
    temporary = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")

    def __init__(self, before=(), location=(), lines=(), **common):
        super().__init__(**common)
        self.before, self.location, self.lines = before, location, lines

    def command(self):
        found = shutil.which("nginx", path=os.environ.get("PATH", os.defpath) + ":/usr/sbin")
        if not found:
            raise Missing("nginx is not installed\n  next: ./bootstrap check installs it (Debian's package nginx-light)")
        return [found, "-e", "stderr", "-p", self.folder, "-c", os.path.join(self.folder, "nginx.conf")]

    @property
    def address(self):
        return "127.0.0.1:%d" % self.port

    @property
    def endpoint(self):
        return "https://" + self.address

    @property
    def cache(self):
        return os.path.join(self.folder, "cache")

    def prepare(self):
        self.ca = certificates.make_authority(self.folder)
        certificates.make_certificate(self.folder, self.folder)
        with open(os.path.join(self.folder, "nginx.conf"), "w") as file:
            file.write("\n".join(("daemon off;", "master_process off;", "pid pid;", "events {}", "http {", "access_log off;",
                                  *("%s_temp_path %s/%s;" % (name, self.folder, name) for name in self.temporary),
                                  "proxy_cache_path %s keys_zone=edge:1m;" % self.cache, *self.before,
                                  "server {", "listen %s ssl;" % self.address, "ssl_certificate public.crt;", "ssl_certificate_key private.key;", *self.lines,
                                  "location = %s { return 200; }" % self.health, "location / {", *self.location, "}", "}", "}")) + "\n")

    def forget(self):
        """All that is kept."""
        for folder, _, names in os.walk(self.cache):
            for name in names:
                os.unlink(os.path.join(folder, name))


KINDS = {"minio": Minio, "versitygw": Versitygw, "moto": Moto, "redis": Redis, "nginx": Nginx}


def start(name, **options):
    """A running server. Use it in a `with`, or call stop ()."""
    return KINDS[name](**options).start()
