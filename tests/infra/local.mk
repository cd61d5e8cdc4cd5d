# What is written for other tools, read back by those tools' own rules.
TESTS += %D%/test-infra-kubernetes.py
EXTRA_DIST += %D%/check_image.py %D%/manifests.py %D%/test-infra-kubernetes.py %D%/test-infra-services.py %D%/test-infra-policy.py %D%/policy-operator.json %D%/policy-worker.json %D%/policy-reader.json
if WITH_AWS
TESTS += %D%/test-infra-services.py %D%/test-infra-policy.py
endif

check_LTLIBRARIES += tests/infra/driver-lent.la
tests_infra_driver_lent_la_SOURCES = %D%/driver-lent.c
tests_infra_driver_lent_la_CPPFLAGS = $(IN_INCLUDE)
tests_infra_driver_lent_la_LDFLAGS = $(LDFLAGS_MODULE) -rpath /nowhere
