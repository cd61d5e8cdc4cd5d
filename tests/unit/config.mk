# unit/config.mk
if HAVE_CHECK
tests_config = tests/unit/test-config-load tests/unit/test-config-manual tests/unit/test-config-reader tests/unit/test-config-values
check_PROGRAMS += $(tests_config)
TESTS += $(tests_config)

tests_unit_test_config_load_SOURCES = tests/unit/test-config-load.c
tests_unit_test_config_load_CPPFLAGS = $(IN_CONFIG)
tests_unit_test_config_load_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_config_load_LDADD = $(LIBS_UNIT)

tests_unit_test_config_manual_SOURCES = tests/unit/test-config-manual.c
tests_unit_test_config_manual_CPPFLAGS = $(IN_CONFIG)
tests_unit_test_config_manual_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_config_manual_LDADD = $(LIBS_UNIT)

tests_unit_test_config_reader_SOURCES = tests/unit/test-config-reader.c
tests_unit_test_config_reader_CPPFLAGS = $(IN_CONFIG)
tests_unit_test_config_reader_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_config_reader_LDADD = $(LIBS_UNIT)

tests_unit_test_config_values_SOURCES = tests/unit/test-config-values.c
tests_unit_test_config_values_CPPFLAGS = $(IN_CONFIG)
tests_unit_test_config_values_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_config_values_LDADD = $(LIBS_UNIT)
endif
