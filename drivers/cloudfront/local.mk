# Distributions of CloudFront. The wire code, pure, is a convenience library of its own, so that tests see inside.
if WITH_AWS
noinst_LTLIBRARIES += libcloudfrontwire.la
libcloudfrontwire_la_CPPFLAGS = $(IN_AWS) -DLARDER_API_VERSION=0
libcloudfrontwire_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
libcloudfrontwire_la_SOURCES = %D%/request.c %D%/lines.c %D%/document.c %D%/behavior.c %D%/groups.c %D%/paths.c %D%/rest.c %D%/signed.c %D%/terraform.c %D%/trusted.c %D%/wire.h

module_LTLIBRARIES += driver-cloudfront.la
driver_cloudfront_la_SOURCES = %D%/cloudfront.c %D%/cloudfront.h %D%/find.c %D%/access.c %D%/certificate.c %D%/rights.c %D%/change.c %D%/invalidate.c %D%/keys.c %D%/url.c %D%/view.c drivers/traps/traps.h drivers/traps/words.h
driver_cloudfront_la_CPPFLAGS = $(IN_AWS) -I$(top_srcdir)/drivers/traps
driver_cloudfront_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
driver_cloudfront_la_LDFLAGS = $(LDFLAGS_MODULE)
driver_cloudfront_la_LIBADD = libcloudfrontwire.la liblarder-aws.la libbase.la $(JANSSON_LIBS)
endif
EXTRA_DIST += %D%/README.md
