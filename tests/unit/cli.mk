# unit/cli.mk
if HAVE_CHECK
check_PROGRAMS += tests/unit/test-cli-watch
TESTS += tests/unit/test-cli-watch
tests_unit_test_cli_watch_SOURCES = tests/unit/test-cli-watch.c core/base/fail.c core/cli/kinds.c core/cli/output.c core/cli/talk.c core/cli/watch.c
tests_unit_test_cli_watch_CPPFLAGS = $(IN_BASE) -I$(top_srcdir)/core/cli -I$(top_srcdir)/tests/unit
tests_unit_test_cli_watch_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_cli_watch_LDADD = liblarder.la libbase.la $(CHECK_LIBS) -lpthread
endif
