#!/usr/bin/env python3
"""What changes cost, in plans: each price of the table that begins or ends with one, once; nothing where the table has none. And the tables: data with a source, checked."""
import contextlib
import http.server
import os
import re
import shutil
import sys
import threading

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)), os.path.join(os.environ["TOP_SRCDIR"], "tests/lib")]
from tool import HOME, SRC, larder, pipeline, read, run, write  # noqa: E402

PIPELINE = """[larder]
environment = test
prices = mine
[store "images"]
backend = b
bucket = images
lifecycle = old
[lifecycle "old"]
transition = 30d GLACIER_IR
"""
PROFILE = "[backend \"b\"]\ndriver = localfs-mock\nroot = %s/root\ncreate = yes\nfsync = no\n" % HOME
TABLE = """[prices]
currency = USD
region = here
date = 2026-11-01
[price "storage"]
amount = 0.025
unit = a GB-month
source = "a page"
of = bucket
[price "cold"]
amount = 0.005
unit = a GB-month
source = "a page"
of = bucket rule[*].transition[GLACIER_IR].days, bucket rule[*].transition[GLACIER].days
[price "versions"]
amount = 12
unit = a month
source = "a page"
of = bucket versioning=yes
[price "of nothing"]
amount = 1
unit = each
source = "a page"
"""
ENV = pipeline(PIPELINE, PROFILE)


def infra(*words, text=PIPELINE, table=TABLE, code=0):
    write("prices/mine.ini", table.encode())
    got = larder("infra", *words, "--json", env=pipeline(text, PROFILE))
    assert got.code == code, (words, got.code, got.out, got.err)
    return got


def costs(got):
    return [(line["path"], line.get("was"), line.get("will"), line["why"]) for line in got.lines() if line.get("change") == "cost"]


STORAGE, COLD, VERSIONS = (("storage", None, "0.025 USD", "a GB-month"), ("cold", None, "0.005 USD", "a GB-month"), ("versions", None, "12 USD", "a month"))


class Nothing(http.server.BaseHTTPRequestHandler):
    """A service that has no bucket yet."""
    def do_HEAD(self):
        self.send_error(404)

    def do_GET(self):
        text = b"<Error><Code>NoSuchBucket</Code><Message>none</Message></Error>"
        self.send_response(404)
        self.send_header("content-type", "application/xml")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args):
        pass


@contextlib.contextmanager
def nothing():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Nothing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield "http://127.0.0.1:%d" % server.server_port
    server.shutdown()
    server.server_close()


def ends(price):
    return price[0], price[2], None, price[3]


def test_cli_costs_of_each_change():
    shutil.rmtree(os.path.join(HOME, "root"), True)
    kept = "bucket = images\nversioning = yes\n"
    assert costs(infra("plan")) == [STORAGE, COLD]
    assert costs(infra("plan", text=PIPELINE.replace("bucket = images\n", kept))) == [STORAGE, COLD, VERSIONS]
    infra("apply")
    assert costs(infra("plan", "--all")) == []
    assert costs(infra("plan", text=PIPELINE.replace("bucket = images\n", kept))) == [VERSIONS]
    assert costs(infra("plan", text=PIPELINE.replace("30d GLACIER_IR", "30d STANDARD_IA"))) == [ends(COLD)]
    assert costs(infra("plan", text=PIPELINE.replace("30d GLACIER_IR", "30d GLACIER"))) == []      # the same price before and after
    assert costs(infra("plan", text=PIPELINE.replace("30d GLACIER_IR", "60d GLACIER_IR"))) == []
    assert costs(infra("plan", "--destroy")) == [ends(STORAGE)]
    out = larder("infra", "plan", env=pipeline(PIPELINE, PROFILE)).out
    assert "$" not in out, out
    infra("destroy", "--environment", "test")
    out = larder("infra", "plan", env=ENV).out
    assert "      $   storage = 0.025 USD  (a GB-month)\n" in out, out


def test_cli_costs_of_one_mode_alone():
    """What is paid for so beside another line alone: as that one is to be, whoever said it, and not as it was; of a mode without a price none is guessed."""
    price = '[price "%s"]\namount = %s\nunit = a GB-month\nsource = "a page"\nof = filesystem %s\n%s'
    write("prices/mine.ini", (TABLE.partition('[price "')[0] + price % ("rare", "2", "lifecycle.to-ia", "with = throughput=bursting\n") +
                              price % ("rare-elastic", "1", "lifecycle.to-ia", "with = throughput=elastic\n") + price % ("bought", "3", "throughput=provisioned *", "")).encode())
    rare, elastic, bought = ((name, None, amount + " USD", "a GB-month") for name, amount in (("rare", "2"), ("rare-elastic", "1"), ("bought", "3")))

    def told(throughput, rest="to-ia = 30d\n", words=("plan",)):
        text = "[larder]\nenvironment = test\nprices = mine\n[filesystem \"f\"]\nbackend = f\ntoken = f\nthroughput = %s\n%s" % (throughput, rest)
        got = larder("infra", *words, "--json", env=pipeline(text, "[backend \"f\"]\ndriver = efs\nroot = %s/files\n" % HOME))
        assert got.code == 0, (throughput, rest, words, got.out, got.err)
        return costs(got)
    os.makedirs(os.path.join(HOME, "files"))
    modes = ("bursting", "elastic", "provisioned 10MiB/s")
    new = [told(mode) for mode in modes] + [told("bursting", "")]
    assert new == [[rare], [elastic], [bought], []], new
    told("bursting", words=("apply",))
    changed = [told(mode) for mode in modes] + [told("bursting", *more) for more in (("to-ia = 0d\n",), ("",), ("", ("plan", "--adopt")))]
    assert changed == [[], [ends(rare), elastic], [ends(rare), bought], [ends(rare)], [], [ends(rare)]], changed
    left = told("elastic", "")                           # nobody says to-ia any more, and it stays
    assert left == [ends(rare), elastic], left


def test_cli_costs_of_another_class():
    """A price of one class is none of a store that writes another; one that names no class is for all."""
    shutil.rmtree(os.path.join(HOME, "root"), True)
    table = TABLE.replace("of = bucket\n", "class = STANDARD\nof = bucket\n")
    for kind, want in (("", [STORAGE, COLD]), ("class = STANDARD\n", [STORAGE, COLD]), ("class = DEEP_ARCHIVE\n", [COLD])):
        assert costs(infra("plan", text=PIPELINE.replace("bucket = images\n", "bucket = images\n" + kind), table=table)) == want, kind


def test_cli_costs_of_a_class_that_only_the_backend_names():
    """A store on a backend of archives writes that one's class, unless it says another."""
    table = TABLE.replace("of = bucket\n", "class = STANDARD\nof = bucket\n")
    with nothing() as endpoint:
        for driver, kind, want in (("s3", "", [STORAGE, COLD]), ("glacier", "", [COLD]), ("glacier", "class = STANDARD\n", [STORAGE, COLD])):
            write("prices/mine.ini", table.encode())
            profile = "[backend \"b\"]\ndriver = %s\nserver = aws\nregion = here\naccess-key = a\nsecret-key = b\nendpoint = %s\n" % (driver, endpoint)
            got = larder("infra", "plan", "--json", env=pipeline(PIPELINE.replace("bucket = images\n", "bucket = images\n" + kind), profile))
            assert got.code == 0 and costs(got) == want, (driver, kind, got.out, got.err)


def test_cli_costs_of_another_region():
    """What lies elsewhere is told without prices, and once that the table is for another region; what lies there, or nowhere, with them."""
    shutil.rmtree(os.path.join(HOME, "root"), True)
    text = PIPELINE + "".join('[store "%s"]\nbackend = %s\nbucket = %s\n' % one for one in (("far", "away", "far"), ("farther", "away", "farther"), ("near", "close", "near")))
    with nothing() as endpoint:
        s3 = '[backend "%%s"]\ndriver = s3\nserver = aws\nregion = %%s\naccess-key = a\nsecret-key = b\nendpoint = %s\n' % endpoint
        write("prices/mine.ini", TABLE.replace("region = here", "region = eu-west-1").encode())
        got = larder("infra", "plan", "--json", env=pipeline(text, PROFILE + s3 % ("away", "us-west-2") + s3 % ("close", "eu-west-1")))
    assert got.code == 0, (got.code, got.out, got.err)
    told = [(line["section"], line["path"], line.get("will")) for line in got.lines() if line.get("change") == "cost"]
    assert sorted(told) == [("far", "prices", None), ("images", "cold", "0.005 USD"), ("images", "storage", "0.025 USD"), ("near", "storage", "0.025 USD")], told
    why, = [line["why"] for line in got.lines() if line.get("path") == "prices"]
    assert "is for eu-west-1" in why and "lies in us-west-2" in why, why


def test_cli_costs_without_a_table():
    assert costs(infra("plan", text=PIPELINE.replace("prices = mine\n", ""))) == []


def test_cli_costs_tables_are_checked():
    """Named with file and line; nothing is planned on half a table."""
    cases = (("amount = 0.005", "amount = 0,5", "mine.ini:10", "amount"), ("amount = 0.005", "amount = .5", "mine.ini:10", "amount"), ("amount = 12", "amount = 12.", "mine.ini:15", "amount"),
             ("currency = USD\n", "", "mine.ini:1", "currency"), ("source = \"a page\"\nof = bucket\n", "of = bucket\n", "mine.ini:5", "source"),
             ("unit = each", "unit = \"a\", \"b\"", "mine.ini:22", "one value"), ("unit = each", "units = each", "mine.ini:22", "no 'units'"), ('[price "cold"]', '[cold "x"]', "mine.ini:10", "[prices]"))
    for old, new, where, word in cases:
        assert old in TABLE, old
        got = infra("plan", table=TABLE.replace(old, new, 1), code=2)
        assert where in got.err and word in got.err, (new, got.err)
    for name, code, word in (("nobody", 3, "nobody.ini"), ("../mine", 2, "../mine")):
        got = infra("plan", text=PIPELINE.replace("prices = mine", "prices = " + name), code=code)
        assert word in got.err, got.err


def tables():
    folder = os.path.join(SRC, "etc/prices")
    return [read(os.path.join(folder, name)).decode() for name in sorted(os.listdir(folder))]


def test_cli_costs_tables_as_shipped():
    """Each figure has a source, and each line that it is for is one that a type has."""
    paths = "".join(read(os.path.join(SRC, name)).decode() for name in ("core/base/resource-paths.c", "drivers/efs/resources.c"))
    for text in tables():
        prices = text.count("[price ")
        assert prices > 10 and prices == text.count("\nsource = ") == text.count("\namount = "), prices
        for of, with_line in re.findall(r"^of = (.*)$(?:\nwith = (.*)$)?", text, re.M):
            for one in of.split(", ") + ([of.partition(" ")[0] + " " + with_line] if with_line else []):
                kind, _, path = one.partition(" ")
                assert kind in ("bucket", "replication", "filesystem", "cdn", "database", "backup"), one
                assert not path or '{ "%s",' % re.sub(r"\[[^]]*\]", "[*]", path.partition("=")[0]) in paths, one


def test_cli_costs_of_the_strategy():
    """As its pipeline file has it, with what AWS publishes for Seoul: what can be told is."""
    top = os.path.join(HOME, "etc")
    shutil.copytree(os.path.join(SRC, "etc"), top)
    write(os.path.join(top, "profiles/mock.ini"), read(os.path.join(top, "profiles/mock.ini")) + b"\n[larder]\nprices = aws-ap-northeast-2\n")
    got = larder("infra", "plan", "--json", env={"LARDER_CONFIG": os.path.join(top, "larder.ini")})
    assert got.code == 0, got.err
    told = {(line["identity"], line["path"], line["will"]) for line in got.lines() if line.get("change") == "cost"}
    assert told >= {("pingvas-studio-images", "storage STANDARD", "0.025 USD"), ("pingvas-studio-images", "storage GLACIER_IR", "0.005 USD"), ("pingvas-studio-images", "storage DEEP_ARCHIVE", "0.002 USD"),
                    ("pingvas-studio-images", "transition DEEP_ARCHIVE", "0.06 USD"), ("pingvas-studio-images", "replication transfer", "0.080 USD"),
                    ("pingvas-studio-models", "file storage", "0.33 USD"), ("pingvas-studio-models", "file storage infrequent", "0.0272 USD")}, sorted(told)


run(sys.modules[__name__])
