# What sets up a file system of EFS: opened by infra alone. What needs no service is a convenience library of its own, so that tests see inside.
if WITH_AWS
noinst_LTLIBRARIES += libefscontrolwire.la
libefscontrolwire_la_CPPFLAGS = $(IN_AWS) -DLARDER_API_VERSION=0
libefscontrolwire_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
libefscontrolwire_la_SOURCES = %D%/request.c %D%/reply.c %D%/rules.c %D%/point.c %D%/policy.c %D%/lines.c %D%/terraform.c %D%/wire.h

module_LTLIBRARIES += driver-efs-control.la
driver_efs_control_la_SOURCES = %D%/control.c %D%/control.h %D%/find.c %D%/network.c %D%/change.c %D%/reach.c %D%/remove.c %D%/rights.c drivers/traps/traps.h drivers/traps/words.h
driver_efs_control_la_CPPFLAGS = $(IN_AWS) -I$(top_srcdir)/drivers/traps
driver_efs_control_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
driver_efs_control_la_LDFLAGS = $(LDFLAGS_MODULE)
driver_efs_control_la_LIBADD = libefscontrolwire.la liblarder-aws.la libbase.la $(JANSSON_LIBS)
endif
EXTRA_DIST += %D%/README.md
