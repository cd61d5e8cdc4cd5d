# nginx in place of a CDN. Its text, pure, is a convenience library of its own, so that tests see inside.
if WITH_AWS
noinst_LTLIBRARIES += libnginxtext.la
libnginxtext_la_CPPFLAGS = $(IN_BASE)
libnginxtext_la_SOURCES = %D%/site-text.c %D%/site-text.h %D%/words-text.c %D%/words-text.h %D%/script.c

module_LTLIBRARIES += driver-nginx.la
driver_nginx_la_SOURCES = %D%/nginx.c %D%/nginx.h %D%/site.c %D%/authority.c %D%/process.c %D%/forget.c drivers/traps/words.h
driver_nginx_la_CPPFLAGS = $(IN_AWS) -I$(top_srcdir)/drivers/traps
driver_nginx_la_CFLAGS = $(AM_CFLAGS) $(AWS_CFLAGS)
driver_nginx_la_LDFLAGS = $(LDFLAGS_MODULE)
driver_nginx_la_LIBADD = libnginxtext.la liblarder-aws.la libbase.la $(AWS_LIBS)
endif
EXTRA_DIST += %D%/README.md
