#!/usr/bin/env python3
"""A private key that is not the other half of what edges hold signatures against: found by `cdn check` and by plan and apply, at a service held against botocore's model and at moto, which
key of the group it is, and the way out; and offline, by a file with the public half."""
import os
import sys

sys.path[:0] = [os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"), os.path.dirname(os.path.abspath(__file__))]
import servers  # noqa: E402
import tap  # noqa: E402
servers.use_environment()
from cryptography.hazmat.primitives import serialization  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import ec, rsa  # noqa: E402
import cloudfront_service  # noqa: E402
import edge_place  # noqa: E402

PIPELINE = """[larder]
environment = test
[store "images"]
backend = objects
bucket = images
cdn = images
[pipeline "image"]
store = images
key = {user}/{job}.{ext}
[cdn "images"]
backend = cdn
store = images
key-group = kg-1
domain = 127.0.0.1:9
behaviors = default
[behavior "default"]
methods = GET, HEAD
"""
OBJECTS = "[backend \"objects\"]\ndriver = s3\nserver = moto\nendpoint = %s\nregion = ap-northeast-2\n"
CDN = "[backend \"cdn\"]\ndriver = cloudfront\nserver = moto\nendpoint = %s\n"


def public(key):
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


class Place(edge_place.EdgePlace):
    def __init__(self):
        super().__init__("larder-key-")
        self.service, self.server = cloudfront_service.Service(), servers.start("moto")
        self.keys = {"rsa": rsa.generate_private_key(65537, 2048), "ec": ec.generate_private_key(ec.SECP256R1()), "other": ec.generate_private_key(ec.SECP256R1())}
        for name, key in self.keys.items():
            self.write(name + ".pem", key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode())
            self.write(name + ".pub", public(key))
        self.write("larder.ini", PIPELINE)

    def configure(self, *lines, endpoint=None):
        self.write("profiles/edge.ini", OBJECTS % self.server.endpoint + CDN % (endpoint or self.service.endpoint) + "".join(line + "\n" for line in lines))

    def signs(self, name, identity="K1", **more):
        self.configure("signing-key-id = " + identity, "signing-key-file = " + self.path(name + ".pem"), **more)

    def group(self, **keys):
        """What edges hold signatures against: ids, and whose public halves they are."""
        self.service.clear()
        self.service.key_groups["kg-1"] = list(keys)
        self.service.public_keys.update({identity: public(self.keys[name]) for identity, name in keys.items()})

    def key(self, code):
        """The finding of `cdn check`, and how it ended; nothing listens at the domain, which is asked only where the check goes on."""
        self.service.asked.clear()
        done = self.run("--json", "cdn", "check", "a.png")
        assert done.code == code and self.service.wrong == [], (done, self.service.wrong)
        return next((line["verdict"], line["detail"]) for line in done.lines if line["type"] == "finding" and line["what"] == "key"), done


def test_live_cdn_key_is_of_the_group():
    """One of each kind, whatever else is in it: two questions."""
    for name, group in (("rsa", {"K1": "rsa"}), ("ec", {"K0": "other", "K1": "ec"})):
        place.group(**group)
        place.signs(name)
        found, _ = place.key(8)
        assert found == ("pass", "K1 of key group kg-1") and [one for one, _ in place.service.asked] == ["GetKeyGroup", "GetPublicKey"], (found, place.service.asked)


WRONG = (({"K1": "rsa", "K2": "ec"}, "ec", "the private key of [backend \"cdn\"] is not the other half of K1 in key group kg-1: it is that of K2", "signing-key-id = K2 in [backend \"cdn\"]"),
         ({"K1": "rsa", "K2": "ec"}, "other", "the private key of [backend \"cdn\"] is not the other half of K1 in key group kg-1: it is that of none of its keys", "signing-key-file in [backend \"cdn\"]"),
         ({"K2": "rsa", "K3": "ec"}, "ec", "key group kg-1 has no key K1, as which [backend \"cdn\"] signs: its private key is the other half of K3", "signing-key-id = K3"),
         ({"K2": "rsa"}, "ec", "key group kg-1 has no key K1, as which [backend \"cdn\"] signs: its private key is the other half of none of its keys", "add the public half of this one"),
         ({}, "ec", "key group kg-1 has no key K1", "add the public half of this one"))


def test_live_cdn_key_of_another():
    """Which it is of, and which would be right; no viewer's question is asked then again and again, and plan and apply refuse it, too."""
    for group, name, words, way_out in WRONG:
        place.group(**group)
        place.signs(name)
        (verdict, detail), done = place.key(2)
        assert verdict == "fail" and words in detail and way_out in done.err, (words, detail, done.err)
        for command in ("plan", "apply"):
            done = place.run("infra", command)
            assert done.code == 2 and "[cdn \"images\"] of %s:10: %s" % (place.path("larder.ini"), words) in done.out + done.err and way_out in done.out + done.err, (command, done)
        assert place.service.distributions == {} and place.service.wrong == [], place.service.wrong


def test_live_cdn_key_no_group():
    place.service.clear()
    place.signs("ec")
    (verdict, detail), done = place.key(2)
    assert verdict == "fail" and detail == "there is no key group 'kg-1'" and "key-group = the id of one" in done.err, (detail, done)
    assert "there is no key group 'kg-1'" in (done := place.run("infra", "plan")).out + done.err, done


def test_live_cdn_key_right_in_plan():
    """Planned and made; a wrong one is no reason to keep what is to go, and is shown as it is. Without a key nothing is asked."""
    place.group(K1="rsa")
    place.signs("rsa")
    done = place.run("infra", "apply")
    assert done.code == 0 and len(place.service.distributions) == 1, done
    place.signs("ec")
    done = place.run("--json", "infra", "show")
    assert done.code == 0 and {"key-group"} <= {line.get("path") for line in done.lines}, done
    place.service.asked.clear()
    done = place.run("infra", "destroy", "--environment", "test")
    assert done.code == 0 and place.service.distributions == {} and not {"GetKeyGroup", "GetPublicKey"} & {one for one, _ in place.service.asked}, done
    place.configure()
    done = place.run("infra", "plan")
    assert done.code == 0 and not {"GetKeyGroup", "GetPublicKey"} & {one for one, _ in place.service.asked}, done


def test_live_cdn_key_that_nobody_may_look_at():
    """A viewer needs no rights there: it is told, and the edge is asked all the same. Plan has what `infra policy` names, or says what it lacks."""
    place.group(K1="ec")
    place.signs("ec")
    for operation in ("GetKeyGroup", "GetPublicKey"):
        place.service.rules[:] = [(operation, 1, "deny")]
        place.service.counts.clear()
        (verdict, detail), _ = place.key(8)
        assert verdict == "note" and detail.startswith("it cannot be held against the group's: ") and "AccessDenied" not in detail, detail
        place.service.counts.clear()
        done = place.run("infra", "plan")
        assert done.code == 4 and "AccessDenied" in done.out + done.err, done
    place.service.rules.clear()
    for lines, has in ((("signing-key-id = K1", "signing-key-file = ec.pem"), True), ((), False)):
        place.configure(*lines)
        out, err = place.start("infra", "policy", "operator").communicate(timeout=60 * servers.SLOW)
        assert "cloudfront:GetDistribution" in out and all((right in out) == has for right in ("cloudfront:GetKeyGroup", "cloudfront:GetPublicKey")), (out, err)


def test_live_cdn_key_that_is_elsewhere():
    """Who sets the edges up need not have what signs: nothing is compared, and nobody asked for it; who signs is told which file is not there."""
    place.group(K1="rsa")
    place.signs("none")
    place.service.asked.clear()
    done = place.run("infra", "apply")
    assert done.code == 0 and len(place.service.distributions) == 1 and not {"GetKeyGroup", "GetPublicKey"} & {one for one, _ in place.service.asked}, done
    assert place.run("infra", "plan").code == 0
    for words in (("cdn", "sign", "--expires", "1h", "a.png"), ("cdn", "check", "a.png")):
        done = place.run(*words)
        assert done.code == 3 and place.path("none.pem") in done.err, done
    place.configure("signing-key-id = K1", "signing-key-file = " + place.path("rsa.pem"), "signing-public-key-file = " + place.path("none.pub"))
    done = place.run("infra", "plan")
    assert done.code == 3 and place.path("none.pub") in done.out + done.err, ("what signs is here, and its public half is not where it is said to be", done)


def test_live_cdn_key_at_moto():
    client = place.server.client("cloudfront", region_name="us-east-1")
    right, other = (client.create_public_key(PublicKeyConfig={"CallerReference": name, "Name": name, "EncodedKey": public(place.keys[name])})["PublicKey"]["Id"] for name in ("rsa", "ec"))
    place.write("larder.ini", PIPELINE.replace("kg-1", client.create_key_group(KeyGroupConfig={"Name": "g", "Items": [right, other]})["KeyGroup"]["Id"]))
    for name, identity, verdict in (("rsa", right, "pass"), ("ec", right, "fail"), ("ec", other, "pass"), ("other", other, "fail")):
        place.signs(name, identity, endpoint=place.server.endpoint)
        (found, detail), _ = place.key(8 if verdict == "pass" else 2)
        assert found == verdict and identity in detail, (name, identity, detail)
    place.write("larder.ini", PIPELINE)


def test_live_cdn_key_by_a_file():
    """Nobody is asked; one that is not the other half, one that is none, one that is not there."""
    place.service.asked.clear()
    for name, words, code in (("ec.pub", None, 0), ("rsa.pub", "the private key is not the other half of the public one in '%s'" % place.path("rsa.pub"), 2), ("ec.pem", "'%s' is no public key in PEM" % place.path("ec.pem"), 2), ("none.pub", "none.pub", 3)):
        place.configure("signing-key-id = K1", "signing-key-file = " + place.path("ec.pem"), "signing-public-key-file = " + place.path(name))
        for _ in range(2):
            done = place.run("cdn", "sign", "--expires", "1h", "a.png", "b.png")
            assert done.code == code and (words is None or words in done.err) and len(done.out.splitlines()) == (0 if code else 2), (name, done)
    assert place.service.asked == [], place.service.asked


place = Place()
tap.run(sys.modules[__name__])
