#!/usr/bin/env python3
"""Finding credentials, the pure parts: requests to STS and the SSO portal against botocore's service models, replies against its
parsers and cut at every byte, AWS's own files against its reader, command lines against shlex."""
import configparser
import datetime
import json
import os
import random
import shlex
import subprocess
import sys
import tempfile
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import servers  # noqa: E402
import tap  # noqa: E402

BUILD = os.environ.get("TOP_BUILDDIR", ".")
VECTORS = os.environ.get("LARDER_VECTORS")
servers.boto3()
import botocore.parsers  # noqa: E402
import botocore.serialize  # noqa: E402
import botocore.session  # noqa: E402
import botocore.validate  # noqa: E402
SESSION = botocore.session.get_session()


def ours(questions):
    text = "".join(json.dumps(question) + "\n" for question in questions)
    done = subprocess.run([os.path.join(BUILD, "tests", "wire", "aws-identity")], input=text.encode(), stdout=subprocess.PIPE, check=True)
    lines = done.stdout.decode().split("\n")[:-1]
    assert len(lines) == len(questions), (len(lines), len(questions))
    return [json.loads(line) for line in lines]


def our(**question):
    return ours([question])[0]


# ---- requests

ROLE = "arn:aws:iam::123456789012:role/a+b=c,d.e@f_g-h/x"
ASKED = [
    ("sts", "AssumeRole", dict(RoleArn=ROLE, RoleSessionName="me@x=1"), dict(ask="assume")),
    ("sts", "AssumeRole", dict(RoleArn=ROLE, RoleSessionName="larder-1", ExternalId="a b&c=d/é", DurationSeconds=900), dict(ask="assume")),
    ("sts", "AssumeRoleWithWebIdentity", dict(RoleArn=ROLE, RoleSessionName="larder-1", WebIdentityToken="aa.bb-_.cc" * 300), dict(ask="assume")),
    ("sts", "AssumeRoleWithWebIdentity", dict(RoleArn=ROLE, RoleSessionName="larder-1", WebIdentityToken="a+/=.b", DurationSeconds=43200), dict(ask="assume")),
    ("sts", "GetCallerIdentity", {}, dict(ask="who")),
    ("sso-oidc", "CreateToken", dict(clientId="a-client", clientSecret="ey.\"é\\/" * 500, grantType="refresh_token", refreshToken="aor/+="), dict(ask="renew")),
    ("sso", "GetRoleCredentials", dict(roleName="A role/x", accountId="123456789012", accessToken="aoaAAAA+/="), dict(ask="sso")),
]


def test_wire_aws_identity_requests_pass_the_service_models():
    for service, name, params, more in ASKED:
        operation = SESSION.get_service_model(service).operation_model(name)
        report = botocore.validate.ParamValidator().validate(params, operation.input_shape)
        assert not report.has_errors(), report.generate_report()
        made = botocore.serialize.create_serializer(operation.metadata.get("protocol")).serialize_to_request(params, operation)
        have = our(**more, **{key: str(value) for key, value in params.items()})
        assert have["method"] == made["method"] and have["path"] == made["url_path"].split("?")[0], (have, made)
        headers = {key.lower(): value for key, value in made["headers"].items()}
        assert dict(have["headers"]) == headers, (have["headers"], headers)
        if service == "sts":
            assert urllib.parse.parse_qsl(have["body"], strict_parsing=True)[:2] == [("Action", name), ("Version", "2011-06-15")]
            assert dict(urllib.parse.parse_qsl(have["body"], strict_parsing=True)) == {key: str(value) for key, value in made["body"].items()}, have
        elif service == "sso-oidc":
            assert json.loads(have["body"]) == json.loads(made["body"]) == params and operation.auth_type == "none", (have, made)
        else:
            assert dict(have["query"]) == made["query_string"], (have["query"], made["query_string"])


# ---- replies

def sts_reply(action, more=""):
    return ("<%sResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n <%sResult>\n  <AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/x/y</Arn>"
            "<AssumedRoleId>AROA:y</AssumedRoleId></AssumedRoleUser>\n  <Credentials>\n   <AccessKeyId>ASIAEXAMPLE</AccessKeyId>"
            "<SecretAccessKey>s/+e&#x3d;</SecretAccessKey>\n   <SessionToken>t+/==</SessionToken><Expiration>2026-11-27T23:00:00Z</Expiration>\n  </Credentials>%s\n"
            " </%sResult>\n <ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>\n</%sResponse>" % (action, action, more, action, action))


WHO = ("<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/&#xc4;</Arn>"
       "<UserId>AIDA</UserId><Account>123456789012</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>"
       "</GetCallerIdentityResponse>")
PROCESS = json.dumps({"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "s", "SessionToken": "t", "Expiration": "2026-11-27T23:00:00+00:00"})
METADATA = json.dumps({"Code": "Success", "LastUpdated": "2026-11-27T17:00:00Z", "Type": "AWS-HMAC", "AccessKeyId": "A", "SecretAccessKey": "s", "Token": "t",
                       "Expiration": "2026-11-27T23:00:00Z"}, indent=1)
SSO = json.dumps({"roleCredentials": {"accessKeyId": "A", "secretAccessKey": "s", "sessionToken": "t", "expiration": 1795820400000}})
LOGIN = json.dumps({"startUrl": "https://x", "region": "us-east-1", "accessToken": "tok+/=", "expiresAt": "2026-11-27T23:00:00Z", "refreshToken": "r",
                    "clientId": "c", "clientSecret": "cs", "registrationExpiresAt": "2026-11-27T23:00:00UTC"})
RENEWED = json.dumps({"accessToken": "new+/=", "tokenType": "Bearer", "expiresIn": 3600, "refreshToken": "r2", "idToken": None})
END = int(datetime.datetime(2026, 11, 27, 23, tzinfo=datetime.timezone.utc).timestamp()) * 10 ** 9
WHOLE = [("sts", sts_reply("AssumeRole")), ("sts", sts_reply("AssumeRoleWithWebIdentity", "<Provider>p</Provider>")), ("who", WHO), ("process", PROCESS),
         ("metadata", METADATA), ("sso", SSO), ("login", LOGIN), ("renewed", RENEWED)]


def parsed(service, operation, text):
    model = SESSION.get_service_model(service).operation_model(operation)
    parser = botocore.parsers.create_parser(model.metadata.get("protocol"))
    return parser.parse({"status_code": 200, "headers": {}, "body": text.encode()}, model.output_shape)


def test_wire_aws_identity_replies_agree_with_botocore():
    for action in ("AssumeRole", "AssumeRoleWithWebIdentity"):
        want, have = parsed("sts", action, sts_reply(action))["Credentials"], our(form="sts", reply=sts_reply(action))
        assert (have["access"], have["secret"], have["token"]) == (want["AccessKeyId"], want["SecretAccessKey"], want["SessionToken"]), have
        assert have["expires"] == int(want["Expiration"].timestamp()) * 10 ** 9 == END, have
    want, have = parsed("sts", "GetCallerIdentity", WHO), our(form="who", reply=WHO)
    assert (have["account"], have["arn"], have["user"]) == (want["Account"], want["Arn"], want["UserId"]), have
    want, have = parsed("sso", "GetRoleCredentials", SSO)["roleCredentials"], our(form="sso", reply=SSO)
    assert have == {"access": want["accessKeyId"], "secret": want["secretAccessKey"], "token": want["sessionToken"], "expires": want["expiration"] * 10 ** 6}, have


def test_wire_aws_identity_json_replies():
    for form, text in (("process", PROCESS), ("metadata", METADATA)):
        assert our(form=form, reply=text) == {"access": "A", "secret": "s", "token": "t", "expires": END}
    assert our(form="login", reply=LOGIN) == {"token": "tok+/=", "expires": END, "refresh": "r", "id": "c", "secret": "cs", "registered": END}
    for more, refresh in (({}, "r2"), ({"refreshToken": None}, "r")):
        reply = json.dumps({**json.loads(RENEWED), **more})
        want, kept = parsed("sso-oidc", "CreateToken", reply), json.loads(our(form="renewed", reply=reply)["kept"])
        assert kept == {"accessToken": want["accessToken"], "expiresAt": "2026-11-27T23:00:00Z", "refreshToken": want.get("refreshToken", refresh), "of": ["others"]}, kept
    never = our(form="process", reply='{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "s"}')
    assert never == {"access": "A", "secret": "s", "token": None, "expires": 2 ** 63 - 1}, never


def test_wire_aws_identity_replies_cut_short_are_never_whole():
    """The matrix: credential JSON, any truncation is rejected."""
    for (form, text), taken in zip(WHOLE, ours([{"form": form, "cut": text} for form, text in WHOLE])):
        assert "code" not in our(form=form, reply=text), text
        assert taken == 0, (form, taken)


def test_wire_aws_identity_replies_that_are_none():
    bad = [("process", '{"Version": 2, "AccessKeyId": "A", "SecretAccessKey": "s"}', "its Version is not 1"), ("process", "[]", "no whole JSON object"),
           ("process", PROCESS + "x", "no whole JSON object"), ("process", '{"Version": 1, "AccessKeyId": "A"}', "there are no keys"),
           ("process", '{"Version": 1, "AccessKeyId": "A", "AccessKeyId": "B", "SecretAccessKey": "s"}', "no whole JSON object"),
           ("process", '{"Version": 1, "AccessKeyId": "A\\r\\nx: y", "SecretAccessKey": "s"}', "hold blanks, line ends"),
           ("process", '{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "s", "Expiration": "soon"}', "time of expiry is none"),
           ("process", '{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "s", "Expiration": -5}', "time of expiry is none"),
           ("metadata", '{"Code": "AssumeRoleUnauthorizedAccess", "Message": "EC2 cannot assume the role"}', "AssumeRoleUnauthorizedAccess: EC2 cannot"),
           ("metadata", "<html>a portal</html>", "no whole JSON object"), ("sso", METADATA, "there are no keys"), ("login", "{}", "no token"),
           ("renewed", "{}", "no token"), ("renewed", RENEWED.replace("new", "n w"), "no token"), ("renewed", RENEWED.replace("3600", "0"), "no token"),
           ("renewed", RENEWED.replace("3600", "-1"), "no token"), ("renewed", RENEWED.replace("3600", "1e99"), "no token"), ("renewed", "<html>", "no whole JSON object"),
           ("login", LOGIN.replace("2026-11-27T23:00:00Z", "2026-11-27T23:00:00Z" * 9), "time of expiry is none"),
           ("login", LOGIN.replace("tok", "t k"), "no token"), ("sts", WHO, "not all that it must have"), ("who", sts_reply("AssumeRole"), "not all that it must have"),
           ("sts", sts_reply("AssumeRole").replace("2026-11-27T", "never "), "not all"), ("sts", "{}", ""),
           ("sts", '<!DOCTYPE x [<!ENTITY e "boom">]>' + sts_reply("AssumeRole"), "")]
    for form, text, words in bad:
        have = our(form=form, reply=text)
        assert have.get("code", 0) < 0 and words in have["message"], (form, text, have)
        assert "boom" not in have["message"] and '"s"' not in have["message"], have


if VECTORS:
    def test_wire_aws_identity_published_reply_is_read():
        with open(os.path.join(VECTORS, "responses", "sts-get-session-token.xml")) as file:
            text = file.read()
        with open(os.path.join(VECTORS, "responses", "sts-get-session-token.json")) as file:
            want = json.load(file)["Credentials"]
        wrapped = want["SessionToken"]                    # over several lines, for the page: no header could carry it
        assert our(form="sts", reply=text)["code"] < 0
        token = "".join(wrapped.split())
        text = text.replace(wrapped, token)
        have = our(form="sts", reply=text)
        assert (have["access"], have["secret"], have["token"]) == (want["AccessKeyId"], want["SecretAccessKey"], token), (have, want)
        assert our(form="sts", cut=text.rstrip()) == 0


else:
    print("# LARDER_VECTORS is not set: the published reply of STS is not looked at")


# ---- AWS's own files

CONFIG = """# comment
[default]
region = eu-west-1
output=json
  ; an indented comment
s3 =
  addressing_style = path
  max_concurrent_requests=20
services = local
[profile work]
ROLE_ARN = arn:aws:iam::1:role/x
source_profile: base

[profile "two words"]
credential_process = "/opt/a b" --x 'y z' = :
empty =
[profile 'quoted']
region = x=y
[sso-session us]
sso_start_url = https://x.awsapps.com/start#/
[services local]
s3 =
  endpoint_url = http://127.0.0.1:9000
sts =
  endpoint_url = http://127.0.0.1:9001
[plugins]
anything = goes
[preview]
cloudfront = true
"""


def with_botocore(text):
    """profile: {key: value, or {key: value}}; sso-session and services beside it."""
    import botocore.configloader
    with tempfile.NamedTemporaryFile("w", suffix=".ini") as file:
        file.write(text)
        file.flush()
        loaded = botocore.configloader.load_config(file.name)
    return {"profile": loaded["profiles"], "sso-session": loaded["sso_sessions"], "services": loaded.get("services", {})}


def as_tables(lines):
    result = {"profile": {}, "sso-session": {}, "services": {}}
    for section, name, key, value, under, _ in lines:
        if section == "other":
            continue
        table = result[section].setdefault(name, {})
        if key and under:
            if not isinstance(table[under], dict):
                table[under] = {}
            table[under][key] = value
        elif key:
            table[key] = value
    return result


def test_wire_aws_identity_config_files_are_read_as_botocore_does():
    for text in (CONFIG, CONFIG.replace("\n", "\r\n"), CONFIG.rstrip("\n"), "", "\n\n# x", "[default]"):
        have = our(file=text, config=True) if text else []
        assert as_tables(have) == with_botocore(text), (as_tables(have), with_botocore(text))


def test_wire_aws_identity_credentials_files_are_read_as_botocore_does():
    import botocore.configloader
    text = "[default]\naws_access_key_id = A\naws_secret_access_key=s/+=\n[two words]\naws_access_key_id=B\n[profile x]\naws_access_key_id = C\n"
    with tempfile.NamedTemporaryFile("w", suffix=".ini") as file:
        file.write(text)
        file.flush()
        want = {name: table for name, table in botocore.configloader.raw_config_parse(file.name).items()}
    assert as_tables(our(file=text, config=False))["profile"] == want, want


def test_wire_aws_identity_comments_behind_values_are_cut():
    """As AWS's guide for SDKs has it; botocore alone takes them into the value."""
    have = as_tables(our(file="[default] # x\nregion = eu-west-1 # here\nkey = a#b;c\nlast = x ; y\n", config=True))["profile"]["default"]
    assert have == {"region": "eu-west-1", "key": "a#b;c", "last": "x"}, have


def test_wire_aws_identity_damaged_files_are_refused_where_botocore_does():
    bad = [("key = x\n[default]\n", 1), ("[default]\nno sign\n", 2), ("[default\nkey = x\n", 1), ("[default]\na = 1\na = 2\n", 3),
           ("[profile a]\n[profile b]\n[profile a]\n", 3), ("[default]\n= x\n", 2)]
    for text, line in bad:
        have = our(file=text, config=True)
        assert have["code"] == -1 and have["line"] == line and have["message"].startswith("F:%d: " % line) and have["next"], (text, have)
        try:
            configparser.RawConfigParser(default_section=None).read_string(text)
        except configparser.Error:
            continue
        raise AssertionError("configparser takes %r" % text)
    for text, line in (("[default]\nregion = x\n  indented = y\n", 3), ("[default]\n  first = y\n", 2), ("[default] x\n", 1)):      # stricter than it
        assert our(file=text, config=True)["line"] == line, text


def test_wire_aws_identity_files_changed_at_random_do_no_harm():
    chance = random.Random(3)
    questions = []
    for _ in range(1500):
        text = list(CONFIG)
        for _ in range(chance.randrange(1, 5)):
            at = chance.randrange(len(text))
            text[at:at + chance.randrange(3)] = chance.choice(["", "[", "]", "=", "\n", " ", "\t", "\r", "#", "\"", "é", "\x01"])
        questions.append({"file": "".join(text) or "x", "config": True})
    assert len(ours(questions)) == 1500


# ---- command lines, addresses

def test_wire_aws_identity_command_lines_are_split_as_shlex_does():
    chance = random.Random(4)
    texts = ["/a/b c", "  a  b ", "'a b' c", "\"a b\"c'd e'", "a\\ b", "\"a\\\"b\\\\c\\d\"", "'a\\b'", "a '' \"\" b", "\"$HOME\" `x`", "'open", "\"open", "a\\"]
    texts += ["".join(chance.choice("ab '\"\\\t$") for _ in range(chance.randrange(1, 14))) for _ in range(3000)]
    for text, have in zip(texts, ours([{"words": text} for text in texts])):
        try:
            want = shlex.split(text)
        except ValueError:
            want = None
        if not want:
            assert isinstance(have, dict) and have["code"] == -1, (text, have, want)
        else:
            assert have == want, (text, have, want)


def test_wire_aws_identity_addresses_that_credentials_come_from():
    near = ["http://127.0.0.1", "http://127.0.0.1:80/x", "http://127.9.9.9/", "http://localhost:1338/a?b", "http://[::1]:80/", "http://169.254.170.2/x",
            "http://169.254.170.23/v1/credentials", "http://[fd00:ec2::23]/v1", "http://169.254.169.254", "http://[fd00:ec2::254]/", "https://localhost/"]
    tls = ["https://sts.eu-west-1.amazonaws.com", "https://example.com:8443/x"]
    forbidden = ["http://example.com", "http://169.254.170.3/", "http://169.254.169.25", "http://127.0.0.1.example.com/", "http://localhost.example.com", "http://localhostx/",
                 "http://user@localhost/", "http://localhost@example.com/", "https://u:p@example.com/", "http://[::2]/", "http://[::1]x/", "http://[::1", "http://127.0.0.",
                 "http://127.1", "ftp://localhost", "localhost", "", "http://", "file:///etc/passwd", "HTTP://localhost", "http://10.0.0.1/"]
    for want, urls in ((2, near), (1, tls), (0, forbidden)):
        for url in urls:
            assert our(address=url) == want, (url, want)


tap.run(sys.modules[__name__])
