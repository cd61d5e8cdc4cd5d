#!/usr/bin/env python3
"""Prints core/base/checksum-tables.h: byte tables for slicing, and the constants of the folds.

Everything is derived from the two polynomials, by arithmetic over GF(2). A test compares the printed
text with the committed file.
"""

CRC64 = (0xAD93D23594C93659, 64)   # CRC-64/NVME, not reflected, without x^64
CRC32C = (0x1EDC6F41, 32)


def reflect(value, bits):
    return int(format(value, "0%db" % bits)[::-1], 2)


def byte_tables(poly, bits, slices):
    reflected = reflect(poly, bits)
    first = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ (reflected if crc & 1 else 0)
        first.append(crc)
    tables = [first]
    for _ in range(slices - 1):
        tables.append([first[c & 255] ^ c >> 8 for c in tables[-1]])
    return tables


def power(n, poly, bits):
    """x^n modulo the polynomial, not reflected."""
    value = 1
    for _ in range(n):
        value <<= 1
        if value >> bits:
            value = (value & (1 << bits) - 1) ^ poly
    return value


def c_array(name, kind, width, values, per_line):
    print("static const %s %s = {" % (kind, name))
    for at in range(0, len(values), per_line):
        print("\t" + ", ".join("0x%0*x" % (width, v) for v in values[at:at + per_line]) + ",")
    print("};\n")


def main():
    print("/* checksum-tables.h: made by tests/lib/make-checksum-tables.py; do not edit. */")
    for name, (poly, bits), slices in (("crc64nvme_table", CRC64, 8), ("crc32c_table", CRC32C, 8)):
        flat = [v for table in byte_tables(poly, bits, slices) for v in table]
        c_array("%s[%d * 256]" % (name, slices), "uint%d_t" % bits, bits // 4, flat, 10 if bits == 32 else 6)
    # Reflected carry-less multiply of 64-bit halves gives the product shifted by one, so x^(d-1).
    poly, bits = CRC64
    for distance in (128, 512):
        low = reflect(power(distance + 64 - 1, poly, bits), 64)
        high = reflect(power(distance - 1, poly, bits), 64)
        c_array("crc64nvme_fold_%d[2]" % distance, "uint64_t", 16, [low, high], 2)


main()
