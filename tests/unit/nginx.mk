# unit/nginx.mk: what nginx is told, held against goldens by wire/test-nginx-text.py
if WITH_AWS
check_PROGRAMS += tests/wire/nginx-text
tests_wire_nginx_text_SOURCES = tests/wire/nginx-text.c core/base/fail.c
tests_wire_nginx_text_CPPFLAGS = $(IN_BASE) -I$(top_srcdir)/drivers/nginx
tests_wire_nginx_text_LDADD = libnginxtext.la libbase.la
TESTS += tests/wire/test-nginx-text.py
endif
EXTRA_DIST += tests/wire/test-nginx-text.py tests/wire/nginx
