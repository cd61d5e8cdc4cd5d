#!/usr/bin/env python3
"""A distribution as the strategy has it (E1), by the driver cloudfront in front of a service held against botocore's model, its bucket on moto; read back by boto3: made,
made again, drifted in each attribute by boto3 and mended, an identity replaced by a control, lost replies, throttled, denied, killed; what others set stays;
turned off, awaited and removed, whoever turned it off (c-E09); behaviors that change places (c-E05)."""
import copy
import json
import os
import signal
import subprocess
import sys
import tempfile

sys.path[:0] = [os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"), os.path.dirname(os.path.abspath(__file__))]
import cloudfront_service  # noqa: E402
import servers  # noqa: E402
import tap  # noqa: E402
from scene import MODULES, TOOL, Done  # noqa: E402
from strategy_cdn import BESIDE_OURS, BUCKET, CERTIFICATE, DRIFTS, INTO_OURS, ORIGIN, Distribution, control_set, forwarded, main, origin, plain, plain_copy, strategy, thumbnails, whole  # noqa: E402

PIPELINE = """[larder]
environment = test
[store "images"]
backend = objects
bucket = %s
cdn = images
[cdn "images"]
backend = cdn
store = images
origin-id = S3-pingvas-studio-images
comment = Pingvas Studio Images CDN
origin-access = oai
origin-access-comment = OAI for images bucket
behaviors = thumbnails, default
price-class = PriceClass_200
certificate = %s
aliases = images.pingvas.studio
tls = TLSv1.2_2021
ipv6 = yes
geo = none
tags = "Name=Images CDN"
accept = oai, public-cdn
[behavior "thumbnails"]
path = */thumbnails/*
methods = GET, HEAD
min-ttl = 86400s
default-ttl = 2592000s
max-ttl = 31536000s
[behavior "default"]
methods = GET, HEAD, OPTIONS
min-ttl = 0s
default-ttl = 86400s
max-ttl = 31536000s
""" % (BUCKET, CERTIFICATE)
OAC = PIPELINE.replace("origin-access = oai", "origin-access = oac")


class Place(Distribution):
    def __init__(self):
        self.holder = tempfile.TemporaryDirectory(prefix="larder-cloudfront-")
        self.folder = self.holder.name
        os.makedirs(os.path.join(self.folder, "profiles"))
        self.service = cloudfront_service.Service()
        self.server = servers.start("moto")
        self.buckets = self.server.client()
        self.client = self.server.client("cloudfront", endpoint=self.service.endpoint)

    def start(self, *words, text=PIPELINE, server="moto", store="moto"):
        with open(os.path.join(self.folder, "larder.ini"), "w") as file:
            file.write(text)
        with open(os.path.join(self.folder, "profiles/p.ini"), "w") as file:
            file.write("[backend \"objects\"]\ndriver = s3\nserver = %s\nendpoint = %s\nregion = ap-northeast-2\n" % (store, self.server.endpoint))
            file.write("[backend \"far\"]\ndriver = s3\nserver = %s\nendpoint = %s\nregion = ap-northeast-1\n" % (store, self.server.endpoint))
            file.write("[backend \"cdn\"]\ndriver = cloudfront\nserver = %s\nendpoint = %s\n" % (server, self.service.endpoint))
        self.service.asked.clear()
        self.service.counts.clear()
        return subprocess.Popen([TOOL, "--config", os.path.join(self.folder, "larder.ini"), "--profile", "p", "--json", "infra", *words], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, env={**self.server.environment(), "LARDER_MODULE_DIR": MODULES, "LARDER_CONFIG": "", "LARDER_PROFILE": ""})

    def run(self, *words, rules=(), **more):
        self.service.rules[:] = rules
        process = self.start(*words, **more)
        out, err = process.communicate(timeout=120 * servers.SLOW)
        self.service.rules.clear()
        assert self.service.wrong == [], self.service.wrong
        return Done(process.returncode, out, err)

    def fresh(self, **more):
        """Nothing there, and then all as it is asked for."""
        self.service.clear()
        self.service.wrong.clear()
        self.service.progress = 1
        for bucket in self.buckets.list_buckets()["Buckets"]:
            self.buckets.delete_bucket(Bucket=bucket["Name"])
        if more.get("apply", True):
            done = self.run("apply", **{name: value for name, value in more.items() if name != "apply"})
            assert done.code == 0, done

    def wrote(self):
        return [name for name, _ in self.service.asked if not name.startswith(("Get", "List"))]

place = Place()


def marks(done):
    return [(line.get("path"), line["change"]) for line in done.lines if line["type"] in ("resource", "change") and line["resource"] == "cdn" and line["change"] not in ("same", "warning")]


def test_live_cloudfront_oai_as_the_strategy_has_it():
    place.fresh()
    (identity, one), = place.service.identities.items()
    assert one["config"]["Comment"] == "OAI for images bucket" and not place.service.controls
    assert plain(place.config()[0]) == strategy(identity=identity), (place.config(), strategy(identity=identity))
    assert place.tags()[1] == {"larder:id": "test/cdn/images", "Name": "Images CDN"}, place.tags()
    assert place.readers() == [({"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity " + identity}, None)], place.readers()
    again = place.run("apply")
    assert again.code == 0 and place.wrote() == [], (again, place.wrote())
    found = place.run("plan", "--detailed-exitcode")
    assert found.code == 0 and marks(found) == [], found


def test_live_cloudfront_oac_as_aws_asks():
    place.fresh(text=OAC)
    (control, one), = place.service.controls.items()
    config = one["config"]
    assert (config["SigningProtocol"], config["SigningBehavior"], config["OriginAccessControlOriginType"]) == ("sigv4", "always", "s3") and not place.service.identities, config
    assert plain(place.config()[0]) == strategy(control=control), place.config()
    assert place.readers() == [({"Service": "cloudfront.amazonaws.com"}, {"StringEquals": {"AWS:SourceArn": place.tags()[0]}})], place.readers()
    assert place.run("apply", text=OAC).code == 0 and place.wrote() == [], place.wrote()


def test_live_cloudfront_identity_replaced_by_a_control():
    """c-traps oai: a plan like any other; the identity goes with the distribution."""
    place.fresh()
    found = place.run("plan", text=OAC)
    assert marks(found) == [(None, "update"), (ORIGIN + ".access", "update")], found
    done = place.run("apply", text=OAC)
    control, = place.service.controls
    assert done.code == 0 and plain(place.config()[0]) == strategy(control=control), done
    assert place.readers()[0][0] == {"Service": "cloudfront.amazonaws.com"}, place.readers()
    assert place.run("apply", text=OAC).code == 0 and place.wrote() == []
    assert place.run("destroy", "--environment", "test", text=OAC).code == 0
    assert (place.service.distributions, place.service.controls, place.service.identities) == ({}, {}, {}), place.service.copy()


def test_live_cloudfront_what_is_planned_is_what_is_done():
    """From an identity to a control, and back: with the distribution the policy of its bucket changes, for it is told by whom it is read. The plan says so, printed and saved.
    Of a control that signs no more the policy is told nothing new."""
    def counts(done):
        assert done.code == 0, done
        return [(line["updated"], line["same"]) for line in done.lines if line["type"] == "counts"]

    def policy(done):
        return [(line["path"], line["change"], line.get("from"), line.get("will")) for line in done.lines if line["type"] == "change" and line["resource"] == "access"]
    saved = os.path.join(place.folder, "plan")
    for before, after in ((PIPELINE, OAC), (OAC, PIPELINE)):
        for words in (("apply",), ("apply", saved)):
            place.fresh(text=before)
            found = place.run("plan", "-o", saved, text=after)
            assert policy(found) == [("reader[images]", "update", "cdn/images#principal", None)], found
            done = place.run(*words, text=after)
            assert counts(found) == counts(done) == [(2, 1)], (words, found, done)
            assert counts(place.run("plan", text=after)) == [(0, 3)] and len(place.readers()) == 1, place.readers()
    place.fresh(text=OAC)
    control_set(SigningBehavior="never")(place)
    found = place.run("plan", text=OAC)
    assert policy(found) == [] and counts(found) == counts(place.run("apply", text=OAC)) == [(1, 2)], found


def test_live_cloudfront_each_drift_is_found_and_mended():
    """And when it is mended, nothing else has changed; what came beside it, an origin or a behavior of somebody's, goes with --adopt."""
    place.fresh(text=OAC)
    want = place.service.copy()
    for number, (drift, path) in enumerate(DRIFTS):
        drift(place)
        found = place.run("plan", text=OAC)
        assert path in [one[0] for one in marks(found)], (number, path, marks(found))
        done = place.run("apply", "--adopt", text=OAC)
        assert done.code == 0 and (not path.startswith("tag[") or "UpdateDistribution" not in place.wrote()), (number, place.wrote())
        assert plain_copy(place.service.copy()) == plain_copy(want), (number, path, done, place.service.copy(), want)
        assert marks(place.run("plan", text=OAC)) == [], (number, path)


def test_live_cloudfront_lists_the_bucket_where_asked():
    """list = yes: a second statement, of the bucket itself, for whom reads it already; mended when it lost its action, and gone with the key."""
    def statements():
        return {each["Sid"]: each for each in json.loads(place.buckets.get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"]}

    for text in (OAC, PIPELINE):
        lists = text.replace("ipv6 = yes", "ipv6 = yes\nlist = yes")
        place.fresh(text=lists)
        want = statements()
        lister, reader = want["larder-lister-images"], want["larder-reader-images"]
        assert (lister["Effect"], lister["Action"], lister["Resource"]) == ("Allow", "s3:ListBucket", "arn:aws:s3:::" + BUCKET), lister
        assert [lister.get(name) for name in ("Principal", "Condition")] == [reader.get(name) for name in ("Principal", "Condition")], want
        again = place.run("apply", text=lists)
        assert again.code == 0 and place.wrote() == [] and [line["updated"] for line in again.lines if line["type"] == "counts"] == [0], again
        for drifted in ({**lister, "Action": "s3:GetBucketLocation"}, None):
            left = {**want, "larder-lister-images": drifted}
            place.buckets.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [each for each in left.values() if each]}))
            found = place.run("plan", text=lists)
            assert [line["path"] for line in found.lines if line["type"] == "change" and line["resource"] == "access"] == ["lister[images]"], found
            assert place.run("apply", text=lists).code == 0 and statements() == want, statements()
        done = place.run("apply", text=text)
        assert done.code == 0 and statements() == {sid: each for sid, each in want.items() if sid != "larder-lister-images"}, (done, statements())


MORE = (OAC.replace("geo = none", "geo = none\nweb-acl = arn:aws:wafv2:us-east-1:123456789012:global/webacl/w/1\nkey-group = kg-1"))


def test_live_cloudfront_firewall_and_signed_urls():
    place.fresh(text=MORE)
    config = place.config()[0]
    assert config["WebACLId"].endswith("webacl/w/1"), config
    for one in (config["DefaultCacheBehavior"], *config["CacheBehaviors"]["Items"]):
        assert one["TrustedKeyGroups"] == {"Enabled": True, "Quantity": 1, "Items": ["kg-1"]}, one
    for drift, path in ((whole(WebACLId=""), "web-acl"), (main(TrustedKeyGroups={"Enabled": False, "Quantity": 0}), "key-group"),
                        (thumbnails(TrustedKeyGroups={"Enabled": True, "Quantity": 1, "Items": ["kg-2"]}), "key-group"),
                        (main(TrustedSigners={"Enabled": True, "Quantity": 1, "Items": ["self"]}), "key-group")):
        drift(place)
        assert path in [one[0] for one in marks(place.run("plan", text=MORE))], path
        assert place.run("apply", text=MORE).code == 0 and place.config()[0] == config, (path, place.config())


def test_live_cloudfront_cors_is_told_apart_at_the_edge():
    """c-E06: the three headers are forwarded where cors stands, and no others, for whatever they say keeps replies apart."""
    text = OAC.replace("[behavior \"default\"]", "[cors \"studio\"]\norigins = https://pingvas.studio\nmethods = GET\n[behavior \"default\"]\ncors = studio")
    place.fresh(text=text)

    def headers():
        return sorted(place.config()[0]["DefaultCacheBehavior"]["ForwardedValues"]["Headers"].get("Items", []))
    assert headers() == ["Access-Control-Request-Headers", "Access-Control-Request-Method", "Origin"], headers()
    forwarded(Headers={"Quantity": 1, "Items": ["X-Theirs"]})(place)
    assert marks(place.run("plan", text=text)) == [(None, "update"), ("behavior[default].cors", "create"), ("behavior[default].header[X-Theirs]", "remove")]
    assert place.run("apply", text=text).code == 0 and len(headers()) == 3, headers()
    forwarded(Headers={"Quantity": 4, "Items": [*headers(), "X-Theirs"]})(place)
    assert marks(place.run("plan", text=text)) == [(None, "update"), ("behavior[default].header[X-Theirs]", "remove")]
    assert place.run("apply", text=text).code == 0 and len(headers()) == 3, headers()
    assert place.run("apply", text=OAC).code == 0 and headers() == [], headers()


def test_live_cloudfront_policies_instead_of_forwarded_values():
    """CachingOptimized and CORS-S3Origin, a response headers policy, HTTP/3; and back to the strategy's own values."""
    optimized, to_s3, told = "658327ea-f89d-4fab-a63d-7e88639e58f6", "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf", "67f7725c-6f97-4210-82d7-5512b31e9d03"
    text = OAC.replace("geo = none", "geo = none\nhttp-version = http2and3\nresponse-headers = " + told).replace(
        "[behavior \"default\"]", "[behavior \"default\"]\ncache-policy = %s\norigin-request-policy = %s" % (optimized, to_s3))
    place.fresh(text=OAC)
    planned = marks(place.run("plan", text=text))
    gone = [("behavior[default]." + path, "remove") for path in ("cookies", "default-ttl", "max-ttl", "min-ttl", "query")]
    assert [one for one in planned if one[1] == "remove"] == gone and ("behavior[default].cache-policy", "create") in planned, planned
    assert place.run("apply", text=text).code == 0
    config = place.config()[0]
    main_one = config["DefaultCacheBehavior"]
    assert (main_one["CachePolicyId"], main_one["OriginRequestPolicyId"], config["HttpVersion"]) == (optimized, to_s3, "http2and3"), config
    assert not {"ForwardedValues", "MinTTL", "DefaultTTL", "MaxTTL"} & set(main_one), main_one
    assert [one["ResponseHeadersPolicyId"] for one in (main_one, *config["CacheBehaviors"]["Items"])] == [told, told], config
    assert place.run("apply", text=text).code == 0 and place.wrote() == [], place.wrote()
    for drift, path in ((main(CachePolicyId="4135ea2d-6df8-44a3-9df3-4b5a84be39ad"), "behavior[default].cache-policy"), (whole(HttpVersion="http2"), "http-version"),
                        (main(OriginRequestPolicyId=""), "behavior[default].origin-request-policy"), (thumbnails(ResponseHeadersPolicyId=""), "response-headers")):
        drift(place)
        assert path in [one[0] for one in marks(place.run("plan", text=text))], path
        assert place.run("apply", text=text).code == 0 and place.config()[0] == config, (path, place.config())
    done = place.run("apply", "--adopt", text=OAC)
    control, = place.service.controls
    assert done.code == 0 and plain(place.config()[0]) == {**strategy(control=control), "HttpVersion": "http2and3"}, (done, place.config())


def test_live_cloudfront_what_others_set_stays():
    """A log bucket, a root object, an error page, a function, an origin and a behavior in front of ours: to the letter, when ours is changed and when it is not."""
    place.fresh(text=OAC)

    def edit(config):
        config.update(DefaultRootObject="index.html", Logging={"Enabled": True, "IncludeCookies": False, "Bucket": "l.s3.amazonaws.com", "Prefix": "cdn/"},
                      CustomErrorResponses={"Quantity": 1, "Items": [{"ErrorCode": 403, "ResponsePagePath": "/e.html", "ResponseCode": "404", "ErrorCachingMinTTL": 5}]})
        config["DefaultCacheBehavior"]["FunctionAssociations"] = {"Quantity": 1, "Items": [{"FunctionARN": "arn:aws:cloudfront::123456789012:function/f", "EventType": "viewer-request"}]}
        config["Origins"]["Items"].append({"Id": "api", "DomainName": "api.pingvas.studio", "OriginPath": "/v1", "CustomHeaders": {"Quantity": 0}, "ConnectionAttempts": 2,
                                           "ConnectionTimeout": 5, "OriginAccessControlId": "",
                                           "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only", "OriginReadTimeout": 9, "OriginKeepaliveTimeout": 5,
                                                                  "OriginSslProtocols": {"Quantity": 1, "Items": ["TLSv1.2"]}}})
        config["Origins"]["Quantity"] = 2
        theirs = dict(copy.deepcopy(config["DefaultCacheBehavior"]), PathPattern="api/*", TargetOriginId="api", TrustedKeyGroups={"Enabled": True, "Quantity": 1, "Items": ["kg-9"]},
                      ResponseHeadersPolicyId="67f7725c-6f97-4210-82d7-5512b31e9d03", SmoothStreaming=True)
        theirs["ForwardedValues"] = {"QueryString": True, "Cookies": {"Forward": "whitelist", "WhitelistedNames": {"Quantity": 1, "Items": ["a"]}},
                                     "Headers": {"Quantity": 2, "Items": ["Origin", "X-Theirs"]}, "QueryStringCacheKeys": {"Quantity": 1, "Items": ["size"]}}
        config["CacheBehaviors"] = {"Quantity": 2, "Items": [config["CacheBehaviors"]["Items"][0], theirs]}
    place.drift(edit)
    want = place.service.copy()
    found = place.run("plan", text=OAC)
    assert {mark for _, mark in marks(found)} == {"unmanaged"}, found
    for drift in (whole(Comment="x"), main(MinTTL=5), origin(OriginAccessControlId="")):
        drift(place)
        assert place.run("apply", text=OAC).code == 0 and place.service.copy() == want, (place.service.copy(), want)

    def swap(config):
        config["CacheBehaviors"]["Items"].reverse()
    place.drift(swap)
    assert place.run("apply", text=OAC).code == 0 and place.service.copy() == want, (place.service.copy(), want)


def test_live_cloudfront_an_origin_of_others_in_front_of_ours():
    """By whom the bucket is read is told of our origin, wherever it stands."""
    for text in (OAC, PIPELINE):
        place.fresh(text=text)
        readers = place.readers()
        assert len(readers) == 1, readers

        def edit(config):
            ours, = config["Origins"]["Items"]
            theirs = dict(copy.deepcopy(ours), Id="api", DomainName="api.pingvas.studio", OriginAccessControlId="", CustomOriginConfig={"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"})
            del theirs["S3OriginConfig"]
            config["Origins"] = {"Quantity": 2, "Items": [theirs, ours]}
        place.drift(edit)
        found = place.run("plan", text=text)
        assert {mark for _, mark in marks(found)} == {"unmanaged"} and not [line for line in found.lines if line["type"] == "change" and line["resource"] == "access"], found
        whole(Comment="x")(place)
        assert place.run("apply", text=text).code == 0 and place.readers() == readers and place.config()[0]["Origins"]["Quantity"] == 2, (readers, place.readers())


def test_live_cloudfront_what_is_put_into_ours_is_mended():
    """Whatever has ours do something else than we say: told as what goes, and gone; what it was before is there again, to the letter. A secret is not told."""
    place.fresh(text=OAC)
    want = plain_copy(place.service.copy())
    for drift, path in INTO_OURS:
        drift(place)
        found = place.run("plan", text=OAC)
        assert (path, "remove") in marks(found) and "unmanaged" not in [mark for _, mark in marks(found)] and "hush" not in found.out, (path, found)
        assert place.run("apply", text=OAC).code == 0 and plain_copy(place.service.copy()) == want, (path, place.config(), want)
        assert place.run("apply", text=OAC).code == 0 and place.wrote() == [], (path, place.wrote())


def test_live_cloudfront_times_beside_a_policy():
    text = OAC.replace("[behavior \"default\"]", "[behavior \"default\"]\ncache-policy = 658327ea-f89d-4fab-a63d-7e88639e58f6")
    place.fresh(text=text)
    want = plain_copy(place.service.copy())
    place.service.distributions[place.only()]["config"]["DefaultCacheBehavior"].update(MinTTL=5, DefaultTTL=6, MaxTTL=7)
    assert marks(place.run("plan", text=text)) == [(None, "update"), *(("behavior[default].%s-ttl" % name, "remove") for name in ("default", "max", "min"))]
    assert place.run("apply", text=text).code == 0 and plain_copy(place.service.copy()) == want, place.config()


def test_live_cloudfront_what_is_beside_ours_is_told_and_stays():
    """Whatever changes nothing of what we say: told, left to the letter when another is mended, and taken away by --adopt alone."""
    place.fresh(text=OAC)
    want = plain_copy(place.service.copy())
    for drift, path, text in BESIDE_OURS:
        drift(place)
        theirs = place.service.copy()
        found = place.run("plan", text=OAC)
        told = [(line["path"], line["change"], line["was"]) for line in found.lines if line["type"] == "change" and line["change"] != "warning"]
        assert told == [(path, "unmanaged", text)], (path, found)
        main(MinTTL=5)(place)
        assert place.run("apply", text=OAC).code == 0 and place.service.copy() == theirs, (path, place.service.copy(), theirs)
        assert place.run("apply", text=OAC).code == 0 and place.wrote() == [], (path, place.wrote())
        assert marks(place.run("plan", "--adopt", text=OAC)) == [(None, "update"), (path, "remove")], path
        assert place.run("apply", "--adopt", text=OAC).code == 0 and plain_copy(place.service.copy()) == want, (path, place.config())
        assert marks(place.run("plan", text=OAC)) == [], path


def test_live_cloudfront_two_things_are_two_texts():
    """Long ones, those that could be read in two ways, and secrets: by a digest."""
    place.fresh(text=OAC)

    def told(drift):
        drift(place)
        line, = [line for line in place.run("plan", text=OAC).lines if line.get("path", "").startswith(("other[", ORIGIN + ".other["))]
        return line["was"]
    pages = [{"ErrorCode": code, "ResponsePagePath": "/%d.html" % code, "ResponseCode": "200", "ErrorCachingMinTTL": 5} for code in (400, 403, 404, 405, 500, 502)]
    more = [*pages[:-1], dict(pages[-1], ErrorCachingMinTTL=6)]
    texts = [told(whole(CustomErrorResponses={"Quantity": len(items), "Items": items})) for items in (pages, more)]
    alike = ({"ResponsePagePath": "/a", "ResponseCode": "200"}, {"ResponsePagePath": "/a, ResponseCode 200", "ResponseCode": ""})
    texts += [told(whole(CustomErrorResponses={"Quantity": 1, "Items": [{"ErrorCode": 403, **one}]})) for one in alike]
    whole(CustomErrorResponses={"Quantity": 0})(place)
    texts += [told(origin(CustomHeaders={"Quantity": 1, "Items": [{"HeaderName": "x-who", "HeaderValue": value}]})) for value in ("hush", "hush-2")]
    assert len(set(texts)) == len(texts) == 6 and all(len(text) < 120 for text in texts) and "hush" not in "".join(texts), texts


def test_live_cloudfront_what_came_meanwhile_stays():
    """Between the look and the change somebody sets what we have no line for: it is not taken away by a change that did not see it."""
    place.fresh(text=OAC)
    whole(Comment="x")(place)
    real, looks = place.service.GetDistribution, []

    def get(Id):
        looks.append(Id)
        if len(looks) == 3:              # by the plan, by apply, and by the change itself
            place.service.distributions[Id]["config"]["DefaultRootObject"] = "theirs.html"
        return real(Id)
    place.service.GetDistribution = get
    done = place.run("apply", text=OAC)
    place.service.GetDistribution = real
    assert done.code == 0 and len(looks) > 3 and place.config()[0]["DefaultRootObject"] == "theirs.html" and place.config()[0]["Comment"] != "x", (done, looks, place.config())


def test_live_cloudfront_behaviors_change_places():
    """c-E05: a move and nothing else; each keeps what is its own."""
    text = OAC.replace("behaviors = thumbnails, default", "behaviors = thumbnails, originals, default") + (
        "[behavior \"originals\"]\npath = */originals/*\nmethods = GET, HEAD, OPTIONS\nmin-ttl = 5s\ndefault-ttl = 6s\nmax-ttl = 7s\nquery = yes\n")
    place.fresh(text=text)
    before = {one["PathPattern"]: one for one in place.config()[0]["CacheBehaviors"]["Items"]}
    assert list(before) == ["*/thumbnails/*", "*/originals/*"], before
    swapped = text.replace("thumbnails, originals, default", "originals, default, thumbnails")
    found = place.run("plan", text=swapped)
    assert marks(found) == [(None, "update"), ("behavior[*/originals/*].order", "update"), ("behavior[*/thumbnails/*].order", "update")], found
    assert place.run("apply", text=swapped).code == 0
    after = {one["PathPattern"]: one for one in place.config()[0]["CacheBehaviors"]["Items"]}
    assert list(after) == ["*/originals/*", "*/thumbnails/*"] and after == before, after
    assert place.run("plan", "--detailed-exitcode", text=swapped).code == 0
    # The one in the middle stays there, and is told of by nobody.
    three = swapped.replace("originals, default, thumbnails", "originals, third, thumbnails, default") + "[behavior \"third\"]\npath = */third/*\n"
    assert place.run("apply", text=three).code == 0
    place.drift(lambda config: config["CacheBehaviors"]["Items"].reverse())
    place.service.asked.clear()
    assert place.run("apply", text=three).code == 0 and place.wrote() == ["UpdateDistribution"], place.wrote()
    assert [one["PathPattern"] for one in place.config()[0]["CacheBehaviors"]["Items"]] == ["*/originals/*", "*/third/*", "*/thumbnails/*"], place.config()


# ---- the copies, where the bucket fails

COPIES = BUCKET + "-copies"
SPARE = "origin[%s]" % COPIES
FAILOVER = OAC.replace("store = images\n", "store = images\nfailover = copies\n") + "[store \"copies\"]\nbackend = far\nbucket = %s\n" % COPIES
GROUP = "larder-failover-S3-pingvas-studio-images"
LINES = {"behavior[*/thumbnails/*].failover", "behavior[default].failover", ORIGIN + ".failover", *(SPARE + below for below in (".access", ".access-comment", ".bucket", ".domain", ".spare"))}


def with_copies(config):
    """The strategy's, and the group: what boto3 is to read."""
    first, = config["Origins"]["Items"]
    config["Origins"] = {"Quantity": 2, "Items": [first, {**first, "Id": COPIES, "DomainName": COPIES + ".s3.ap-northeast-1.amazonaws.com"}]}
    config["OriginGroups"] = {"Quantity": 1, "Items": [{
        "Id": GROUP, "FailoverCriteria": {"StatusCodes": {"Quantity": 4, "Items": [500, 502, 503, 504]}}, "SelectionCriteria": "default",
        "Members": {"Quantity": 2, "Items": [{"OriginId": "S3-pingvas-studio-images"}, {"OriginId": COPIES}]}}]}
    for one in (config["DefaultCacheBehavior"], *config["CacheBehaviors"]["Items"]):
        one["TargetOriginId"] = GROUP
    return config


def spare_readers():
    try:
        return [one["Sid"] for one in json.loads(place.buckets.get_bucket_policy(Bucket=COPIES)["Policy"])["Statement"]]
    except place.buckets.exceptions.ClientError:
        return []


def test_live_cloudfront_asks_the_copies_where_the_bucket_fails():
    """Both origins are read by the same, both buckets let it; a second apply writes nothing."""
    place.fresh(text=FAILOVER)
    control, = place.service.controls
    assert plain(place.config()[0]) == with_copies(strategy(control=control)), place.config()
    assert len(place.readers()) == 1 and spare_readers() == ["larder-reader-images"], spare_readers()
    again = place.run("apply", text=FAILOVER)
    assert again.code == 0 and place.wrote() == [] and [line["updated"] for line in again.lines if line["type"] == "counts"] == [0], (again, place.wrote())
    place.fresh(text=FAILOVER.replace("origin-access = oac", "origin-access = oai"))
    identity, = place.service.identities
    assert plain(place.config()[0]) == with_copies(strategy(identity=identity)) and spare_readers() == ["larder-reader-images"], place.config()


def test_live_cloudfront_failover_comes_and_goes_with_its_key():
    """To a distribution that is there it is one change, and nobody who reads is made anew; without the key there is again what was before."""
    place.fresh(text=OAC)
    before, text = plain_copy(place.service.copy()), OAC + FAILOVER[FAILOVER.index("[store \"copies\"]"):]
    assert place.run("apply", text=text).code == 0
    found = place.run("plan", text=FAILOVER)
    assert marks(found) == [(None, "update"), *((path, "create") for path in sorted(LINES))], marks(found)
    assert [(line["path"], line["change"]) for line in found.lines if line["type"] == "change" and line["resource"] == "access"] == [("reader[images]", "create")], found
    assert place.run("apply", text=FAILOVER).code == 0 and place.wrote() == ["UpdateDistribution"] and spare_readers(), place.wrote()
    found = place.run("plan", text=text)
    assert marks(found) == [(None, "update"), *((path, "remove") for path in sorted(LINES))], marks(found)
    done = place.run("apply", text=text)
    assert done.code == 0 and plain_copy(place.service.copy()) == before and not spare_readers(), (done, place.service.copy(), before)
    assert place.run("plan", "--detailed-exitcode", text=text).code == 0


def test_live_cloudfront_failover_of_an_origin_that_is_called_otherwise():
    """Another origin-id is another origin: what was for the old one stays as that does, told, with or without the key, and goes with --adopt."""
    for failover in (True, False):
        place.fresh(text=FAILOVER)
        text = (FAILOVER if failover else FAILOVER.replace("failover = copies\n", "")).replace("origin-id = S3-pingvas-studio-images", "origin-id = other")
        found = place.run("plan", text=text)
        assert ("other[OriginGroups/%s]" % GROUP, "unmanaged") in marks(found), found
        done = place.run("apply", text=text)
        config = place.config()[0]
        assert done.code == 0 and [one["Id"] for one in config["OriginGroups"]["Items"]] == [GROUP] + ["larder-failover-other"] * failover, (done, config)
        assert {mark for _, mark in marks(place.run("plan", text=text))} == {"unmanaged"} and config["DefaultCacheBehavior"]["TargetOriginId"] == ("larder-failover-other" if failover else "other"), config
        done = place.run("apply", "--adopt", text=text)
        want = strategy(control=list(place.service.controls)[0])
        want = json.loads(json.dumps(with_copies(want) if failover else want).replace("S3-pingvas-studio-images", "other"))
        got = plain(place.config()[0])
        got["Origins"]["Items"].sort(key=lambda one: one["Id"])
        assert done.code == 0 and got == want, (done, got, want)


def group(**change):
    return lambda at: at.drift(lambda config: config["OriginGroups"]["Items"][0].update(change))


def spare(**change):
    return lambda at: at.drift(lambda config: config["Origins"]["Items"][1].update(change))


def no_group(config):
    config["OriginGroups"] = {"Quantity": 0}
    for one in (config["DefaultCacheBehavior"], *config["CacheBehaviors"]["Items"]):
        one["TargetOriginId"] = COPIES


def third_member(config):
    config["Origins"]["Items"].append({**config["Origins"]["Items"][1], "Id": "third"})
    config["Origins"]["Quantity"] = 3
    config["OriginGroups"]["Items"][0]["Members"]["Items"][1]["OriginId"] = "third"


def test_live_cloudfront_failover_that_somebody_changed_is_mended():
    place.fresh(text=FAILOVER)
    want, otherwise = plain_copy(place.service.copy()), ORIGIN + ".failover-otherwise"
    members = {"Quantity": 2, "Items": [{"OriginId": COPIES}, {"OriginId": "S3-pingvas-studio-images"}]}
    for drift, path, was in (
            (group(FailoverCriteria={"StatusCodes": {"Quantity": 2, "Items": [404, 500]}}), otherwise, "on 404 500"),
            (group(FailoverCriteria={"StatusCodes": {"Quantity": 5, "Items": [403, 500, 502, 503, 504]}}), otherwise, "on 403 500 502 503 504"),
            (group(Members=members), otherwise, COPIES + " first"), (group(SelectionCriteria="media-quality-based"), otherwise, "media-quality-based"),
            (group(Members=members, FailoverCriteria={"StatusCodes": {"Quantity": 1, "Items": [500]}}), otherwise, "on 500, %s first" % COPIES),
            (main(TargetOriginId="S3-pingvas-studio-images"), "behavior[default].failover", None), (thumbnails(TargetOriginId=COPIES), "behavior[*/thumbnails/*].origin", COPIES),
            (lambda at: at.drift(no_group), ORIGIN + ".failover", None), (lambda at: at.drift(third_member), ORIGIN + ".failover", "third"),
            (spare(OriginAccessControlId=""), SPARE + ".access", None), (spare(OriginPath="/v1"), SPARE + ".other[OriginPath]", "/v1"),
            (spare(DomainName="x.s3.us-east-1.amazonaws.com"), SPARE + ".domain", "x.s3.us-east-1.amazonaws.com")):
        drift(place)
        found = place.run("plan", text=FAILOVER)
        assert (path, was) in [(line["path"], line.get("was")) for line in found.lines if line["type"] == "change"], (path, was, found)
        assert "unmanaged" not in [mark for _, mark in marks(found)], (path, found)
        done = place.run("apply", text=FAILOVER)
        assert done.code == 0 and plain_copy(place.service.copy()) == want, (path, done, place.config(), want)
        assert marks(place.run("plan", text=FAILOVER)) == [], path


def test_live_cloudfront_groups_of_others_stay():
    """One of theirs, a behavior that asks it, and one that asks our copies: to the letter, when ours comes and when it goes. What they ask is not taken from under them."""
    place.fresh(text=FAILOVER)
    theirs = {"Id": "g", "FailoverCriteria": {"StatusCodes": {"Quantity": 2, "Items": [404, 500]}}, "SelectionCriteria": "default",
              "Members": {"Quantity": 2, "Items": [{"OriginId": COPIES}, {"OriginId": "S3-pingvas-studio-images"}]}}

    def edit(config):
        config["OriginGroups"] = {"Quantity": 2, "Items": [theirs, *config["OriginGroups"]["Items"]]}
        more = [dict(copy.deepcopy(config["DefaultCacheBehavior"]), PathPattern=path, TargetOriginId=target) for path, target in (("g/*", "g"), ("copies/*", COPIES), ("both/*", GROUP))]
        config["CacheBehaviors"] = {"Quantity": 4, "Items": [*config["CacheBehaviors"]["Items"], *more]}
    place.drift(edit)
    want = place.service.copy()
    found = place.run("plan", text=FAILOVER)
    assert {mark for _, mark in marks(found)} == {"unmanaged"}, found
    told = {line["path"]: line["was"] for line in found.lines if line["type"] == "change" and line["change"] == "unmanaged"}
    assert told["other[OriginGroups/g]"] == "Id g, StatusCode 404, StatusCode 500, OriginId %s; OriginId S3-pingvas-studio-images; SelectionCriteria default" % COPIES, told
    assert (told["behavior[both/*].failover"], "behavior[copies/*].failover" in told) == (COPIES, False), told
    for drift in (main(MinTTL=5), lambda at: at.drift(lambda config: config["OriginGroups"]["Items"][1]["FailoverCriteria"].update(StatusCodes={"Quantity": 1, "Items": [500]}))):
        drift(place)
        assert place.run("apply", text=FAILOVER).code == 0 and place.service.copy() == want, (place.service.copy(), want)
    without = FAILOVER.replace("failover = copies\n", "")
    refused = place.run("apply", text=without)
    assert refused.code == 5 and "'both/*'" in refused.err and GROUP in refused.err and place.service.copy() == want, refused

    def leave(config):
        config["CacheBehaviors"] = {"Quantity": 3, "Items": config["CacheBehaviors"]["Items"][:3]}
    place.drift(leave)
    done = place.run("apply", text=without)
    config = place.config()[0]
    assert done.code == 0 and config["OriginGroups"] == {"Quantity": 1, "Items": [theirs]} and [one["Id"] for one in config["Origins"]["Items"]] == ["S3-pingvas-studio-images", COPIES], (done, config)
    assert [one["TargetOriginId"] for one in config["CacheBehaviors"]["Items"]] == ["S3-pingvas-studio-images", "g", COPIES] and {mark for _, mark in marks(place.run("plan", text=without))} == {"unmanaged"}
    assert place.run("apply", "--adopt", text=without).code == 0 and plain(place.config()[0]) == strategy(control=list(place.service.controls)[0]), place.config()


def test_live_cloudfront_what_writes_asks_the_bucket_alone():
    """CloudFront takes no such behavior with a group; it is told of, and the others have theirs."""
    uploads = FAILOVER.replace("behaviors = thumbnails, default", "behaviors = thumbnails, uploads, default") + "[behavior \"uploads\"]\npath = up/*\nmethods = GET, HEAD, OPTIONS, PUT, POST, PATCH, DELETE\n"
    place.fresh(text=uploads)
    found = place.run("plan", text=uploads)
    targets = [one["TargetOriginId"] for one in (place.config()[0]["DefaultCacheBehavior"], *place.config()[0]["CacheBehaviors"]["Items"])]
    assert targets == [GROUP, GROUP, "S3-pingvas-studio-images"] and marks(found) == [], (targets, found)

    def told(done):
        return "failover-not-for-writes" in [line.get("path") for line in done.lines if line.get("change") == "warning"]
    assert told(found) and not told(place.run("plan", text=FAILOVER)), found


def test_live_cloudfront_lost_replies_throttling_and_refusals():
    for text, names in ((PIPELINE, ("CreateCloudFrontOriginAccessIdentity", "CreateDistributionWithTags")), (OAC, ("CreateOriginAccessControl", "CreateDistributionWithTags"))):
        for name in names:
            for act in ("lose", "throttle"):
                place.fresh(apply=False)
                done = place.run("apply", text=text, rules=[(name, 1, act)])
                assert done.code == 0 and len(place.service.distributions) == 1 and len(place.service.controls) + len(place.service.identities) == 1, (name, act, done, place.service.copy())
                assert place.run("apply", text=text).code == 0 and place.wrote() == [], (name, act)
    place.fresh(apply=False)
    done = place.run("apply", rules=[("CreateDistributionWithTags", 1, "deny")])
    assert done.code == 4 and "AccessDenied" in done.err, done
    assert place.run("apply").code == 0 and len(place.service.distributions) == len(place.service.identities) == 1


def test_live_cloudfront_a_change_whose_answer_is_lost():
    """Asked again its etag is old: it is ours, when the distribution is as it was to be. Changed, and turned off."""
    place.fresh(text=OAC)
    want = place.service.copy()
    whole(Comment="another")(place)
    done = place.run("apply", text=OAC, rules=[("UpdateDistribution", 1, "lose")])
    assert done.code == 0 and place.wrote() == ["UpdateDistribution"] * 2 and place.service.copy() == want, (done, place.wrote())
    done = place.run("destroy", "--environment", "test", text=OAC, rules=[("UpdateDistribution", 1, "lose")])
    assert done.code == 0 and place.wrote().count("UpdateDistribution") == 2 and place.service.distributions == {}, (done, place.wrote())


def test_live_cloudfront_a_change_of_who_reads_whose_answer_is_lost():
    """The same of a control and of an identity; and what somebody else wrote meanwhile is theirs, and told."""
    for text, kind, drift, name in ((OAC, "controls", {"SigningBehavior": "never"}, "UpdateOriginAccessControl"), (PIPELINE, "identities", {"Comment": "x"}, "UpdateCloudFrontOriginAccessIdentity")):
        place.fresh(text=text)
        want, one = place.service.copy(), next(iter(getattr(place.service, kind).values()))
        one["config"].update(drift)
        done = place.run("apply", text=text, rules=[(name, 1, "lose")])
        assert done.code == 0 and place.wrote().count(name) == 2 and place.service.copy() == want, (done, place.wrote())
        real = getattr(place.service, name)

        def meanwhile(*given, **named):
            one["etag"] = place.service.new("V")
            return real(*given, **named)
        one["config"].update(drift)
        setattr(place.service, name, meanwhile)
        done = place.run("apply", text=text)
        delattr(place.service, name)
        assert done.code == 5 and "PreconditionFailed" in done.err and drift.items() <= one["config"].items(), done
        assert place.run("apply", text=text).code == 0 and place.service.copy() == want, place.service.copy()


def test_live_cloudfront_killed_and_run_again():
    """Killed when the service was asked the first, second, … time, making it and removing it: the next run ends as an undisturbed one, with one of each, or none."""
    for words, text in (("apply",), OAC), (("apply",), PIPELINE), (("destroy", "--environment", "test"), OAC), (("destroy", "--environment", "test"), PIPELINE):
        place.fresh(text=text, apply=words[0] == "destroy")
        assert place.run(*words, text=text).code == 0
        want, asked = place.service.copy(), len(place.service.asked)
        assert asked > 8
        for number in range(1, asked + 1):
            place.fresh(text=text, apply=words[0] == "destroy")
            process = place.start(*words, text=text)
            with place.service.came:
                place.service.came.wait_for(lambda: len(place.service.asked) >= number or process.poll() is not None, 60 * servers.SLOW)
            process.kill()
            process.communicate()
            done = place.run(*words, text=text)
            assert done.code == 0 and place.service.copy() == want, (words, number, done, place.service.copy())


def test_live_cloudfront_two_of_one_identity():
    place.fresh()
    first = place.only()
    one = copy.deepcopy(place.service.distributions[first])
    place.service.distributions["E9"] = dict(one, id="E9", arn=one["arn"] + "9")
    done = place.run("apply")
    assert done.code == 5 and first in done.err and "E9" in done.err and place.wrote() == [], done


def test_live_cloudfront_a_list_that_goes_on_nowhere():
    """Of distributions, and of controls: what it does not tell may be ours, so nothing is made, and nothing is taken for gone."""
    def cut(real):
        def answer(*given, **named):
            told, etag = real(*given, **named)
            next(iter(told.values())).pop("NextMarker", None)
            return told, etag
        return answer
    for operation, words in (("ListDistributions", ("apply",)), ("ListOriginAccessControls", ("destroy", "--environment", "test"))):
        place.fresh(text=OAC)
        others = copy.deepcopy((next(iter(place.service.distributions.values())), next(iter(place.service.controls.values()))))
        place.service.distributions["E9"] = dict(others[0], id="E9", arn=others[0]["arn"] + "9", tags={})
        place.service.controls["A9"] = dict(others[1], id="A9", config={**others[1]["config"], "Name": "theirs"})
        setattr(place.service, operation, cut(getattr(place.service, operation)))
        done = place.run(*words, text=OAC)
        delattr(place.service, operation)
        assert done.code == 6 and "does not tell where" in done.err and len(place.service.distributions) == 2, (operation, done)


def test_live_cloudfront_its_caller_reference_is_used():
    """Made, removed and made again; and one that has lost its tag is not made twice, but named."""
    place.fresh()
    assert place.run("destroy", "--environment", "test").code == 0 and place.run("apply").code == 0
    reference = place.config()[0]["CallerReference"]
    assert reference.endswith("-2"), reference
    place.client.untag_resource(Resource=place.tags()[0], TagKeys={"Items": ["larder:id"]})
    done = place.run("apply")
    assert done.code == 5 and place.only() in done.err and "larder:id" in done.err and place.wrote().count("UpdateDistribution") == 0, done


def test_live_cloudfront_changed_meanwhile():
    """Somebody writes between our reading and our writing: refused, nothing of theirs is lost."""
    place.fresh(text=OAC)
    whole(Comment="x")(place)
    place.service.distributions[place.only()]["left"] = 0
    real = place.service.UpdateDistribution

    def update(Id, DistributionConfig, IfMatch=None):
        place.service.distributions[Id]["config"]["DefaultRootObject"] = "theirs.html"
        place.service.touched(place.service.distributions[Id])
        return real(Id, DistributionConfig, IfMatch)
    place.service.UpdateDistribution = update
    done = place.run("apply", text=OAC)
    place.service.UpdateDistribution = real
    assert done.code == 5 and place.config()[0]["DefaultRootObject"] == "theirs.html", done
    assert place.run("apply", text=OAC).code == 0 and place.config()[0]["DefaultRootObject"] == "theirs.html"


def test_live_cloudfront_waits_until_it_is_everywhere():
    place.fresh(apply=False)
    place.service.progress = 3
    done = place.run("apply", text=OAC)
    assert done.code == 0 and place.service.distributions[place.only()]["left"] == 0, done
    assert [line for line in done.lines if line.get("step") == "waiting"] or "waiting" in done.out, done


def test_live_cloudfront_from_identity_to_control_without_a_refusal():
    """With a statement of somebody's own beforehand, as infra.md says: while edges have the one and the other, the policy of the bucket lets both read; afterwards ours lets the control."""
    place.fresh()

    def statements():
        return json.loads(place.buckets.get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"]
    own = {"Sid": "meanwhile", "Effect": "Allow", "Principal": {"Service": "cloudfront.amazonaws.com"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::%s/*" % BUCKET,
           "Condition": {"StringEquals": {"aws:SourceArn": place.service.distributions[place.only()]["arn"]}}}
    place.buckets.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": statements() + [own]}))
    seen, told, place.service.progress = [], place.service.told, 4

    def looked(one):
        if one["left"] and one["config"]["Origins"]["Items"][0]["OriginAccessControlId"]:
            seen.append(sorted("control" if "Service" in each["Principal"] else "identity" for each in statements() if each["Effect"] == "Allow"))
        return told(one)
    place.service.told = looked
    done = place.run("apply", text=OAC)
    place.service.told = told
    assert done.code == 0 and len(seen) >= 4 and all(each == ["control", "identity"] for each in seen), (done, seen)
    left = {each["Sid"]: each for each in statements()}
    assert left["meanwhile"] == own and left["larder-reader-images"]["Principal"] == own["Principal"], left


def test_live_cloudfront_is_looked_for_once_a_run():
    """Among others, each with its tags, it is found once; from there on, however often it is awaited, it alone is asked for. Gone meanwhile, or ours no more, it is looked for again."""
    place.fresh(text=OAC)
    ours = place.only()
    for number in range(5):
        other = copy.deepcopy(place.service.distributions[ours])
        other.update(id="X%d" % number, arn="arn:aws:cloudfront::123456789012:distribution/X%d" % number, tags={"larder:id": "somebody's"})
        place.service.distributions[other["id"]] = other

    def asked(name):
        return [given for what, given in place.service.asked if what == name]
    assert place.run("plan", text=OAC).code == 0
    once = len(asked("ListDistributions"))
    assert once == 6 and len(asked("ListTagsForResource")) == 6, place.service.asked
    for progress in (0, 8):
        place.service.progress = progress
        place.service.distributions[ours]["config"]["Comment"] = "drifted"
        assert place.run("apply", text=OAC).code == 0 and place.service.distributions[ours]["config"]["Comment"] != "drifted"
        others = [given["Resource"] for given in asked("ListTagsForResource") if not given["Resource"].endswith(ours)]
        assert len(asked("ListDistributions")) == once and len(others) == len(set(others)) == 5, (progress, place.service.asked)
        assert len(asked("GetDistribution")) >= progress
    real = place.service.UpdateDistribution
    for take in (lambda: place.service.distributions.pop(ours), lambda: place.service.distributions[ours]["tags"].clear()):
        def update(**given):
            done = real(**given)
            take()
            return done
        place.service.progress, place.service.UpdateDistribution = 0, update
        kept = copy.deepcopy(place.service.distributions[ours])
        place.service.distributions[ours]["config"]["Comment"] = "drifted"
        place.run("apply", text=OAC)
        place.service.UpdateDistribution = real
        assert len(asked("ListDistributions")) > once, place.service.asked
        place.service.distributions = {**{name: one for name, one in place.service.distributions.items() if name.startswith("X")}, ours: kept}


def test_live_cloudfront_removed():
    """c-E09: turned off by us or by hand, while the change is under way or after it: awaited, the etag read again, removed; then its bucket."""
    def by_hand():
        whole(Enabled=False)(place)

    def broken_off():
        place.service.progress = 9

        def edit(config):
            config["Enabled"] = False
            config["Origins"]["Items"][0]["OriginAccessControlId"] = ""
        place.drift(edit)
    for prepare in (lambda: None, by_hand, broken_off):
        place.fresh(text=OAC)
        prepare()
        place.service.progress = 3
        done = place.run("destroy", "--environment", "test", text=OAC)
        assert done.code == 0 and (place.service.distributions, place.service.controls) == ({}, {}), (done, place.service.copy())
        assert place.buckets.list_buckets()["Buckets"] == []
        assert place.run("destroy", "--environment", "test", text=OAC).code == 0 and place.wrote() == []


def test_live_cloudfront_removed_in_two_runs():
    """c-E09: when the time for it is up, exit 8 with what is waited for and its bucket still there, whoever turned it off; the next run removes both."""
    for prepare in (lambda: None, lambda: whole(Enabled=False)(place)):
        place.fresh(text=OAC)
        place.service.progress = 10 ** 6
        prepare()
        done = place.run("destroy", "--environment", "test", "--wait", "0s", text=OAC)
        failed, = [line for line in done.lines if line.get("step") == "failed"]
        assert done.code == 8 and failed["resource"] == "cdn" and "not ready after" in failed["why"] and "goes on from there" in failed["next"], done
        assert not place.service.distributions[place.only()]["config"]["Enabled"] and place.buckets.list_buckets()["Buckets"], place.service.copy()
        place.service.distributions[place.only()]["left"] = place.service.progress = 1
        assert place.run("destroy", "--environment", "test", text=OAC).code == 0
        assert (place.service.distributions, place.buckets.list_buckets()["Buckets"]) == ({}, []), place.service.copy()


def test_live_cloudfront_removal_interrupted():
    """c-E09: SIGINT while it is awaited: ended at once, with a summary, exit 130; the next run goes on, and the bucket goes only after it."""
    place.fresh(text=OAC)
    place.service.progress = 10 ** 6
    process = place.start("destroy", "--environment", "test", text=OAC)

    def looks():
        names = [name for name, _ in place.service.asked]
        return names[names.index("UpdateDistribution"):].count("GetDistribution") if "UpdateDistribution" in names else 0
    with place.service.came:
        place.service.came.wait_for(lambda: looks() >= 3 or process.poll() is not None, 60 * servers.SLOW)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60 * servers.SLOW)
    counts = [line for line in map(json.loads, out.splitlines()) if line["type"] == "counts"][-1]
    assert process.returncode == 130 and [counts[one] for one in ("removed", "failed", "skipped")] == [1, 1, 1] and place.buckets.list_buckets()["Buckets"], (process.returncode, out, err)
    place.service.distributions[place.only()]["left"] = place.service.progress = 1
    assert place.run("destroy", "--environment", "test", text=OAC).code == 0
    assert (place.service.distributions, place.buckets.list_buckets()["Buckets"]) == ({}, []), place.service.copy()


def test_live_cloudfront_what_reads_for_another_stays():
    place.fresh(text=OAC)
    control, = place.service.controls
    other = copy.deepcopy(place.service.distributions[place.only()])
    other.update(id="E9", arn="arn:aws:cloudfront::123456789012:distribution/E9", tags={})
    place.service.distributions["E9"] = other
    done = place.run("destroy", "--environment", "test", text=OAC)
    assert done.code == 0 and list(place.service.distributions) == ["E9"] and list(place.service.controls) == [control], (done, place.service.copy())


def test_live_cloudfront_of_a_section_that_is_gone():
    """Two are made, and then one [cdn] is taken out of the file: the plan tells what is left, and how it goes; nothing removes it but what the plan says. It may read no more. One of another environment is not told."""
    second = OAC + OAC[OAC.index("[cdn "):OAC.index("[behavior ")].replace("[cdn \"images\"]", "[cdn \"old\"]").replace("aliases = images.", "aliases = old.").replace("S3-pingvas", "S3-old")
    place.fresh(text=second)
    assert len(place.service.distributions) == 2
    old, = [one for one in place.service.distributions.values() if one["tags"]["larder:id"] == "test/cdn/old"]
    other = copy.deepcopy(old)
    other.update(id="E9", arn="arn:aws:cloudfront::123456789012:distribution/E9", tags={"larder:id": "prod/cdn/old"})
    place.service.distributions["E9"] = other
    found = place.run("plan", "--detailed-exitcode", text=OAC)
    told, = [line for line in found.lines if line["type"] == "resource" and line["change"] == "unmanaged"]
    assert (told["kind"], told["section"], told["identity"]) == ("cdn", "old", "test/cdn/old") and old["id"] in told["why"] and "larder infra destroy --only cdn/old" in told["next"], told
    assert found.code == 10 and "E9" not in found.out and [line["path"] for line in found.lines if line.get("change") == "remove"] == ["reader[old]"], found      # nor may it read any more
    assert [line for line in place.run("show", text=OAC).lines if line.get("change") == "unmanaged"] == [told] and not [line for line in place.run("show", "--only", "cdn/images", text=OAC).lines if line.get("change") == "unmanaged"]
    for words in (("apply",), ("apply", "--adopt")):
        done = place.run(*words, text=OAC)
        assert done.code == 0 and len(place.service.distributions) == 3, done
    assert place.run("plan", text=second).out.count("no section of this file") == 0
    assert place.run("apply", text=second).code == 0
    assert place.run("destroy", "--environment", "test", "--only", "cdn/old", text=second).code == 0 and old["id"] not in place.service.distributions
    assert "unmanaged\"" not in "".join(line for line in place.run("plan", text=OAC).out.splitlines(True) if '"resource","change"' in line)


def test_live_cloudfront_a_bucket_of_another_environment():
    """Two files with one bucket's name, whose stores say whose it is: the second is told so by plan, with both, and by apply and destroy, which write nothing to it: neither its settings, nor who reads it."""
    ours = OAC.replace("cdn = images\n[cdn", "cdn = images\ntags = larder:id=test\n[cdn")
    theirs = OAC.replace("environment = test", "environment = prod").replace("cdn = images\n[cdn", "cdn = images\ntags = larder:id=prod\nversioning = yes\n[cdn")
    assert ours != OAC and "versioning" in theirs
    place.fresh(text=ours)
    assert place.run("apply", text=ours).code == 0 and place.wrote() == []
    tags, policy = place.buckets.get_bucket_tagging(Bucket=BUCKET)["TagSet"], place.readers()
    for text in (theirs, theirs.replace("tags = larder:id=prod\n", "")):
        for words in (("plan",), ("apply",), ("apply", "--adopt"), ("destroy", "--environment", "prod")):
            done = place.run(*words, text=text)
            told = [line for line in done.lines if line.get("resource") in ("bucket", "access") and "of the environment 'test'" in str(line.get("why")) and "this is 'prod'" in line["why"]]
            assert done.code == 5 and len(place.service.distributions) == 1 and len(told) >= (2 if words == ("plan",) else 1), (words, done)
            assert (place.buckets.get_bucket_tagging(Bucket=BUCKET)["TagSet"], place.readers()) == (tags, policy) and "Status" not in place.buckets.get_bucket_versioning(Bucket=BUCKET), words
    place.buckets.delete_bucket_tagging(Bucket=BUCKET)
    assert place.run("apply", text=theirs).code == 0 and place.buckets.get_bucket_tagging(Bucket=BUCKET)["TagSet"] == [{"Key": "larder:id", "Value": "prod"}]
    place.buckets.delete_bucket_tagging(Bucket=BUCKET)          # which moto tells of the next bucket of that name, too


def test_live_cloudfront_certificate_that_cannot_be():
    """c-E08: of another region, none with an alias, the service's own with a least version of TLS: told by the rule at plan, exit 2; and apply makes the bucket and no distribution."""
    bare = OAC.replace("certificate = %s\n" % CERTIFICATE, "")
    for rule, text in (("certificate-region", OAC.replace(":us-east-1:", ":ap-northeast-2:")), ("alias-without-certificate", bare.replace("tls = TLSv1.2_2021\n", "")),
                       ("tls-without-certificate", bare.replace("aliases = images.pingvas.studio\n", ""))):
        place.fresh(apply=False)
        done = place.run("plan", text=text)
        assert done.code == 2 and place.wrote() == [] and place.buckets.list_buckets()["Buckets"] == [], done
        whole = [line for line in done.lines if line["type"] == "resource" and line["resource"] == "cdn"][0]
        assert whole["change"] == "failed" and rule in whole["why"] and "CloudFront refuses it" in whole["why"] and whole["next"], whole
        done = place.run("apply", text=text)
        assert done.code == 2 and rule in done.err and place.wrote() == [] and place.service.distributions == {}, done
        assert place.run("plan", text=text.replace("accept = ", "accept = %s, " % rule)).code == 0


def test_live_cloudfront_certificate_that_is_none():
    """What is no ARN is not sent as the id of one of IAM, unless it reads as such."""
    place.fresh(apply=False)
    for text in ("tag:Name", "tag:=cdn", "images.pingvas.studio", "arm:aws:acm:us-east-1:1:certificate/x"):
        done = place.run("apply", text=OAC.replace(CERTIFICATE, text))
        assert done.code == 2 and "'%s' of certificate in [cdn" % text in done.err and "larder.ini:" in done.err and place.wrote() == [] and place.service.distributions == {}, (text, done)
    done = place.run("plan", text=OAC.replace(CERTIFICATE, "ASCAEXAMPLE2048"))
    assert done.code == 0, done


def certificates(**tags):
    """One that is issued for each, of a key that is not told unless asked for, and one that is not."""
    for name, value in tags.items():
        place.service.certificates[CERTIFICATE[:-3] + name] = {"tags": {"Kind": "edge", "Name": value}, "Status": "ISSUED", "KeyAlgorithm": "EC_prime256v1"}
    place.service.certificates[CERTIFICATE[:-3] + "old"] = {"tags": {"Name": "cdn"}, "Status": "EXPIRED", "KeyAlgorithm": "RSA_2048"}
    return [CERTIFICATE[:-3] + name for name in tags]


def test_live_cloudfront_certificate_by_a_tag():
    """Looked up at ACM once in a run, told as it was asked for; of another certificate that has the tag now, the distribution gets that; and of one that it has not, the ARN is told."""
    text = OAC.replace(CERTIFICATE, "tag:Name=cdn")
    place.fresh(apply=False)
    first, _ = certificates(a="cdn", b="others")
    place.run("apply", text=text)
    viewer = place.config()[0]["ViewerCertificate"]
    assert viewer["ACMCertificateArn"] == first and place.service.counts["ListTagsForCertificate"] == 2, (viewer, place.service.counts)
    again = place.run("apply", text=text)
    assert again.code == 0 and place.wrote() == [] and place.service.counts["ListCertificates"] == 2, (again, place.service.counts)
    shown = place.run("show", text=text)
    assert '"tag:Name=cdn"' in shown.out and first in shown.out, shown
    place.service.certificates[first]["tags"]["Name"] = "was cdn"
    second, = certificates(c="cdn")
    found = place.run("plan", text=text)
    change, = [line for line in found.lines if line["type"] == "change" and line["change"] == "update"]
    assert (change["path"], change["was"], change["will"]) == ("certificate", first, "tag:Name=cdn"), change
    done = place.run("apply", text=text)
    assert done.code == 0 and place.config()[0]["ViewerCertificate"]["ACMCertificateArn"] == second, done
    assert place.run("destroy", "--environment", "test", text=text).code == 0 and place.service.distributions == {}


def test_live_cloudfront_certificate_by_a_tag_of_none_and_of_two():
    """Before anything is made: what is not there is named, and of two both."""
    text = OAC.replace(CERTIFICATE, "tag:Name=cdn")
    place.fresh(apply=False)
    certificates()
    for command in ("plan", "apply"):
        done = place.run(command, text=text)
        assert done.code == 3 and "no issued certificate of ACM in us-east-1 has the tag of certificate = tag:Name=cdn" in done.out + done.err, done
    both = certificates(a="cdn", b="cdn")
    for command in ("plan", "apply"):
        done = place.run(command, text=text)
        assert "'tag:Name=cdn' is the tag of more than one certificate: %s, %s" % tuple(both) in done.out + done.err and done.code == 5, done
    assert place.service.distributions == {} and place.service.controls == {}
    certificates(b="others")
    denied = place.run("plan", text=text, rules=[("ListTagsForCertificate", 1, "deny")])
    assert denied.code == 4 and "cannot read the tags of a certificate of ACM in us-east-1" in denied.out, denied


def test_live_cloudfront_certificate_by_a_tag_has_the_rules_of_any():
    text = OAC.replace(CERTIFICATE, "tag:Name=cdn")
    place.fresh(apply=False)
    certificates(a="cdn")
    told = place.run("plan", text=text.replace("aliases = images.pingvas.studio\n", ""))
    assert told.code == 0 and "certificate-without-alias" in told.out and "certificate-region" not in told.out, told


def test_live_cloudfront_a_store_that_it_cannot_reach():
    place.fresh(apply=False)
    place.buckets.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-2"})
    done = place.run("apply", text=OAC, store="minio")
    assert done.code == 2 and "cannot reach" in done.err and place.service.distributions == {} and "CreateDistributionWithTags" not in place.wrote(), done


def test_live_cloudfront_what_is_told_alone_cannot_be_asked_for():
    place.fresh(apply=False)
    paths = ("behavior[default].key-group", "behavior[default].other[SmoothStreaming]", "behavior[default].response-headers", "origin[o].access-otherwise", "origin[o].other[OriginPath]", "other[Logging]")
    done = place.run("plan", text="[larder]\nenvironment = test\n[resource \"mine\"]\ntype = cloudfront.cdn\nbackend = cdn\ncomment = x\n" + "".join("%s = x\n" % path for path in paths))
    assert marks(done) == [(None, "create"), ("comment", "create"), *((path, "unsupported") for path in paths)] and "cannot be asked for" in done.out, done


def test_live_cloudfront_where_there_is_no_such_service():
    place.fresh(apply=False)
    done = place.run("plan", server="minio")
    assert done.code == 0 and marks(done) == [(None, "unsupported")] and place.service.asked == [], done


def test_live_cloudfront_alone_with_what_lets_it_read():
    """`--only` of a [cdn] ends in one that serves: its bucket's policy, which is the store's, names it; nothing is left to the next plan, and a distribution that goes alone leaves that bucket."""
    place.fresh(apply=False)
    done = place.run("apply", "--only", "cdn/images", text=OAC)
    assert done.code == 0, done
    named = json.loads(place.buckets.get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"]
    assert [one["Sid"] for one in named] == ["larder-reader-images"] and list(place.service.distributions)[0] in json.dumps(named), named
    assert marks(place.run("plan", text=OAC)) == [] and marks(place.run("plan", "--only", "cdn/images", text=OAC)) == []
    assert place.run("destroy", "--environment", "test", "--only", "cdn/images", text=OAC).code == 0 and place.service.distributions == {}
    assert [bucket["Name"] for bucket in place.buckets.list_buckets()["Buckets"]] == [BUCKET]


def test_live_cloudfront_keeps_what_a_resource_promises():
    place.fresh(apply=False)
    done = subprocess.run([os.path.join(os.environ["TOP_BUILDDIR"], "larder-driver-test"), os.path.join(MODULES, "driver-cloudfront.so"), "--resources",
                           os.path.join(os.environ["TOP_SRCDIR"], "tests/conform/resources-cloudfront.ini"), "endpoint=" + place.service.endpoint],
                          capture_output=True, text=True, timeout=120 * servers.SLOW, env=place.server.environment())
    assert done.returncode == 0 and " 0 do not" in done.stdout and place.service.wrong == [], (done.stdout, done.stderr, place.service.wrong)
    assert (place.service.distributions, place.service.controls, place.service.identities) == ({}, {}, {}), place.service.copy()


try:
    tap.run(sys.modules[__name__])
finally:
    place.service.__exit__()
    place.server.stop()
