# unit/http.mk
noinst_HEADERS += tests/unit/http-server.h tests/unit/http-client.h tests/unit/tls-party.h
if HAVE_CHECK
if WITH_AWS
UNIT_HTTP = tests/unit/test-http-connection tests/unit/test-http-exchange tests/unit/test-http-failure tests/unit/test-http-tls
check_PROGRAMS += $(UNIT_HTTP)
TESTS += $(UNIT_HTTP)
IN_UNIT_HTTP = $(IN_MODULE) -I$(top_srcdir)/drivers/http
LIBS_UNIT_HTTP = libhttp.la $(LIBS_UNIT) $(AWS_LIBS)

tests_unit_test_http_exchange_SOURCES = tests/unit/test-http-exchange.c
tests_unit_test_http_exchange_CPPFLAGS = $(IN_UNIT_HTTP)
tests_unit_test_http_exchange_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_http_exchange_LDADD = $(LIBS_UNIT_HTTP)

tests_unit_test_http_failure_SOURCES = tests/unit/test-http-failure.c
tests_unit_test_http_failure_CPPFLAGS = $(IN_UNIT_HTTP)
tests_unit_test_http_failure_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_http_failure_LDADD = $(LIBS_UNIT_HTTP)

tests_unit_test_http_tls_SOURCES = tests/unit/test-http-tls.c
tests_unit_test_http_tls_CPPFLAGS = $(IN_UNIT_HTTP)
tests_unit_test_http_tls_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_http_tls_LDADD = $(LIBS_UNIT_HTTP)

tests_unit_test_http_connection_SOURCES = tests/unit/test-http-connection.c
tests_unit_test_http_connection_CPPFLAGS = $(IN_UNIT_HTTP)
tests_unit_test_http_connection_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_http_connection_LDADD = $(LIBS_UNIT_HTTP)
endif
endif
