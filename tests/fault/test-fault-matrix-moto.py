#!/usr/bin/env python3
"""test-fault-matrix-moto: the scenarios whose requests reach a server, in front of moto, but for those that want a server to look at checksums (matrix.py)."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import matrix  # noqa: E402

matrix.main("moto", "test_fault_matrix_moto_")
