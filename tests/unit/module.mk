# core/module from the inside
if HAVE_CHECK
check_PROGRAMS += tests/unit/test-module-share
TESTS += tests/unit/test-module-share
tests_unit_test_module_share_SOURCES = tests/unit/test-module-share.c
tests_unit_test_module_share_CPPFLAGS = $(IN_MODULE)
tests_unit_test_module_share_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_module_share_LDADD = $(LIBS_UNIT)
endif
