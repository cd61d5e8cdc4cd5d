#!/usr/bin/env python3
"""test-live-identity: where credentials come from: each source of the chain against services that look at who asks, in the
order of the chain, renewed while a run lasts, and told apart when there are none (c-T25, in the spirit of c-A05)."""
import hashlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
import tap  # noqa: E402
import proxy  # noqa: E402
import servers  # noqa: E402
from identity_services import METADATA_TOKEN, Services, stamp  # noqa: E402

TOOL = os.path.join(os.environ["TOP_BUILDDIR"], "larder")
SLOW = float(os.environ.get("LARDER_SLOW", "1"))
NOBODY = "http://127.0.0.1:1"                  # nothing listens there
PIPELINE = '[store "images"]\npurpose = images\nbackend = objects\nbucket = bucket\n'


class Home:
    """A user with a home, a pipeline, and services of a test's own."""

    def __init__(self, options="", config=None, credentials=None, **variables):
        self.holder = tempfile.TemporaryDirectory(prefix="larder-identity-")
        self.folder, self.services, self.variables = self.holder.name, Services(), variables
        self.write("larder.ini", PIPELINE)
        self.options(options)
        if config is not None:
            self.write(".aws/config", config)
        if credentials is not None:
            self.write(".aws/credentials", credentials)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.services.__exit__()
        self.holder.cleanup()

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w") as file:
            file.write(text)
        return self.path(name)

    def options(self, text):
        self.write("profiles/p.ini", '[backend "objects"]\ndriver = s3\nserver = other\nendpoint = %s\nregion = eu-central-1\n%s\n' % (self.services.url, text))

    def environment(self, **more):
        result = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LARDER_")) and not name.lower().endswith("_proxy")}
        result.update(HOME=self.folder, LARDER_MODULE_DIR=os.environ["LARDER_MODULE_DIR"], AWS_EC2_METADATA_SERVICE_ENDPOINT=NOBODY,
                      AWS_ENDPOINT_URL_STS=self.services.url + "/sts", AWS_ENDPOINT_URL_SSO=self.services.url + "/sso",
                      AWS_ENDPOINT_URL_SSO_OIDC=self.services.url + "/oidc")
        result.update(self.variables)
        result.update(more)
        return {name: value for name, value in result.items() if value is not None}

    def run(self, *words, **more):
        began = time.monotonic()
        done = subprocess.run([TOOL, "--config", self.path("larder.ini"), "--profile", "p", *words], env=self.environment(**more), text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=60 * SLOW)
        done.seconds = time.monotonic() - began
        return done

    def key_used(self, **more):
        """The access key and token that a listing went out with."""
        done = self.run("ls", "images:", **more)
        assert done.returncode == 0 and "found" in done.stdout, done
        assert not self.services.wrong, self.services.wrong
        last = self.services.asked("s3")[-1]
        return last.key, last.token

    def refused(self, code, *words, **more):
        done = self.run("ls", "images:", **more)
        assert done.returncode == code, done
        for word in words:
            assert word in done.stderr, (word, done)
        assert "next: " in done.stderr, done
        return done


KEYS = "aws_access_key_id = %s\naws_secret_access_key = secret\n"
ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "ENVKEY", "AWS_SECRET_ACCESS_KEY": "secret"}


def knows(home, *keys):
    home.services.sources.update((key, None) for key in keys)
    return home


# ---- the order

def test_live_identity_written_keys_go_first():
    with knows(Home("access-key = WRITTEN\nsecret-key = s", credentials="[default]\n" + KEYS % "FILEKEY", **ENVIRONMENT), "WRITTEN") as home:
        assert home.key_used() == ("WRITTEN", None)
        assert home.key_used(AWS_PROFILE="nowhere") == ("WRITTEN", None)      # AWS's files are nobody's business then


def test_live_identity_environment_before_files():
    with knows(Home(credentials="[default]\n" + KEYS % "FILEKEY", **ENVIRONMENT), "ENVKEY", "FILEKEY") as home:
        assert home.key_used() == ("ENVKEY", None)
        assert home.key_used(AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="") == ("FILEKEY", None)


def test_live_identity_credentials_file_before_config_file():
    with knows(Home(config="[default]\n" + KEYS % "CONFIGKEY", credentials="[default]\n" + KEYS % "FILEKEY"), "CONFIGKEY", "FILEKEY") as home:
        assert home.key_used() == ("FILEKEY", None)
        os.unlink(home.path(".aws/credentials"))
        assert home.key_used() == ("CONFIGKEY", None)


def test_live_identity_a_written_profile_before_environment():
    with knows(Home("profile = work", config="[profile work]\n" + KEYS % "WORKKEY", **ENVIRONMENT), "ENVKEY", "WORKKEY") as home:
        assert home.key_used() == ("WORKKEY", None)
        home.options("")
        assert home.key_used(AWS_PROFILE="work") == ("ENVKEY", None)          # as the SDKs have it


def test_live_identity_files_at_other_places():
    with knows(Home(), "WORKKEY", "OTHERKEY") as home:
        elsewhere = home.write("else/config", "[profile work]\r\n" + (KEYS % "WORKKEY").replace("\n", "\r\n"))
        other = home.write("else/credentials", "# keys\n[other]\n" + KEYS % "OTHERKEY")
        more = dict(AWS_CONFIG_FILE=elsewhere, AWS_SHARED_CREDENTIALS_FILE=other)
        assert home.key_used(AWS_PROFILE="work", **more) == ("WORKKEY", None)
        assert home.key_used(AWS_PROFILE="other", **more) == ("OTHERKEY", None)
        assert home.key_used(AWS_DEFAULT_PROFILE="other", **more) == ("OTHERKEY", None)


def test_live_identity_sources_are_pinned_or_left_out():
    with knows(Home(credentials="[default]\n" + KEYS % "FILEKEY", **ENVIRONMENT), "ENVKEY", "FILEKEY") as home:
        home.options("credentials = profile")
        assert home.key_used() == ("FILEKEY", None)
        home.options("credentials = profile, environment")
        assert home.key_used() == ("FILEKEY", None)
        home.options("credentials = no-environment")
        assert home.key_used() == ("FILEKEY", None)
        home.options("credentials = container, instance")
        done = home.refused(4, "no credentials for backend 'objects': container: ", "metadata service: ")
        assert "environment" not in done.stderr.split("next:")[0], done
        home.options("credentials = enviroment")
        home.refused(2, "'enviroment' names no source", "did you mean 'environment'?")


# ---- profiles

def test_live_identity_unknown_profile_falls_through_to_nobody():
    """c-T25: exit 2, whatever other credentials there are, and not a packet to the service."""
    with knows(Home(config="[work]\nregion = x\n", credentials="[default]\n" + KEYS % "FILEKEY", **ENVIRONMENT), "ENVKEY", "FILEKEY") as home:
        home.refused(2, "no profile 'nowhere' in '%s' and '%s'" % (home.path(".aws/config"), home.path(".aws/credentials")), AWS_PROFILE="nowhere")
        home.refused(2, "it must be [profile work]", AWS_PROFILE="work")
        home.options("profile = nowhere")
        home.refused(2, "no profile 'nowhere'")
        assert not home.services.asked()


def test_live_identity_damaged_files_are_told_with_their_line():
    with Home(config="[default]\nregion = x\nno sign here\n") as home:
        home.refused(2, ".aws/config:3: it is neither KEY = VALUE")
        home.write(".aws/config", "[default]\naws_access_key_id = A\n")
        home.refused(4, "profile 'default' has aws_access_key_id, but aws_secret_access_key is missing")
        assert not home.services.asked()


def test_live_identity_credential_process():
    with knows(Home(), "PROGRAMKEY") as home:
        program = home.write("a program", "#!/bin/sh\nprintf '%s %s' \"$2\" \"${GNUTLS_NO_IMPLICIT_INIT-as it was}\" >\"$1\"\ncat <<end\n" + json.dumps(
            {"Version": 1, "AccessKeyId": "PROGRAMKEY", "SecretAccessKey": "s", "Expiration": stamp(time.time() + 3600)}) + "\nend\n")
        os.chmod(program, 0o755)
        home.write(".aws/config", "[default]\ncredential_process = \"%s\" %s 'two words $HOME'\n" % (program, home.path("told")))
        assert home.key_used() == ("PROGRAMKEY", None)
        with open(home.path("told")) as file:
            assert file.read() == "two words $HOME as it was"        # no shell; what is said to our own libraries is not said to it


def test_live_identity_credential_process_that_fails():
    with Home(**ENVIRONMENT) as home:
        cases = (("/bin/sh -c 'echo key: gone >&2; exit 3'", 4, "'/bin/sh' exits with 3: key: gone"),
                 ("/nowhere/program", 3, "cannot start '/nowhere/program'"), ("/bin/echo '{\"Version\": 2}'", 6, "its Version is not 1"),
                 ("/bin/echo nothing", 6, "it is no whole JSON object"), ("/bin/sh -c 'kill -9 $$'", 4, "was ended by signal 9"),
                 ("\"open", 2, "leaves a quote open"))
        for command, code, words in cases:
            home.write(".aws/config", "[default]\ncredential_process = %s\n" % command)
            home.refused(code, "credential_process of profile 'default'", words, AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None)
        assert not home.services.asked()


# ---- roles

def test_live_identity_role_by_source_profile():
    config = "[profile work]\nrole_arn = arn:aws:iam::1:role/one\nsource_profile = base\nrole_session_name = me\nexternal_id = e x\nduration_seconds = 900\n[profile base]\n" + KEYS % "SOURCEKEY"
    with Home(config=config, AWS_PROFILE="work") as home:
        assert home.key_used() == ("ISSUEDSTS1", "token-sts-1")
        asked, = home.services.asked("sts")
        assert asked.form == {"Action": "AssumeRole", "Version": "2011-06-15", "RoleArn": "arn:aws:iam::1:role/one", "RoleSessionName": "me",
                              "ExternalId": "e x", "DurationSeconds": "900"}, asked.form
        assert asked.scope[0] == "SOURCEKEY" and asked.scope[2:4] == ["eu-central-1", "sts"], asked.scope


def test_live_identity_roles_in_a_row():
    config = ("[profile work]\nrole_arn = arn:aws:iam::1:role/two\nsource_profile = middle\n[profile middle]\nrole_arn = arn:aws:iam::1:role/one\n"
              "source_profile = base\n[profile base]\n" + KEYS % "SOURCEKEY")
    with Home(config=config, AWS_PROFILE="work") as home:
        assert home.key_used() == ("ISSUEDSTS2", "token-sts-2")
        first, second = home.services.asked("sts")
        assert (first.key, second.key, second.token) == ("SOURCEKEY", "ISSUEDSTS1", "token-sts-1")
        assert second.form["RoleArn"].endswith("two") and second.form["RoleSessionName"].startswith("larder-")


def test_live_identity_role_by_credential_source():
    role = "[profile work]\nrole_arn = arn:aws:iam::1:role/one\ncredential_source = %s\n"
    with knows(Home(AWS_PROFILE="work", **ENVIRONMENT), "ENVKEY") as home:
        home.options("profile = work")
        for source, key in (("Environment", "ENVKEY"), ("Ec2InstanceMetadata", "ISSUEDMETADATA"), ("EcsContainer", "ISSUEDCONTAINER")):
            home.write(".aws/config", role % source)
            used = home.key_used(AWS_EC2_METADATA_SERVICE_ENDPOINT=home.services.url, AWS_CONTAINER_CREDENTIALS_FULL_URI=home.services.url + "/container")
            assert used[0].startswith("ISSUEDSTS"), used
            assert home.services.asked("sts")[-1].key.startswith(key), source
        home.write(".aws/config", role % "Nothing")
        home.refused(2, "credential_source that there is not")


def test_live_identity_roles_that_cannot_be():
    cases = (("role_arn = r\n", 2, "neither source_profile nor credential_source"), ("role_arn = r\nsource_profile = a\ncredential_source = Environment\n", 2, "has both"),
             ("role_arn = r\nsource_profile = nobody\n", 2, "names a source_profile that is not there"), ("role_arn = r\nsource_profile = work\n", 2, "is its own source_profile"),
             ("role_arn = r\nsource_profile = back\n[profile back]\nrole_arn = r\nsource_profile = work\n", 2, "leads back to itself"),
             ("role_arn = r\nsource_profile = bare\n[profile bare]\nregion = x\n", 2, "is a source_profile without credentials"),
             ("role_arn = r\nmfa_serial = m\nsource_profile = work\n" + KEYS % "SOURCEKEY", 2, "wants a code of mfa_serial"),
             ("login_session = arn:aws:iam::1:user/me\n", 2, "has login_session, which larder does not read"))
    with Home(AWS_PROFILE="work") as home:
        for text, code, words in cases:
            home.write(".aws/config", "[profile work]\n" + text)
            home.refused(code, words)
        assert not home.services.asked()


def test_live_identity_role_that_is_refused():
    """What is set up and fails ends the search: nobody else's credentials are taken instead."""
    config = "[profile work]\nrole_arn = arn:aws:iam::1:role/one\nsource_profile = base\n[profile base]\n" + KEYS % "UNKNOWN"
    with Home(config=config, AWS_PROFILE="work", AWS_EC2_METADATA_SERVICE_ENDPOINT="") as home:
        home.refused(4, "cannot take on role 'arn:aws:iam::1:role/one'", "InvalidClientTokenId", AWS_EC2_METADATA_SERVICE_ENDPOINT=home.services.url)
        assert not home.services.asked("metadata") and not home.services.asked("s3")


def test_live_identity_sts_in_clear_is_not_asked():
    config = "[profile work]\nrole_arn = arn:aws:iam::1:role/one\nsource_profile = base\n[profile base]\n" + KEYS % "SOURCEKEY"
    with Home(config=config, AWS_PROFILE="work") as home:
        home.refused(2, "credentials do not go to 'http://sts.example", AWS_ENDPOINT_URL_STS="http://sts.example")


# ---- web identity, SSO

def test_live_identity_web_identity():
    with Home(credentials="[default]\n" + KEYS % "FILEKEY", AWS_ROLE_ARN="arn:aws:iam::1:role/pod") as home:
        home.services.web_token = "header.body.signature"
        token = home.write("token", home.services.web_token + "\n")
        assert home.key_used(AWS_WEB_IDENTITY_TOKEN_FILE=token, AWS_ROLE_SESSION_NAME="pod-1") == ("ISSUEDSTS1", "token-sts-1")   # before the file, as the SDKs have it
        asked, = home.services.asked("sts")
        assert asked.form == {"Action": "AssumeRoleWithWebIdentity", "Version": "2011-06-15", "RoleArn": "arn:aws:iam::1:role/pod",
                              "RoleSessionName": "pod-1", "WebIdentityToken": home.services.web_token}, asked.form
        home.write("token", "two\nlines")
        home.refused(2, "web identity token: ", "is not one token", AWS_WEB_IDENTITY_TOKEN_FILE=token)
        home.refused(4, "web identity token: cannot open '%s'" % home.path("none"), AWS_WEB_IDENTITY_TOKEN_FILE=home.path("none"))
        home.refused(4, "no role to take on", AWS_WEB_IDENTITY_TOKEN_FILE=token, AWS_ROLE_ARN=None)
        assert len(home.services.asked("s3")) == 1
        home.write(".aws/config", "[profile pod]\nrole_arn = arn:aws:iam::1:role/written\nweb_identity_token_file = %s\n" % home.write("mine", home.services.web_token))
        home.options("profile = pod")
        assert home.key_used()[0] == "ISSUEDSTS2" and home.services.asked("sts")[-1].form["RoleArn"].endswith("written")


def test_live_identity_sso():
    config = ("[default]\nsso_session = us\nsso_account_id = 123456789012\nsso_role_name = a role\n[sso-session us]\nsso_region = eu-west-1\n"
              "sso_start_url = https://x.awsapps.com/start\n")
    with Home(config=config) as home:
        cache = ".aws/sso/cache/%s.json" % hashlib.sha1(b"us").hexdigest()
        home.services.sso_token = "sso-token"
        home.refused(4, "nobody has logged in to its SSO yet", "aws sso login --profile default")
        home.write(cache, json.dumps({"accessToken": "sso-token", "expiresAt": stamp(time.time() - 10)}))
        home.refused(4, "its SSO login has expired", "aws sso login")
        home.write(cache, '{"accessToken": "sso-tok')
        home.refused(4, "cannot be used: it is no whole JSON object", "aws sso login")
        home.write(cache, json.dumps({"accessToken": "other", "expiresAt": stamp(time.time() + 1000)}))
        home.refused(4, "the SSO portal no longer takes its login")
        home.write(cache, json.dumps({"accessToken": "sso-token", "expiresAt": stamp(time.time() + 1000)}))
        assert home.key_used() == ("ISSUEDSSO1", "token-sso-1")
        assert home.services.asked("sso")[-1].path == "/sso/federation/credentials?role_name=a%20role&account_id=123456789012"
        home.write(".aws/config", config.replace("[sso-session us]", "[sso-session eu]"))
        home.refused(2, "names sso-session 'us', which is not there")
        home.write(".aws/config", "[default]\nsso_account_id = 1\nsso_role_name = r\nsso_start_url = https://old\nsso_region = eu-west-1\n")
        home.write(".aws/sso/cache/%s.json" % hashlib.sha1(b"https://old").hexdigest(),
                   json.dumps({"accessToken": "sso-token", "expiresAt": stamp(time.time() + 1000).replace("Z", "UTC")}))
        assert home.key_used()[0] == "ISSUEDSSO2"


SSO = ("[default]\nsso_session = us\nsso_account_id = 123456789012\nsso_role_name = r\n[sso-session us]\nsso_region = eu-west-1\n"
       "sso_start_url = https://x.awsapps.com/start\n")
CACHE = ".aws/sso/cache/%s.json" % hashlib.sha1(b"us").hexdigest()


def login(home, left, **more):
    """What `aws sso login` keeps: `left` seconds of it."""
    kept = {"accessToken": "first", "expiresAt": stamp(time.time() + left), "refreshToken": "r", "clientId": "client", "clientSecret": "client-secret",
            "registrationExpiresAt": stamp(time.time() + 86400), "startUrl": "https://x.awsapps.com/start", "region": "eu-west-1", "of": "others"}
    kept.update(more)
    home.services.sso_token, home.services.refresh_token = "first", "r"
    home.write(CACHE, json.dumps({name: value for name, value in kept.items() if value is not None}))
    os.chmod(home.path(CACHE), 0o600)


def test_live_identity_sso_login_is_renewed_and_kept():
    """In its last 15 minutes and after its end; the file is for whoever comes next."""
    with Home(config=SSO) as home:
        for left in (600, -600):
            login(home, left)
            before = os.stat(home.path(CACHE)).st_ino
            assert home.key_used()[0].startswith("ISSUEDSSO")
            with open(home.path(CACHE)) as file:
                kept = json.load(file)
            assert (kept["accessToken"], kept["refreshToken"], kept["of"], kept["clientSecret"]) == ("renewed-r", "r+", "others", "client-secret"), kept
            assert abs(time.mktime(time.strptime(kept["expiresAt"] + " GMT", "%Y-%m-%dT%H:%M:%SZ %Z")) - time.timezone - time.time() - 3600) < 60 * SLOW, kept
            now = os.stat(home.path(CACHE))
            assert now.st_mode & 0o777 == 0o600 and now.st_ino != before, "it was written over in place"
            assert os.listdir(os.path.dirname(home.path(CACHE))) == [os.path.basename(CACHE)]
            asked = len(home.services.asked("oidc"))
            home.key_used()
            assert len(home.services.asked("oidc")) == asked, "the renewed one was renewed"
        assert not home.services.wrong, home.services.wrong


def test_live_identity_sso_login_that_lasts_is_left_alone():
    with Home(config=SSO) as home:
        login(home, 1000)
        assert home.key_used()[0] == "ISSUEDSSO1" and not home.services.asked("oidc")


def test_live_identity_sso_login_that_cannot_be_renewed():
    """What is left of it serves; after that there is a next step. Nothing is asked where a part is missing or the client's time is over."""
    with Home(config=SSO) as home:
        login(home, 600, refreshToken="another")
        with open(home.path(CACHE)) as file:
            before = file.read()
        assert home.key_used()[0] == "ISSUEDSSO1"
        with open(home.path(CACHE)) as file:
            assert file.read() == before
        assert len(home.services.asked("oidc")) == 1
        login(home, -1, refreshToken="another")
        home.refused(4, "its SSO login has expired, and it cannot be renewed", "aws sso login --profile default")
        for more in ({"refreshToken": None}, {"clientId": None}, {"clientSecret": None}, {"registrationExpiresAt": stamp(time.time() - 5)}, {"registrationExpiresAt": None}):
            login(home, -1, **more)
            home.refused(4, "its SSO login has expired", "aws sso login --profile default")
        assert len(home.services.asked("oidc")) == 2
        login(home, -1)
        home.refused(4, "its SSO login has expired, and", AWS_ENDPOINT_URL_SSO_OIDC="http://oidc.example")
        home.services.refuse["oidc"] = (200, "application/json", '{"accessToken": "x"}')
        home.refused(4, "its SSO login has expired, and there is no token in it")


def test_live_identity_sso_login_that_another_process_has_renewed():
    """Both saw it end, the other was first: the refresh token is taken once, and its file has the new one by then."""
    with Home(config=SSO) as home:
        login(home, -1)
        fresh = json.dumps({"accessToken": "theirs", "expiresAt": stamp(time.time() + 3600)})

        def first(one):
            home.write(CACHE, fresh)
            home.services.sso_token = "theirs"
            return 400, "application/json", '{"error": "invalid_grant"}'
        home.services.oidc = first
        assert home.key_used()[0] == "ISSUEDSSO1"
        with open(home.path(CACHE)) as file:
            assert file.read() == fresh


# ---- containers and machines

def test_live_identity_container():
    with Home() as home:
        home.services.container_token = "pod token"
        full = dict(AWS_CONTAINER_CREDENTIALS_FULL_URI=home.services.url + "/container/x?id=1")
        home.refused(4, "container's credentials", "401", **full)
        assert home.key_used(AWS_CONTAINER_AUTHORIZATION_TOKEN="pod token", **full) == ("ISSUEDCONTAINER1", "token-container-1")
        assert home.services.asked("container")[-1].path == "/container/x?id=1"
        home.services.container_token = "from-file"
        token = home.write("token", "from-file\n")
        assert home.key_used(AWS_CONTAINER_AUTHORIZATION_TOKEN="pod token", AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=token, **full)[0] == "ISSUEDCONTAINER2"
        asked = len(home.services.asked())
        home.refused(4, "holds a control byte", AWS_CONTAINER_AUTHORIZATION_TOKEN="a\r\nx: y", **full)
        for url in ("http://169.254.170.3/x", "http://example.com/x", "http://127.0.0.1.example.com/x", "http://127.0.0.1@example.com/", "ftp://localhost/"):
            home.refused(4, "where no credentials come from", AWS_CONTAINER_CREDENTIALS_FULL_URI=url)
        assert len(home.services.asked()) == asked


def test_live_identity_metadata_service():
    with Home(credentials="[other]\n" + KEYS % "X") as home:
        more = dict(AWS_EC2_METADATA_SERVICE_ENDPOINT=home.services.url + "/")
        assert home.key_used(**more) == ("ISSUEDMETADATA1", "token-metadata-1")
        paths = [(one.method, one.path) for one in home.services.asked("metadata")]
        below = "/latest/meta-data/iam/security-credentials/"
        assert paths == [("PUT", "/latest/api/token"), ("GET", below), ("GET", below + "machine-role")], paths
        assert all(one.headers.get("x-aws-ec2-metadata-token") == METADATA_TOKEN for one in home.services.asked("metadata")[1:])
        home.refused(4, "metadata service: AWS_EC2_METADATA_DISABLED says not to ask", AWS_EC2_METADATA_DISABLED="true", **more)
        home.refused(4, "AWS_EC2_METADATA_SERVICE_ENDPOINT leads to 'http://metadata.example'", AWS_EC2_METADATA_SERVICE_ENDPOINT="http://metadata.example")
        home.services.refuse["metadata"] = (403, "text/plain", "no")
        home.refused(4, "metadata service: it gives no session token (status 403)", **more)


def test_live_identity_expired_ones_of_the_metadata_service_are_tried():
    """The service itself may be late: its expired keys may still be taken."""
    with Home() as home:
        home.services.lifetime = -30
        more = dict(AWS_EC2_METADATA_SERVICE_ENDPOINT=home.services.url)
        home.refused(4, "ExpiredToken", **more)
        assert home.services.asked("s3")[0].key == "ISSUEDMETADATA1"
        home.refused(4, "have expired already", AWS_CONTAINER_CREDENTIALS_FULL_URI=home.services.url + "/container", **more)
        assert not [one for one in home.services.asked("s3") if "CONTAINER" in one.key]


# ---- none

def black_hole():
    """A port whose queue is full: a connection to it neither stands nor fails."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    fillers = []
    for _ in range(4):
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(listener.getsockname())
        fillers.append(filler)
    return "http://127.0.0.1:%d" % listener.getsockname()[1], [listener, *fillers]


def test_live_identity_none_anywhere():
    """c-T25: within 3 s, each source with its reason, and no proxy on the way to this machine's own addresses."""
    with Home() as home:
        proxies = {name: home.services.url for name in ("http_proxy", "https_proxy", "HTTPS_PROXY", "HTTP_PROXY", "all_proxy", "ALL_PROXY")}
        reasons = ("no credentials for backend 'objects': configuration: no access-key in the [backend] section; environment: AWS_ACCESS_KEY_ID is not set; "
                   "profile: no profile 'default' in AWS's config and credentials files; web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set; "
                   "container: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and …_FULL_URI are not set; metadata service: ")
        hole, sockets = black_hole()
        done = home.refused(4, reasons + "no answer in 1 s", AWS_EC2_METADATA_SERVICE_ENDPOINT=hole, **proxies)
        assert done.seconds < 3 * SLOW, done.seconds
        home.services.hang.add("metadata")
        done = home.refused(4, reasons + "no answer in 1 s", AWS_EC2_METADATA_SERVICE_ENDPOINT=home.services.url)
        assert done.seconds < 3 * SLOW, done.seconds
        before = len(home.services.asked())
        home.refused(4, reasons + "cannot connect to '127.0.0.1:1'", **proxies)
        assert len(home.services.asked()) == before and not home.services.asked("s3")
        for one in sockets:
            one.close()


def test_live_identity_a_silent_metadata_service_gives_way():
    """The matrix: its PUT hangs, as behind a hop limit of 1: the next source within 2 s, and the doctor names the hop limit."""
    with knows(Home("credentials = instance, environment", **ENVIRONMENT), "ENVKEY") as home:
        home.services.hang.add("metadata")
        began = time.monotonic()
        assert home.key_used(AWS_EC2_METADATA_SERVICE_ENDPOINT=home.services.url) == ("ENVKEY", None)
        assert time.monotonic() - began < 2 * SLOW
        done = home.run("doctor", "--identity", "--json", AWS_EC2_METADATA_SERVICE_ENDPOINT=home.services.url)
        hints = [json.loads(line).get("next", "") for line in done.stdout.splitlines() if "metadata service" in line]
        assert done.returncode == 0 and len(hints) == 1 and "hop limit" in hints[0], done


def test_live_identity_link_local_is_never_asked_through_a_proxy():
    with Home() as home:
        done = home.run("ls", "images:", AWS_EC2_METADATA_SERVICE_ENDPOINT=None, http_proxy=home.services.url, all_proxy=home.services.url, no_proxy="")
        assert done.returncode == 4 and done.seconds < 3 * SLOW, done
        done = home.run("ls", "images:", AWS_CONTAINER_CREDENTIALS_FULL_URI=home.services.url + "/container", http_proxy=NOBODY, no_proxy="")
        assert not [one for one in home.services.asked() if one.service != "container"], home.services.asked()
        assert len(home.services.asked("container")) == 1 and home.services.asked("container")[0].path == "/container"


def test_live_identity_anonymous_only_when_asked_for():
    with Home("anonymous = yes", **ENVIRONMENT) as home:
        home.services.sources["open"] = None
        assert home.key_used() == (None, None)
        assert not home.services.asked("s3")[-1].headers.get("authorization")
        home.options("")
        home.refused(4, "no credentials", AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None)
        home.options("anonymous = yes\naccess-key = A\nsecret-key = s")
        home.refused(2, "is anonymous, and has credentials")


# ---- while a run lasts

def put_many(home, count, **more):
    names = [home.write("files/%02d" % number, "x") for number in range(count)]
    return home.run("--jobs", "4", "put", *names, "images:to/", **more)


def test_live_identity_short_lived_ones_are_renewed_while_a_run_lasts():
    """Tokens of 5 s, and a run of twice that: no request goes out with one that has ended, and each is used for most of its life."""
    with Home(AWS_ROLE_ARN="arn:aws:iam::1:role/pod") as home:
        home.services.web_token, home.services.lifetime, home.services.slow_put = "w", 5, 0.5
        done = put_many(home, 88, AWS_WEB_IDENTITY_TOKEN_FILE=home.write("token", "w"))
        assert done.returncode == 0, done
        assert len(home.services.objects) == 88
        asked = home.services.asked("s3")
        assert {one.status for one in asked if one.method == "PUT"} == {200}, asked
        renewals = len(home.services.asked("sts"))
        assert len({one.key for one in asked}) == renewals and 2 <= renewals <= 2 + (asked[-1].at - asked[0].at) / 3, (renewals, asked[-1].at - asked[0].at)


def test_live_identity_one_upload_goes_on_through_renewals():
    """The matrix: a token that expires in the middle of an upload in parts, 5 s lifetime: each part signed afresh, the same upload id."""
    with Home(AWS_ROLE_ARN="arn:aws:iam::1:role/pod") as home:
        home.services.web_token, home.services.lifetime, home.services.slow_put = "w", 5, 1.2
        data = os.urandom(1 << 20) * 120
        with open(home.path("big"), "wb") as file:
            file.write(data)
        done = home.run("--jobs", "2", "put", home.path("big"), "images:big", AWS_WEB_IDENTITY_TOKEN_FILE=home.write("token", "w"))
        assert done.returncode == 0, done
        assert home.services.objects["/bucket/big"] == data
        parts = [one for one in home.services.asked("s3") if one.method == "PUT"]
        assert len(home.services.uploads) == 1 and len(parts) >= 10 and {one.status for one in parts} == {200}, parts
        assert len({one.key for one in parts}) >= 2, parts


def told(one, name):
    """A header of a request that the proxy kept."""
    return next((value for header, value in one["headers"] if header.lower() == name), "")


def test_live_identity_moto_plays_sts():
    """Against a service that is not ours: a role by moto's STS, its keys in the requests, who we are by moto's words."""
    config = "[profile work]\nrole_arn = arn:aws:iam::123456789012:role/painter\nsource_profile = base\nrole_session_name = me\n[profile base]\n" + KEYS % "AKIASOURCE"
    with servers.start("moto") as moto, Home(config=config) as home:
        with proxy.Proxy(moto.endpoint) as between:
            home.write("profiles/p.ini", '[backend "objects"]\ndriver = s3\nserver = moto\nprofile = work\nregion = us-east-1\ncreate = yes\n')
            more = dict(AWS_ENDPOINT_URL=between.endpoint, AWS_ENDPOINT_URL_STS=None)
            done = home.run("put", home.write("one", "1"), "images:one", **more)
            assert done.returncode == 0, done
            assumed = between.matching(method="POST", path="/")
            assert len(assumed) == 1 and "Credential=AKIASOURCE/" in told(assumed[0], "authorization"), assumed
            puts = between.matching(method="PUT", path="/bucket/one")
            assert puts and all("Credential=ASIA" in told(one, "authorization") and told(one, "x-amz-security-token") for one in puts), puts
            done = home.run("doctor", "--identity", "--json", **more)
            assert done.returncode == 0 and findings(done)[-1] == (
                "pass", "identity", "arn:aws:sts::123456789012:assumed-role/painter/me, account 123456789012"), done


def test_live_identity_a_token_file_that_is_rotated_is_read_again():
    with Home(AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE="") as home:
        token = home.write("token", "first")
        home.services.container_token, home.services.lifetime, home.services.slow_put = "first", 3, 0.3
        rotating = home.services.container

        def rotate(one):
            answer = rotating(one)
            home.services.container_token = "second"
            home.write("token", "second")
            return answer
        home.services.container = rotate
        done = put_many(home, 60, AWS_CONTAINER_CREDENTIALS_FULL_URI=home.services.url + "/container", AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=token)
        assert done.returncode == 0, done
        tokens = [one.headers["authorization"] for one in home.services.asked("container")]
        assert tokens[:2] == ["first", "second"] and len(tokens) >= 2, tokens


def test_live_identity_expired_sooner_than_said():
    """The service says ExpiredToken: asked for anew once, and the request goes again; twice in a row is told."""
    with Home(AWS_CONTAINER_CREDENTIALS_FULL_URI="") as home:
        more = dict(AWS_CONTAINER_CREDENTIALS_FULL_URI=home.services.url + "/container")
        home.services.revoked.add("ISSUEDCONTAINER1")
        assert home.key_used(**more) == ("ISSUEDCONTAINER2", "token-container-2")
        home.services.revoked |= {"ISSUEDCONTAINER3", "ISSUEDCONTAINER4"}
        home.refused(4, "ExpiredToken", **more)
        assert len(home.services.asked("container")) == 4
    with Home() as home:                                   # of the environment there are no others
        home.services.issued["OLD"] = ("t", 0)
        home.refused(4, "ExpiredToken", AWS_ACCESS_KEY_ID="OLD", AWS_SECRET_ACCESS_KEY="s", AWS_SESSION_TOKEN="t")
        assert len(home.services.asked("s3")) == 1


# ---- the doctor

def findings(done):
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines[0]["type"] == "version" and lines[-1]["type"] == "summary", lines
    return [(line["verdict"], line["what"], line["detail"]) for line in lines if line["type"] == "finding"]


def test_live_identity_doctor_tells_each_source():
    """Each source asked, in order, and who STS says we are; of the key its end, of the secret nothing."""
    config = "[default]\naws_access_key_id = SOURCEKEY\naws_secret_access_key = hiddenSECRET\naws_session_token = hiddenTOKEN\n"
    with Home(config=config) as home:
        home.services.sources["SOURCEKEY"] = "hiddenTOKEN"
        done = home.run("doctor", "--identity", "--json")
        assert done.returncode == 0, done
        assert findings(done) == [
            ("note", "server", "a server of unknown make"), ("pass", "endpoint", home.services.url), ("note", "configuration", "no access-key in the [backend] section"),
            ("note", "environment", "AWS_ACCESS_KEY_ID is not set"), ("pass", "profile", "profile 'default' of %s" % home.path(".aws/config")),
            ("pass", "access key", "…EKEY"), ("pass", "identity", "arn:aws:iam::123456789012:user/SOURCEKEY, account 123456789012")], findings(done)
        shown = home.run("doctor", "--identity", "-v")
        assert shown.returncode == 0 and shown.stdout.startswith("backend objects\n  -        server ") and "next: larder doctor --probe STORE" in shown.stdout and "\n  -        environment      AWS_ACC" in shown.stdout, shown
        assert "hidden" not in done.stdout + done.stderr + shown.stdout + shown.stderr, shown
        assert not home.services.asked("s3")                  # no bucket is touched
        done = home.run("doctor", "--identity", "--json", AWS_ENDPOINT_URL_STS=None)
        assert done.returncode == 0 and findings(done)[-1][:2] == ("note", "identity"), done      # keys of a server of one's own are not shown to AWS
        done = home.run("doctor", "--identity", "--json", AWS_ENDPOINT_URL_STS=NOBODY)
        assert done.returncode == 0 and findings(done)[-1][0] == "warn" and "cannot connect" in findings(done)[-1][2], done


def test_live_identity_doctor_without_credentials():
    """c-T25: within 3 s, exit 4, every source with its reason."""
    with Home() as home:
        hole, sockets = black_hole()
        done = home.run("doctor", "--identity", "--json", AWS_EC2_METADATA_SERVICE_ENDPOINT=hole, http_proxy=home.services.url, HTTPS_PROXY=home.services.url)
        assert done.returncode == 4 and done.seconds < 3 * SLOW, done
        assert [what for _, what, _ in findings(done)] == ["server", "endpoint", "configuration", "environment", "profile", "web identity", "container",
                                                           "metadata service", "check"], findings(done)
        assert findings(done)[-2] == ("note", "metadata service", "no answer in 1 s"), findings(done)
        assert not home.services.asked()
        done = home.run("doctor", "--backend", "objects", "--identity")
        assert done.returncode == 4 and "next: set AWS_ACCESS_KEY_ID" in done.stderr and "no credentials for backend 'objects'" in done.stderr, done
        done = home.run("doctor", "--backend", "object")
        assert done.returncode in (2, 3) and "'object'" in done.stderr and "objects" in done.stderr, done
        for one in sockets:
            one.close()


def test_live_identity_doctor_looks_at_buckets():
    with knows(Home(**ENVIRONMENT), "ENVKEY") as home:
        done = home.run("doctor", "--json")
        assert done.returncode == 0 and [what for _, what, _ in findings(done)][-2:] == ["bucket", "write"], done
        puts = [one.path for one in home.services.asked("s3") if one.method == "PUT"]
        assert len(puts) == 1 and puts[0].startswith("/bucket/.larder-check/"), puts
        home.services.refuse["s3"] = (403, "application/xml", "<Error><Code>AccessDenied</Code><Message>no</Message></Error>")
        done = home.run("doctor")
        assert done.returncode != 0 and "FAILED   bucket" in done.stdout and "next: " in done.stderr, done
    with Home("anonymous = yes") as home:
        done = home.run("doctor", "--identity", "--json")
        assert done.returncode == 0 and findings(done)[-1] == ("pass", "identity", "anonymous: nothing is signed"), done


tap.run(sys.modules[__name__])
