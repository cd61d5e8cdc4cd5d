/* export.c: what a container needs in its environment to use this backend, for manifests that core writes. */
#include "s3.h"

#include <stdio.h>
#include <string.h>

#include "error.h"

int
s3_export (void *self, struct larder_call *call, const struct larder_export *request, const struct larder_sink *sink, struct larder_error *error)
{
	const struct s3 *s3 = self;
	const char *region = aws_client_region (s3->client);
	char text[200];
	(void) call;
	if (strcmp (request->format, "kubernetes") != 0 || strcmp (request->type, "environment") != 0)
		return larder_fail (error, LARDER_E_UNSUPPORTED, "driver 's3' writes no '%s' as '%s'", request->type, request->format);
	int count = snprintf (text, sizeof text, "- name: \"AWS_REGION\"\n  value: \"%s\"\n", region);
	if (count >= (int) sizeof text || strpbrk (region, "\"\\\n"))
		return larder_fail (error, LARDER_E_INVALID, "'%s' is no region", region);
	return sink->write (sink->context, text, (size_t) count, error);
}
