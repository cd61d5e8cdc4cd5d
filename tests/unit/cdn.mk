# unit/cdn.mk
if HAVE_CHECK
check_PROGRAMS += tests/unit/test-cdn-paths
TESTS += tests/unit/test-cdn-paths
tests_unit_test_cdn_paths_SOURCES = tests/unit/test-cdn-paths.c
tests_unit_test_cdn_paths_CPPFLAGS = $(IN_CDN) -I$(top_srcdir)/tests/unit
tests_unit_test_cdn_paths_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_cdn_paths_LDADD = $(LIBS_UNIT)
endif
