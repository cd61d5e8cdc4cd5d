#!/usr/bin/env python3
"""test-fault-matrix-versitygw: the scenarios whose requests reach a server, in front of versitygw (matrix.py)."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import matrix  # noqa: E402

matrix.main("versitygw", "test_fault_matrix_versitygw_")
