# unit/store.mk
if HAVE_CHECK
check_PROGRAMS += tests/unit/test-store-lying tests/unit/test-store-locks
TESTS += tests/unit/test-store-lying tests/unit/test-store-locks
tests_unit_test_store_lying_SOURCES = tests/unit/test-store-lying.c
tests_unit_test_store_lying_CPPFLAGS = $(IN_STORE)
tests_unit_test_store_lying_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_store_lying_LDADD = $(LIBS_UNIT)
tests_unit_test_store_locks_SOURCES = tests/unit/test-store-locks.c
tests_unit_test_store_locks_CPPFLAGS = $(IN_STORE)
tests_unit_test_store_locks_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_store_locks_LDADD = $(LIBS_UNIT)
endif
