#!/usr/bin/env python3
"""test-fault-matrix: each scenario of scenarios/ in front of MinIO (matrix.py).

By hand: test-fault-matrix.py test-fault-matrix-NAME… runs some scenarios and tells the figures."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import matrix  # noqa: E402

matrix.test_fault_matrix_readme_has_each = matrix.readme_has_each
matrix.main("minio")
