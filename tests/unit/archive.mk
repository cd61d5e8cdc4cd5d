# unit/archive.mk
if HAVE_CHECK
check_PROGRAMS += tests/unit/test-archive-pace
TESTS += tests/unit/test-archive-pace
tests_unit_test_archive_pace_SOURCES = tests/unit/test-archive-pace.c
tests_unit_test_archive_pace_CPPFLAGS = $(IN_ARCHIVE)
tests_unit_test_archive_pace_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_archive_pace_LDADD = $(LIBS_UNIT)
endif
