# The Python module: its scripts import it from the sources.
PYTHON_TESTS = %D%/test-python-layouts.py %D%/test-python-models.py %D%/test-python-pictures.py
PYTHON_AWS = %D%/test-python-bare.py %D%/test-python-cancel.py %D%/test-python-helpers.py %D%/test-python-live.py %D%/test-python-store.py \
	%D%/test-python-wheel.py
# A Python that has no sanitizer cannot load a library that has one.
if !SANITIZERS
TESTS += $(PYTHON_TESTS)
if HAVE_PYTHON
TESTS += %D%/test-python-install.py
endif
if WITH_AWS
TESTS += $(PYTHON_AWS)
# Installing links driver-s3.so anew, and puts it aside meanwhile: a wheel is not made then.
%D%/test-python-wheel.log: tests/module/test-hello-driver.log
if WITH_HIREDIS
TESTS += %D%/test-python-redis.py
endif
endif
endif
EXTRA_DIST += $(PYTHON_TESTS) $(PYTHON_AWS) %D%/test-python-install.py %D%/test-python-redis.py %D%/README.md %D%/session.py %D%/workers.py
