# unit/transfer.mk
if HAVE_CHECK
check_PROGRAMS += tests/unit/test-transfer-items
TESTS += tests/unit/test-transfer-items
tests_unit_test_transfer_items_SOURCES = tests/unit/test-transfer-items.c
tests_unit_test_transfer_items_CPPFLAGS = $(IN_TRANSFER)
tests_unit_test_transfer_items_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_transfer_items_LDADD = $(LIBS_UNIT)
endif
