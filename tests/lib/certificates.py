"""certificates.py: an authority of a test's own and certificates for a server on loopback, made by openssl."""
import os
import subprocess

KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
LOOPBACK = "IP:127.0.0.1,DNS:localhost"


def openssl(*words):
    done = subprocess.run(["openssl", *words], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError("openssl %s: %s" % (words[0], done.stderr.strip()[-500:]))


def make_authority(folder, name="Larder tests"):
    """FOLDER/ca.crt and ca.key."""
    openssl("req", "-x509", *KEY, "-days", "2", "-subj", "/CN=" + name, "-keyout", os.path.join(folder, "ca.key"),
            "-out", os.path.join(folder, "ca.crt"), "-addext", "keyUsage=critical,keyCertSign")
    return os.path.join(folder, "ca.crt")


def make_certificate(authority, folder, names=LOOPBACK):
    """FOLDER/public.crt and private.key, as MinIO names them, for these names, signed by the authority in a folder."""
    os.makedirs(folder, exist_ok=True)
    request, extensions = os.path.join(folder, "request"), os.path.join(folder, "extensions")
    with open(extensions, "w") as file:
        file.write("subjectAltName=%s\nextendedKeyUsage=serverAuth\n" % names)
    openssl("req", "-new", *KEY, "-subj", "/CN=server", "-keyout", os.path.join(folder, "private.key"), "-out", request)
    openssl("x509", "-req", "-in", request, "-CA", os.path.join(authority, "ca.crt"), "-days", "1",
            "-CAkey", os.path.join(authority, "ca.key"), "-extfile", extensions, "-out", os.path.join(folder, "public.crt"))
    os.unlink(request)
    os.unlink(extensions)
