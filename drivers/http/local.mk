# One request, one reply, over libcurl. A convenience library, so that unit tests see inside; drivers get it
# as a part of liblarder-aws.
if WITH_AWS
noinst_LTLIBRARIES += libhttp.la
libhttp_la_CPPFLAGS = $(IN_HTTP)
libhttp_la_CFLAGS = $(AM_CFLAGS) $(AWS_CFLAGS)
libhttp_la_SOURCES = \
	%D%/http.c %D%/http.h %D%/exchange.h %D%/url.c %D%/request.c %D%/send.c %D%/reply.c %D%/drive.c %D%/failure.c \
	%D%/socket.c %D%/trust.c %D%/view.c
endif
EXTRA_DIST += %D%/README.md
