#!/usr/bin/env python3
"""Addresses of a CDN signed, against the bare signatures of OpenSSL on the same core, in turns: RSA of 2048 bits and EC on P-256.

    python3 tests/bench/bench-cdn-sign.py [COUNT]        TOP_SRCDIR, TOP_BUILDDIR as the tests have them
"""
import os
import subprocess
import sys
import tempfile

BUILD = os.environ["TOP_BUILDDIR"]
PIPELINE = "[larder]\nenvironment = b\n[store \"images\"]\nbackend = objects\nbucket = images\ncdn = images\n[cdn \"images\"]\nbackend = cdn\nstore = images\ndomain = images.example\n" \
    "behaviors = d\n[behavior \"d\"]\nmethods = GET, HEAD\n"
PROFILE = "[backend \"objects\"]\ndriver = localfs-mock\ncreate = yes\nroot = %s/root\n[backend \"cdn\"]\ndriver = cloudfront\nserver = moto\nsigning-key-id = K1\nsigning-key-file = %s/%s.pem\n"
KINDS = {"rsa": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], "ec": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]}


def main():
    count = sys.argv[1] if len(sys.argv) > 1 else "100000"
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "profiles"))
        with open(os.path.join(folder, "larder.ini"), "w") as file:
            file.write(PIPELINE)
        for kind, words in KINDS.items():
            key = os.path.join(folder, kind + ".pem")
            subprocess.run(["openssl", "genpkey", *words, "-out", key], check=True, capture_output=True)
            with open(os.path.join(folder, "profiles", kind + ".ini"), "w") as file:
                file.write(PROFILE % (folder, folder, kind))
            print(kind + ":", flush=True, end=" ")
            subprocess.run([os.path.join(BUILD, "tests/bench/cdn-sign"), os.path.join(folder, "larder.ini"), kind, "images", key, count], check=True,
                           env={**os.environ, "AWS_EC2_METADATA_DISABLED": "true", "LARDER_MODULE_DIR": os.path.join(BUILD, ".libs")})


main()
