# unit/aws.mk
IN_UNIT_AWS = $(IN_AWS) -I$(top_srcdir)/tests/unit
LIBS_UNIT_AWS = libaws.la libhttp.la libbase.la $(AWS_LIBS) $(JANSSON_LIBS)
if WITH_AWS
check_PROGRAMS += tests/unit/test-aws-sign
TESTS += tests/unit/test-aws-sign
tests_unit_test_aws_sign_SOURCES = tests/unit/test-aws-sign.c core/base/fail.c
tests_unit_test_aws_sign_CPPFLAGS = $(IN_UNIT_AWS)
tests_unit_test_aws_sign_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_unit_test_aws_sign_LDADD = $(LIBS_UNIT_AWS)
endif
EXTRA_DIST += tests/wire/README.md tests/wire/make-sign.py tests/wire/sign
