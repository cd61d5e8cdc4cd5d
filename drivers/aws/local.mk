# What every AWS service shares, with http below it: one private shared library, which the drivers of AWS
# services link. It exports what http.h and aws.h declare, and nothing else.
if WITH_AWS
noinst_LTLIBRARIES += libaws.la
libaws_la_CPPFLAGS = $(IN_AWS)
libaws_la_CFLAGS = $(AM_CFLAGS) $(AWS_CFLAGS) $(JANSSON_CFLAGS)
libaws_la_SOURCES = \
	%D%/aws.h %D%/aws-settings.h %D%/inner.h %D%/identity.h %D%/chain.h %D%/address.c %D%/alike.c %D%/alike.h %D%/body.c %D%/body.h %D%/chain.c %D%/chain-near.c %D%/chain-profile.c %D%/chain-role.c \
	%D%/chain-sso.c %D%/client.c %D%/endpoint.c %D%/fault.c %D%/fault-codes.c %D%/fetch.c %D%/form.c %D%/grant.c %D%/identity.c %D%/md5.c \
	%D%/policy.c %D%/policy.h %D%/private-key.c %D%/process.c %D%/profile-file.c %D%/profiles.c %D%/request.c %D%/retry.c %D%/role.c %D%/send.c %D%/sign.c %D%/small-file.c %D%/sts.c \
	%D%/surroundings.c %D%/tell.c %D%/terraform.c %D%/terraform.h %D%/tree.c %D%/tree.h %D%/xml.c %D%/xml-plain.c

private_LTLIBRARIES += liblarder-aws.la
liblarder_aws_la_SOURCES = core/base/fail.c
liblarder_aws_la_CPPFLAGS = $(IN_BASE)
liblarder_aws_la_LDFLAGS = $(AM_LDFLAGS) -avoid-version -shared $(NO_UNDEFINED) -Wl,--enable-new-dtags
liblarder_aws_la_LIBADD = libaws.la libhttp.la libbase.la $(AWS_LIBS) $(JANSSON_LIBS)
endif
EXTRA_DIST += %D%/README.md
# Modules are linked again when they are installed, against the installed library. (Named by a variable: a rule
# that automake saw here would replace its own.)
INSTALL_MODULES = install-moduleLTLIBRARIES
$(INSTALL_MODULES): install-privateLTLIBRARIES
