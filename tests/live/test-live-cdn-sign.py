#!/usr/bin/env python3
"""Signed addresses and cookies of a CDN, which no service is asked for: held against botocore's signer, and each signature against the public key by another
program; names that are encoded once (c-E01), times that mean one thing (c-E02), keys from everywhere, and no word of them anywhere."""
import base64
import datetime
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse

sys.path[:0] = [os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"), os.path.dirname(os.path.abspath(__file__))]
import loading  # noqa: E402
import servers  # noqa: E402
import tap  # noqa: E402
servers.use_environment()
from botocore.signers import CloudFrontSigner  # noqa: E402
from cryptography.hazmat.primitives import hashes, serialization  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa  # noqa: E402

TOOL, MODULES, SRC = os.path.join(os.environ["TOP_BUILDDIR"], "larder"), os.environ["LARDER_MODULE_DIR"], os.environ["TOP_SRCDIR"]
KEY_ID, DOMAIN, PASSPHRASE = "K2JCJMDEHXQW5F", "d111111abcdef8.cloudfront.net", "a-passphrase-canary"
FROM_ADDRESS = str.maketrans("-_~", "+=/")
A, CAT = "https://%s/a.png" % DOMAIN, "https://%s/ann/2026/11/cat.png" % DOMAIN
KEYS = ["plain.png", "a b.png", "a+b.png", "50%.png", "image(1).png", "it's.png", "~tilde.png", "한글.png", "what?.png", "a&b=c.png", "a#b.png", "deep/er/x.png", "*.png", '"q".png']


class Room:
    """A pipeline file of its own, with keys of each kind."""

    def __init__(self):
        self.holder = tempfile.TemporaryDirectory(prefix="larder-cdn-")
        self.folder = self.holder.name
        shutil.copytree(os.path.join(SRC, "etc"), os.path.join(self.folder, "etc"))
        make_keys(self.folder)
        self.profile = os.path.join(self.folder, "etc/profiles/aws.ini")
        self.text = open(self.profile).read()
        self.configure("signing-key-id = " + KEY_ID, "signing-key-file = rsa.pem")

    def path(self, name):
        return os.path.join(self.folder, name)

    def configure(self, *lines):
        with open(self.profile, "w") as file:
            file.write(self.text.replace("driver = cloudfront\n", "driver = cloudfront\n" + "".join(line + "\n" for line in lines)))

    def larder(self, *words, **env):
        done = subprocess.run([TOOL, *words], cwd=self.folder, capture_output=True, text=True, timeout=60, env={
            "PATH": os.environ["PATH"], "LARDER_MODULE_DIR": MODULES, "LARDER_CONFIG": self.path("etc/larder.ini"), "LARDER_PROFILE": "aws", "LARDER_CDN_DOMAIN": DOMAIN,
            "HOME": self.folder, **env})
        for secret in (PASSPHRASE, *self.secrets()):
            assert secret not in done.stdout + done.stderr, (words, done.stdout, done.stderr)
        return done

    def secrets(self):
        return [line for name in ("rsa.pem", "locked.pem") for line in open(self.path(name)).read().splitlines()[1:-1]]

    def sign(self, *words, **env):
        done = self.larder("cdn", "sign", *words, **env)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return done.stdout.splitlines()


def make_keys(folder):
    def write(name, key, form=serialization.PrivateFormat.PKCS8, lock=serialization.NoEncryption()):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(key.private_bytes(serialization.Encoding.PEM, form, lock))
        with open(os.path.join(folder, name + ".pub"), "wb") as file:
            file.write(key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
    one = rsa.generate_private_key(65537, 2048)
    write("rsa.pem", one, serialization.PrivateFormat.TraditionalOpenSSL)
    write("pkcs8.pem", one)
    write("locked.pem", one, lock=serialization.BestAvailableEncryption(PASSPHRASE.encode()))
    write("ec.pem", ec.generate_private_key(ec.SECP256R1()))
    write("small.pem", rsa.generate_private_key(65537, 1024))
    write("p384.pem", ec.generate_private_key(ec.SECP384R1()))


def fields(text):
    return dict(pair.split("=", 1) for pair in text.split("&"))


def moment(seconds):
    return seconds and datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).replace(tzinfo=None)


def verify(key, sha1, signature, message):
    public, kind = serialization.load_pem_public_key(open(room.path(key + ".pub"), "rb").read()), hashes.SHA1() if sha1 else hashes.SHA256()
    if isinstance(public, rsa.RSAPublicKey):
        public.verify(signature, message, padding.PKCS1v15(), kind)
    else:
        public.verify(signature, message, ec.ECDSA(kind))


def hold(url, base, key="rsa.pem", sha1=False, starts=None, ip=None, custom=False, resource=None):
    """The signature is of what botocore says is signed, and the address is what it makes of it. What it says, and until when."""
    given, signed = fields(url[len(base) + 1:]), []
    signature = base64.b64decode(given["Signature"].translate(FROM_ADDRESS))
    signer = CloudFrontSigner(KEY_ID, lambda message: (signed.append(message), signature)[1])
    if custom:
        expires = json.loads(decoded(given["Policy"]))["Statement"][0]["Condition"]["DateLessThan"]["AWS:EpochTime"]
        told = signer.generate_presigned_url(base, policy=signer.build_policy(resource or base, moment(expires), moment(starts), ip))
    else:
        expires = int(given["Expires"])
        told = signer.generate_presigned_url(base, date_less_than=moment(expires))
    assert url == told + ("" if sha1 else "&Hash-Algorithm=SHA256"), (url, told)
    verify(key, sha1, signature, signed[0])
    return expires, signed[0].decode()


def decoded(text):
    return base64.b64decode(text.translate(FROM_ADDRESS)).decode()


def as_address(base, cookies):
    return base + "?" + "&".join("%s=%s" % (name.replace("CloudFront-", ""), value) for name, value in cookies.items())


def now():
    return int(datetime.datetime.now(datetime.timezone.utc).timestamp())


room = None


def test_live_cdn_sign_as_botocore_does():
    """Both policies, both kinds of key, both hashes."""
    for key in ("rsa.pem", "pkcs8.pem", "ec.pem"):
        for sha1 in (False, True):
            room.configure("signing-key-id = " + KEY_ID, "signing-key-file = " + room.path(key), "signing-hash = " + ("sha1" if sha1 else "sha256"))
            before = now()
            url, = room.sign("--expires", "1h", "ann/2026/11/cat.png")
            expires, policy = hold(url, CAT, key, sha1)
            assert before + 3600 <= expires <= now() + 3600
            assert policy == '{"Statement":[{"Resource":"https://%s/ann/2026/11/cat.png","Condition":{"DateLessThan":{"AWS:EpochTime":%d}}}]}' % (DOMAIN, expires)
            url, = room.sign("--expires", "1h", "--from", "2026-11-05T10:00:00Z", "--ip", "192.0.2.0/24", "a.png")
            hold(url, A, key, sha1, starts=1793872800, ip="192.0.2.0/24", custom=True)
            url, = room.sign("--expires", "1h", "--ip", "192.0.2.7", "a.png")
            hold(url, A, key, sha1, ip="192.0.2.7", custom=True)
            url, = room.sign("--expires", "1h", "--policy", "custom", "a.png")
            hold(url, A, key, sha1, custom=True)


def test_live_cdn_sign_names_are_encoded_once():
    """c-E01: what is signed is what the browser sends, and what cdn url prints."""
    room.configure("signing-key-id = " + KEY_ID, "signing-key-file = " + room.path("rsa.pem"))
    plain = room.larder("cdn", "url", *["images:" + key for key in KEYS]).stdout.splitlines()
    signed = room.sign("--expires", "1h", *["images:" + key for key in KEYS])
    assert len(plain) == len(signed) == len(KEYS)
    for key, bare, url in zip(KEYS, plain, signed):
        hold(url, bare)
        split = urllib.parse.urlsplit(url)
        assert urllib.parse.unquote(split.path) == "/" + key and not split.fragment and url.isascii() and " " not in url, url
    disposition = 'attachment; filename="a b.png"'
    url, = room.sign("--expires", "1h", "--query", "response-content-disposition=" + disposition, "--query", "x=1&2", "a b.png")
    base = url[:url.index("&Expires=")]
    hold(url, base)
    assert dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(base).query)) == {"response-content-disposition": disposition, "x": "1&2"}, url


def test_live_cdn_sign_times_mean_one_thing():
    """c-E02."""
    for text in ("3600", "1764000000000", "0s", "-1h", "", "2020-01-01T00:00:00Z", "8d", "2096-01-01T00:00:00Z", "tomorrow", "2026-12-24"):
        done = room.larder("cdn", "sign", "--expires=" + text, "a.png")
        assert done.returncode == 2 and not done.stdout, (text, done)
    done = room.larder("cdn", "sign", "--expires", "2020-01-01T00:00:00Z", "a.png")
    assert re.search(r"ends? at 2020-01-01T00:00:00Z, which is past: it is 20\d\d-\S+Z by this machine's clock\n  next: a time to come", done.stderr), done
    done = room.larder("cdn", "sign", "a.png")
    assert done.returncode == 2 and "'expires' is missing\n  next: give it, as --NAME VALUE" in done.stderr, done
    done = room.larder("cdn", "sign", "--expires", "1h", "--from", "2h", "a.png")
    assert done.returncode == 2 and "ended already" in done.stderr, done
    done = room.larder("cdn", "sign", "--expires", "6d", "a.png")
    assert done.returncode == 0 and "valid until " in done.stderr, done
    done = room.larder("cdn", "sign", "--expires", "1h", "--ip", "192.0.2.0/33", "a.png")
    assert done.returncode == 2 and "network address" in done.stderr, done
    for network in ("2001:db8::7", "2001:db8::/32"):
        done = room.larder("cdn", "sign", "--expires", "1h", "--ip", network, "a.png")
        assert done.returncode == 2 and "IPv4 alone" in done.stderr and not done.stdout, done
    told = json.loads(room.larder("cdn", "sign", "--json", "--expires", "1h", "a.png").stdout.splitlines()[1])
    ends = datetime.datetime.strptime(told["expires"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc)
    assert abs(ends.timestamp() - int(fields(told["url"].partition("?")[2])["Expires"])) <= 1, told


def test_live_cdn_sign_cookies():
    """The same, carried by a browser: one object by the short form, all below a prefix by a policy."""
    lines = room.sign("--expires", "1h", "--cookies", "a.png")
    cookies = dict(line.split("=", 1) for line in lines)
    assert set(cookies) == {"CloudFront-Expires", "CloudFront-Signature", "CloudFront-Key-Pair-Id", "CloudFront-Hash-Algorithm"}, cookies
    hold(as_address(A, cookies), A)
    told = json.loads(room.larder("cdn", "sign", "--json", "--expires", "1h", "--cookies", "-r", "images:ann/").stdout.splitlines()[1])["cookies"]
    policy = json.loads(decoded(told["CloudFront-Policy"]))
    assert policy["Statement"][0]["Resource"] == "https://%s/ann/*" % DOMAIN and "CloudFront-Expires" not in told, policy
    hold(as_address(A, told), A, custom=True, resource="https://%s/ann/*" % DOMAIN)
    done = room.larder("cdn", "sign", "--expires", "1h", "-r", "images:ann/")
    assert done.returncode == 2 and "cookies" in done.stderr, done


def test_live_cdn_sign_keys_from_everywhere():
    """In a file, in the environment, behind a passphrase; one that is none, too small, of another curve, locked, or not there."""
    text = open(room.path("rsa.pem")).read()
    room.configure("signing-key-id = " + KEY_ID, "signing-key = ${SIGNING_KEY}", "signing-key-passphrase = ${PASSPHRASE:-}")
    url, = room.sign("--expires", "1h", "a.png", SIGNING_KEY=text)
    hold(url, A)
    url, = room.sign("--expires", "1h", "a.png", SIGNING_KEY=open(room.path("locked.pem")).read(), PASSPHRASE=PASSPHRASE)
    hold(url, A)
    cases = [("locked.pem", "", 4, "has a passphrase, and none is given"), ("locked.pem", PASSPHRASE + "x", 4, "does not open"), ("small.pem", "", 2, "1024 bits"),
             ("p384.pem", "", 2, "384 bits"), ("rsa.pem.pub", "", 2, "no private key"), ("none.pem", "", 3, "none.pem")]
    for name, passphrase, code, words in cases:
        room.configure("signing-key-id = " + KEY_ID, "signing-key-file = " + room.path(name), "signing-key-passphrase = ${PASSPHRASE:-}")
        done = room.larder("cdn", "sign", "--expires", "1h", "a.png", PASSPHRASE=passphrase)
        assert done.returncode == code and words in done.stderr and not done.stdout, (name, done)
    for lines, words in ((["signing-key-file = " + room.path("rsa.pem")], "signing-key-id"), (["signing-key-id = " + KEY_ID], "private key")):
        room.configure(*lines)
        done = room.larder("cdn", "sign", "--expires", "1h", "a.png")
        assert done.returncode == 2 and words in done.stderr, done


def test_live_cdn_sign_where_nothing_is_signed():
    """By a key of CloudFront for a file of the mock, and for a store that no CDN serves."""
    room.configure("signing-key-id = " + KEY_ID, "signing-key-file = " + room.path("rsa.pem"))
    with open(room.profile) as file:
        text = file.read()
    with open(os.path.join(room.folder, "etc/profiles/half.ini"), "w") as file:
        file.write(text.replace("driver = s3\nserver = aws\nregion = ap-northeast-2\n", "driver = localfs-mock\ncreate = yes\nroot = ./root\n", 1).replace("domain = ${LARDER_CDN_DOMAIN", "; domain = ${LARDER_CDN_DOMAIN"))
    done = room.larder("cdn", "sign", "--profile", "half", "--expires", "1h", "a.png")
    assert done.returncode == 2 and "has no domain" in done.stderr and not done.stdout, done
    done = room.larder("cdn", "sign", "--expires", "1h", "models:a")
    assert done.returncode == 2 and "no [cdn] serves" in done.stderr, done


def test_live_cdn_sign_from_python():
    room.configure("signing-key-id = " + KEY_ID, "signing-key-file = " + room.path("rsa.pem"))
    script = ("import datetime, json, larder\n"
              "hour = datetime.timedelta(hours=1)\n"
              "with larder.open(%r, 'aws') as store:\n"
              "    print(json.dumps([store.sign_url('a b.png', hour), store.sign_url('a.png', hour, ip='192.0.2.7'), store.sign_cookies('ann/', hour, below=True),\n"
              "                      store.image_url('a b.png')]))\n" % room.path("etc/larder.ini"))
    done = subprocess.run([os.environ["PYTHON3"], "-c", script], capture_output=True, text=True, env={
        **os.environ, **loading.environment(), "LARDER_CDN_DOMAIN": DOMAIN})
    assert done.returncode == 0, done.stderr
    plain, custom, cookies, bare = json.loads(done.stdout)
    hold(plain, bare)
    hold(custom, A, ip="192.0.2.7", custom=True)
    assert set(cookies) == {"CloudFront-Policy", "CloudFront-Signature", "CloudFront-Key-Pair-Id", "CloudFront-Hash-Algorithm"}, cookies


def test_live_cdn_sign_of_the_example_s_domain():
    """The profile as it came has a domain that is nobody's: that is said, once, and by which variable it is another; not where one is set, or written."""
    told = "LARDER_CDN_DOMAIN is not set, so addresses are of 'd1234567890abc.cloudfront.net', the default of "
    got = room.larder("cdn", "url", "a.png", "b.png", LARDER_CDN_DOMAIN="")
    assert got.returncode == 0 and got.stderr.count(told) == 1 and "profiles/aws.ini:" in got.stderr and "larder infra show" in got.stderr and len(got.stdout.split()) == 2, got
    room.configure("signing-key-id = " + KEY_ID, "signing-key-file = rsa.pem")
    got = room.larder("cdn", "sign", "--expires", "1h", "a.png", LARDER_CDN_DOMAIN="")
    assert got.returncode == 0 and told in got.stderr, got
    assert "is not set" not in room.larder("cdn", "url", "a.png").stderr


room = Room()
tap.run(sys.modules[__name__])
