TESTS += %D%/test-style-rooms.py %D%/test-style-limits.py
EXTRA_DIST += %D%/tree.py %D%/test-style-rooms.py %D%/test-style-limits.py
