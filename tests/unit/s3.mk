# unit/s3.mk
IN_UNIT_S3 = $(IN_AWS) -I$(top_srcdir)/drivers/s3 -I$(top_srcdir)/tests/unit
LIBS_UNIT_S3 = libs3wire.la libaws.la libhttp.la libbase.la $(AWS_LIBS) $(JANSSON_LIBS)
if WITH_AWS
check_PROGRAMS += tests/wire/s3-requests
tests_wire_s3_requests_SOURCES = tests/wire/s3-requests.c core/base/fail.c
tests_wire_s3_requests_CPPFLAGS = $(IN_UNIT_S3)
tests_wire_s3_requests_LDADD = $(LIBS_UNIT_S3)
endif
if WITH_AWS
if HAVE_CHECK
check_PROGRAMS += tests/unit/test-s3-server
TESTS += tests/unit/test-s3-server
tests_unit_test_s3_server_SOURCES = tests/unit/test-s3-server.c core/base/fail.c
tests_unit_test_s3_server_CPPFLAGS = $(IN_UNIT_S3)
tests_unit_test_s3_server_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_s3_server_LDADD = $(LIBS_UNIT_S3) $(CHECK_LIBS)
endif
endif
if WITH_AWS
if HAVE_CHECK
check_PROGRAMS += tests/unit/test-s3-setting
TESTS += tests/unit/test-s3-setting
tests_unit_test_s3_setting_SOURCES = tests/unit/test-s3-setting.c core/base/fail.c
tests_unit_test_s3_setting_CPPFLAGS = $(IN_UNIT_S3)
tests_unit_test_s3_setting_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_s3_setting_LDADD = $(LIBS_UNIT_S3) $(CHECK_LIBS)
endif
endif
if WITH_AWS
TESTS += tests/wire/test-s3-requests.py
endif
EXTRA_DIST += tests/wire/test-s3-requests.py tests/wire/s3
if WITH_AWS
check_PROGRAMS += tests/wire/s3-replies
tests_wire_s3_replies_SOURCES = tests/wire/s3-replies.c core/base/fail.c
tests_wire_s3_replies_CPPFLAGS = $(IN_UNIT_S3)
tests_wire_s3_replies_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_wire_s3_replies_LDADD = $(LIBS_UNIT_S3)
TESTS += tests/wire/test-s3-replies.py
endif
EXTRA_DIST += tests/wire/test-s3-replies.py tests/wire/make-s3-replies.py
if WITH_AWS
check_PROGRAMS += tests/wire/s3-words
tests_wire_s3_words_SOURCES = tests/wire/s3-words.c core/base/fail.c
tests_wire_s3_words_CPPFLAGS = $(IN_UNIT_S3)
tests_wire_s3_words_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_wire_s3_words_LDADD = $(LIBS_UNIT_S3)
TESTS += tests/wire/test-s3-words.py
endif
EXTRA_DIST += tests/wire/test-s3-words.py
