# unit/transfer.mk
if HAVE_CHECK
check_PROGRAMS += tests/unit/test-transfer-items tests/unit/test-transfer-parts tests/unit/test-transfer-versions tests/unit/test-transfer-journal tests/unit/test-transfer-sync tests/unit/test-transfer-manifest
TESTS += tests/unit/test-transfer-items tests/unit/test-transfer-parts tests/unit/test-transfer-versions tests/unit/test-transfer-journal tests/unit/test-transfer-sync tests/unit/test-transfer-manifest
tests_unit_test_transfer_items_SOURCES = tests/unit/test-transfer-items.c
tests_unit_test_transfer_items_CPPFLAGS = $(IN_TRANSFER)
tests_unit_test_transfer_items_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_transfer_items_LDADD = $(LIBS_UNIT)
tests_unit_test_transfer_parts_SOURCES = tests/unit/test-transfer-parts.c
tests_unit_test_transfer_parts_CPPFLAGS = $(IN_TRANSFER)
tests_unit_test_transfer_parts_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_transfer_parts_LDADD = $(LIBS_UNIT)
tests_unit_test_transfer_journal_SOURCES = tests/unit/test-transfer-journal.c
tests_unit_test_transfer_journal_CPPFLAGS = $(IN_TRANSFER)
tests_unit_test_transfer_journal_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_transfer_journal_LDADD = $(LIBS_UNIT)
tests_unit_test_transfer_versions_SOURCES = tests/unit/test-transfer-versions.c
tests_unit_test_transfer_versions_CPPFLAGS = $(IN_TRANSFER)
tests_unit_test_transfer_versions_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_transfer_versions_LDADD = $(LIBS_UNIT)
tests_unit_test_transfer_sync_SOURCES = tests/unit/test-transfer-sync.c
tests_unit_test_transfer_sync_CPPFLAGS = $(IN_TRANSFER)
tests_unit_test_transfer_sync_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_transfer_sync_LDADD = $(LIBS_UNIT)
tests_unit_test_transfer_manifest_SOURCES = tests/unit/test-transfer-manifest.c
tests_unit_test_transfer_manifest_CPPFLAGS = $(IN_TRANSFER)
tests_unit_test_transfer_manifest_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_transfer_manifest_LDADD = $(LIBS_UNIT)
endif
