# unit/base.mk
noinst_HEADERS += tests/unit/unit.h tests/unit/folder.h tests/unit/home.h
EXTRA_DIST += tests/unit/test-base-tables.py
TESTS += tests/unit/test-base-tables.py
if HAVE_CHECK
UNIT_BASE = \
	tests/unit/test-base-error \
	tests/unit/test-base-memory \
	tests/unit/test-base-text \
	tests/unit/test-base-values \
	tests/unit/test-base-json \
	tests/unit/test-base-checksum \
	tests/unit/test-base-file \
	tests/unit/test-base-draft \
	tests/unit/test-base-sort
check_PROGRAMS += $(UNIT_BASE)
TESTS += $(UNIT_BASE)
LIBS_UNIT_BASE = libbase.la $(CHECK_LIBS)

tests_unit_test_base_error_SOURCES = tests/unit/test-base-error.c core/base/fail.c
tests_unit_test_base_error_CPPFLAGS = $(IN_BASE) -I$(top_srcdir)/tests/unit
tests_unit_test_base_error_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_base_error_LDADD = $(LIBS_UNIT_BASE)

tests_unit_test_base_memory_SOURCES = tests/unit/test-base-memory.c core/base/fail.c
tests_unit_test_base_memory_CPPFLAGS = $(IN_BASE) -I$(top_srcdir)/tests/unit
tests_unit_test_base_memory_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_base_memory_LDADD = $(LIBS_UNIT_BASE)

tests_unit_test_base_text_SOURCES = tests/unit/test-base-text.c core/base/fail.c
tests_unit_test_base_text_CPPFLAGS = $(IN_BASE) -I$(top_srcdir)/tests/unit
tests_unit_test_base_text_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_base_text_LDADD = $(LIBS_UNIT_BASE)

tests_unit_test_base_values_SOURCES = tests/unit/test-base-values.c core/base/fail.c
tests_unit_test_base_values_CPPFLAGS = $(IN_BASE) -I$(top_srcdir)/tests/unit
tests_unit_test_base_values_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_base_values_LDADD = $(LIBS_UNIT_BASE)

tests_unit_test_base_json_SOURCES = tests/unit/test-base-json.c core/base/fail.c
tests_unit_test_base_json_CPPFLAGS = $(IN_BASE) -I$(top_srcdir)/tests/unit
tests_unit_test_base_json_CFLAGS = $(CFLAGS_UNIT) $(JANSSON_CFLAGS)
tests_unit_test_base_json_LDADD = $(LIBS_UNIT_BASE) $(JANSSON_LIBS)

tests_unit_test_base_checksum_SOURCES = tests/unit/test-base-checksum.c core/base/fail.c
tests_unit_test_base_checksum_CPPFLAGS = $(IN_BASE) -I$(top_srcdir)/tests/unit
tests_unit_test_base_checksum_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_base_checksum_LDADD = $(LIBS_UNIT_BASE)

tests_unit_test_base_file_SOURCES = tests/unit/test-base-file.c core/base/fail.c
tests_unit_test_base_file_CPPFLAGS = $(IN_BASE) -I$(top_srcdir)/tests/unit
tests_unit_test_base_file_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_base_file_LDADD = $(LIBS_UNIT_BASE)

tests_unit_test_base_draft_SOURCES = tests/unit/test-base-draft.c core/base/fail.c
tests_unit_test_base_draft_CPPFLAGS = $(IN_BASE) -I$(top_srcdir)/tests/unit
tests_unit_test_base_draft_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_base_draft_LDADD = $(LIBS_UNIT_BASE)

tests_unit_test_base_sort_SOURCES = tests/unit/test-base-sort.c core/base/fail.c
tests_unit_test_base_sort_CPPFLAGS = $(IN_BASE) -I$(top_srcdir)/tests/unit
tests_unit_test_base_sort_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_base_sort_LDADD = $(LIBS_UNIT_BASE)
endif
