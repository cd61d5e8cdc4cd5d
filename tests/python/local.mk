# The Python module: its scripts import it from the sources.
TESTS += %D%/test-python-layouts.py %D%/test-python-store.py
EXTRA_DIST += %D%/README.md %D%/session.py %D%/test-python-layouts.py %D%/test-python-store.py
