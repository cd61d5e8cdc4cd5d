# unit/cloudfront.mk
if WITH_AWS
if HAVE_CHECK
check_PROGRAMS += tests/unit/test-cloudfront-wire
TESTS += tests/unit/test-cloudfront-wire
tests_unit_test_cloudfront_wire_SOURCES = tests/unit/test-cloudfront-wire.c core/base/fail.c
tests_unit_test_cloudfront_wire_CPPFLAGS = $(IN_AWS) -I$(top_srcdir)/drivers/cloudfront -I$(top_srcdir)/tests/unit -DLARDER_API_VERSION=0
tests_unit_test_cloudfront_wire_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_cloudfront_wire_LDADD = libcloudfrontwire.la libaws.la libhttp.la libbase.la $(AWS_LIBS) $(CHECK_LIBS)
endif
endif
