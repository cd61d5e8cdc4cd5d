# S3. The wire code, pure, is a convenience library of its own, so that tests see inside.
if WITH_AWS
noinst_LTLIBRARIES += libs3wire.la
libs3wire_la_CPPFLAGS = $(IN_AWS) -I$(top_srcdir)/drivers/traps -DLARDER_API_VERSION=0 $(JANSSON_CFLAGS)
libs3wire_la_SOURCES = \
	%D%/checksum-name.c %D%/checksum-name.h %D%/key.c %D%/marker.c %D%/marker.h %D%/metadata.c %D%/metadata.h \
	%D%/reply.h %D%/reply-body.c %D%/reply-common.c %D%/reply-info.c %D%/reply-list.c %D%/reply-upload.c \
	%D%/request.h %D%/request-common.c %D%/request-list.c %D%/request-object.c %D%/request-upload.c \
	%D%/request-setting.c %D%/setting.c %D%/setting.h %D%/setting-beyond.c %D%/setting-plain.c %D%/setting-lifecycle.c %D%/setting-cors.c %D%/setting-tiering.c %D%/setting-policy.c \
	%D%/setting-replication.c %D%/terraform.c %D%/server.c %D%/server.h %D%/wire.h drivers/traps/bucket-name.c drivers/traps/bucket-name.h drivers/traps/tiering.c drivers/traps/tiering.h

# All of the driver but its table, for glacier too.
noinst_LTLIBRARIES += libs3.la
libs3_la_SOURCES = \
	%D%/s3.h %D%/s3.c %D%/send.c %D%/digest.c %D%/settle.c %D%/revive.c %D%/guard.c %D%/read.c %D%/write.c %D%/remove.c %D%/list.c \
	%D%/copy.c %D%/parts.c %D%/more.c %D%/resource.c %D%/owner.c %D%/rights.c %D%/role.c %D%/role.h %D%/export.c %D%/check.c %D%/probe.c %D%/probe.h %D%/probe-send.c %D%/probe-object.c %D%/probe-upload.c \
	%D%/probe-key.c %D%/probe-clean.c drivers/traps/retrievals.h drivers/traps/words.h
libs3_la_CPPFLAGS = $(IN_AWS) -I$(top_srcdir)/drivers/traps
libs3_la_LIBADD = libs3wire.la liblarder-aws.la libbase.la $(JANSSON_LIBS)

module_LTLIBRARIES += driver-s3.la
driver_s3_la_SOURCES = %D%/driver.c
driver_s3_la_CPPFLAGS = $(IN_AWS) -I$(top_srcdir)/drivers/traps
driver_s3_la_LDFLAGS = $(LDFLAGS_MODULE)
driver_s3_la_LIBADD = libs3.la
endif
EXTRA_DIST += %D%/README.md
