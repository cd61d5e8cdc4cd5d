# unit/efs-control.mk
if WITH_AWS
if HAVE_CHECK
check_PROGRAMS += tests/unit/test-efs-control-wire
TESTS += tests/unit/test-efs-control-wire
tests_unit_test_efs_control_wire_SOURCES = tests/unit/test-efs-control-wire.c core/base/fail.c
tests_unit_test_efs_control_wire_CPPFLAGS = $(IN_AWS) -I$(top_srcdir)/drivers/efs-control -I$(top_srcdir)/tests/unit -DLARDER_API_VERSION=0
tests_unit_test_efs_control_wire_CFLAGS = $(CFLAGS_UNIT) $(JANSSON_CFLAGS)
tests_unit_test_efs_control_wire_LDADD = libefscontrolwire.la libaws.la libhttp.la libbase.la $(AWS_LIBS) $(JANSSON_LIBS) $(CHECK_LIBS)
endif
endif
