# The Python module: its scripts import it from the sources.
PYTHON_TESTS = %D%/test-python-bare.py %D%/test-python-cancel.py %D%/test-python-helpers.py %D%/test-python-layouts.py %D%/test-python-pictures.py %D%/test-python-store.py
TESTS += $(PYTHON_TESTS)
EXTRA_DIST += $(PYTHON_TESTS) %D%/README.md %D%/session.py
