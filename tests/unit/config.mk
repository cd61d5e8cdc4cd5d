# unit/config.mk
if HAVE_CHECK
tests_config = tests/unit/test-config-load tests/unit/test-config-reader
check_PROGRAMS += $(tests_config)
TESTS += $(tests_config)
tests_unit_test_config_load_SOURCES = tests/unit/test-config-load.c
tests_unit_test_config_load_CPPFLAGS = $(IN_CONFIG)
tests_unit_test_config_load_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_config_load_LDADD = $(LIBS_UNIT)

tests_unit_test_config_reader_SOURCES = tests/unit/test-config-reader.c
tests_unit_test_config_reader_CPPFLAGS = $(IN_CONFIG)
tests_unit_test_config_reader_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_config_reader_LDADD = $(LIBS_UNIT)
endif
