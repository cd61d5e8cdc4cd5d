# unit/store.mk
if HAVE_CHECK
check_PROGRAMS += tests/unit/test-store-lying
TESTS += tests/unit/test-store-lying
tests_unit_test_store_lying_SOURCES = tests/unit/test-store-lying.c
tests_unit_test_store_lying_CPPFLAGS = $(IN_STORE)
tests_unit_test_store_lying_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_store_lying_LDADD = $(LIBS_UNIT)
endif
