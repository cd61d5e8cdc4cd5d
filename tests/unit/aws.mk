# unit/aws.mk
IN_UNIT_AWS = $(IN_AWS) -I$(top_srcdir)/tests/unit
CFLAGS_UNIT_AWS = $(CFLAGS_UNIT) $(JANSSON_CFLAGS)
LIBS_UNIT_AWS = libaws.la libhttp.la libbase.la $(AWS_LIBS) $(JANSSON_LIBS)
if WITH_AWS
check_PROGRAMS += tests/unit/test-aws-sign
TESTS += tests/unit/test-aws-sign
tests_unit_test_aws_sign_SOURCES = tests/unit/test-aws-sign.c core/base/fail.c
tests_unit_test_aws_sign_CPPFLAGS = $(IN_UNIT_AWS)
tests_unit_test_aws_sign_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_unit_test_aws_sign_LDADD = $(LIBS_UNIT_AWS)
if HAVE_CHECK
UNIT_AWS = tests/unit/test-aws-endpoint tests/unit/test-aws-xml tests/unit/test-aws-fault tests/unit/test-aws-small tests/unit/test-aws-send \
	tests/unit/test-aws-head tests/unit/test-aws-client tests/unit/test-aws-identity tests/unit/test-aws-region tests/unit/test-aws-tls tests/unit/test-aws-hints
check_PROGRAMS += $(UNIT_AWS)
TESTS += $(UNIT_AWS)

tests_unit_test_aws_endpoint_SOURCES = tests/unit/test-aws-endpoint.c core/base/fail.c
tests_unit_test_aws_endpoint_CPPFLAGS = $(IN_UNIT_AWS)
tests_unit_test_aws_endpoint_CFLAGS = $(CFLAGS_UNIT_AWS)
tests_unit_test_aws_endpoint_LDADD = $(LIBS_UNIT_AWS) $(CHECK_LIBS)

tests_unit_test_aws_xml_SOURCES = tests/unit/test-aws-xml.c core/base/fail.c
tests_unit_test_aws_xml_CPPFLAGS = $(IN_UNIT_AWS)
tests_unit_test_aws_xml_CFLAGS = $(CFLAGS_UNIT_AWS)
tests_unit_test_aws_xml_LDADD = $(LIBS_UNIT_AWS) $(CHECK_LIBS)

tests_unit_test_aws_fault_SOURCES = tests/unit/test-aws-fault.c core/base/fail.c
tests_unit_test_aws_fault_CPPFLAGS = $(IN_UNIT_AWS)
tests_unit_test_aws_fault_CFLAGS = $(CFLAGS_UNIT_AWS)
tests_unit_test_aws_fault_LDADD = $(LIBS_UNIT_AWS) $(CHECK_LIBS)

tests_unit_test_aws_small_SOURCES = tests/unit/test-aws-small.c core/base/fail.c
tests_unit_test_aws_small_CPPFLAGS = $(IN_UNIT_AWS)
tests_unit_test_aws_small_CFLAGS = $(CFLAGS_UNIT_AWS)
tests_unit_test_aws_small_LDADD = $(LIBS_UNIT_AWS) $(CHECK_LIBS)

tests_unit_test_aws_send_SOURCES = tests/unit/test-aws-send.c tests/unit/aws-script.h
tests_unit_test_aws_send_CPPFLAGS = $(IN_MODULE) $(IN_UNIT_AWS)
tests_unit_test_aws_send_CFLAGS = $(CFLAGS_UNIT_AWS)
tests_unit_test_aws_send_LDADD = libaws.la libhttp.la $(LIBS_UNIT) $(AWS_LIBS) $(JANSSON_LIBS)

tests_unit_test_aws_head_SOURCES = tests/unit/test-aws-head.c tests/unit/aws-script.h
tests_unit_test_aws_head_CPPFLAGS = $(IN_MODULE) $(IN_UNIT_AWS)
tests_unit_test_aws_head_CFLAGS = $(CFLAGS_UNIT_AWS)
tests_unit_test_aws_head_LDADD = libaws.la libhttp.la $(LIBS_UNIT) $(AWS_LIBS) $(JANSSON_LIBS)

tests_unit_test_aws_hints_SOURCES = tests/unit/test-aws-hints.c tests/unit/aws-script.h
tests_unit_test_aws_hints_CPPFLAGS = $(IN_MODULE) $(IN_UNIT_AWS)
tests_unit_test_aws_hints_CFLAGS = $(CFLAGS_UNIT_AWS)
tests_unit_test_aws_hints_LDADD = libaws.la libhttp.la $(LIBS_UNIT) $(AWS_LIBS) $(JANSSON_LIBS)

tests_unit_test_aws_tls_SOURCES = tests/unit/test-aws-tls.c tests/unit/aws-script.h
tests_unit_test_aws_tls_CPPFLAGS = $(IN_MODULE) $(IN_UNIT_AWS)
tests_unit_test_aws_tls_CFLAGS = $(CFLAGS_UNIT_AWS)
tests_unit_test_aws_tls_LDADD = libaws.la libhttp.la $(LIBS_UNIT) $(AWS_LIBS) $(JANSSON_LIBS)

tests_unit_test_aws_client_SOURCES = tests/unit/test-aws-client.c tests/unit/aws-script.h
tests_unit_test_aws_client_CPPFLAGS = $(IN_MODULE) $(IN_UNIT_AWS)
tests_unit_test_aws_client_CFLAGS = $(CFLAGS_UNIT_AWS)
tests_unit_test_aws_client_LDADD = libaws.la libhttp.la $(LIBS_UNIT) $(AWS_LIBS) $(JANSSON_LIBS)

tests_unit_test_aws_identity_SOURCES = tests/unit/test-aws-identity.c tests/unit/aws-script.h
tests_unit_test_aws_identity_CPPFLAGS = $(IN_MODULE) $(IN_UNIT_AWS)
tests_unit_test_aws_identity_CFLAGS = $(CFLAGS_UNIT_AWS)
tests_unit_test_aws_identity_LDADD = libaws.la libhttp.la $(LIBS_UNIT) $(AWS_LIBS) $(JANSSON_LIBS)

# http is replaced by the test's own.
tests_unit_test_aws_region_SOURCES = tests/unit/test-aws-region.c
tests_unit_test_aws_region_CPPFLAGS = $(IN_MODULE) $(IN_UNIT_AWS)
tests_unit_test_aws_region_CFLAGS = $(CFLAGS_UNIT_AWS)
tests_unit_test_aws_region_LDADD = libaws.la $(LIBS_UNIT) $(AWS_LIBS) $(JANSSON_LIBS)
endif
endif
EXTRA_DIST += tests/wire/README.md tests/wire/make-sign.py tests/wire/sign tests/wire/make-endpoints.py tests/wire/endpoints

# The pure parts of finding credentials.
if WITH_AWS
check_PROGRAMS += tests/wire/aws-identity
tests_wire_aws_identity_SOURCES = tests/wire/aws-identity.c core/base/fail.c
tests_wire_aws_identity_CPPFLAGS = $(IN_UNIT_AWS)
tests_wire_aws_identity_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_wire_aws_identity_LDADD = $(LIBS_UNIT_AWS)
TESTS += tests/wire/test-aws-identity.py
endif
EXTRA_DIST += tests/wire/test-aws-identity.py

# What drivers write for Terraform, as goldens.
if WITH_AWS
check_PROGRAMS += tests/wire/terraform-share
tests_wire_terraform_share_SOURCES = tests/wire/terraform-share.c core/base/fail.c
tests_wire_terraform_share_CPPFLAGS = $(IN_UNIT_S3) -DLARDER_API_VERSION=0
tests_wire_terraform_share_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_wire_terraform_share_LDADD = libefscontrolwire.la libcloudfrontwire.la libbackupwire.la librdswire.la $(LIBS_UNIT_S3)
TESTS += tests/wire/test-terraform.py
endif
EXTRA_DIST += tests/wire/test-terraform.py tests/wire/shares
