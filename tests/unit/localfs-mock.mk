# unit/localfs-mock.mk
IN_LOCALFS_MOCK = $(IN_BASE) -I$(top_srcdir)/drivers/localfs-mock
LIBS_LOCALFS_MOCK = liblocalfs-mock.la libbase.la $(CHECK_LIBS)
if HAVE_CHECK
check_PROGRAMS += tests/unit/test-localfs-mock-key-path tests/unit/test-localfs-mock-record tests/unit/test-localfs-mock-signed
TESTS += tests/unit/test-localfs-mock-key-path tests/unit/test-localfs-mock-record tests/unit/test-localfs-mock-signed

tests_unit_test_localfs_mock_key_path_SOURCES = tests/unit/test-localfs-mock-key-path.c
tests_unit_test_localfs_mock_key_path_CPPFLAGS = $(IN_LOCALFS_MOCK)
tests_unit_test_localfs_mock_key_path_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_localfs_mock_key_path_LDADD = $(LIBS_LOCALFS_MOCK)

tests_unit_test_localfs_mock_record_SOURCES = tests/unit/test-localfs-mock-record.c core/base/fail.c
tests_unit_test_localfs_mock_record_CPPFLAGS = $(IN_LOCALFS_MOCK)
tests_unit_test_localfs_mock_record_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_localfs_mock_record_LDADD = $(LIBS_LOCALFS_MOCK)

tests_unit_test_localfs_mock_signed_SOURCES = tests/unit/test-localfs-mock-signed.c core/base/fail.c
tests_unit_test_localfs_mock_signed_CPPFLAGS = $(IN_LOCALFS_MOCK)
tests_unit_test_localfs_mock_signed_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_localfs_mock_signed_LDADD = $(LIBS_LOCALFS_MOCK)
endif
