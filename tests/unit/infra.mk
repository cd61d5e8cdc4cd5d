# unit/infra.mk
if HAVE_CHECK
check_PROGRAMS += tests/unit/test-infra-lines tests/unit/test-infra-apply
TESTS += tests/unit/test-infra-lines tests/unit/test-infra-apply
tests_unit_test_infra_lines_SOURCES = tests/unit/test-infra-lines.c
tests_unit_test_infra_lines_CPPFLAGS = $(IN_INFRA) -I$(top_srcdir)/tests/unit
tests_unit_test_infra_lines_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_infra_lines_LDADD = $(LIBS_UNIT)
tests_unit_test_infra_apply_SOURCES = tests/unit/test-infra-apply.c
tests_unit_test_infra_apply_CPPFLAGS = $(IN_INFRA) -I$(top_srcdir)/tests/unit
tests_unit_test_infra_apply_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_infra_apply_LDADD = $(LIBS_UNIT)
endif
