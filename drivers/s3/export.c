/* export.c: this backend in the words of other tools: what a container needs in its environment, for manifests that core writes; and Terraform's configuration. */
#include "s3.h"

#include <stdio.h>
#include <string.h>

#include "error.h"
#include "setting.h"
#include "terraform.h"

static int
put_environment (const struct s3 *s3, const struct larder_sink *sink, struct larder_error *error)
{
	const char *region = aws_client_region (s3->client);
	char text[200];
	int count = snprintf (text, sizeof text, "- name: \"AWS_REGION\"\n  value: \"%s\"\n", region);
	if (count >= (int) sizeof text || strpbrk (region, "\"\\\n"))
		return larder_fail (error, LARDER_E_INVALID, "'%s' is no region", region);
	return sink->write (sink->context, text, (size_t) count, error);
}

static int
put_terraform (const struct s3 *s3, const struct larder_export *request, const struct larder_sink *sink, struct larder_error *error)
{
	static const char *const services[] = { "s3", "iam", NULL };
	const char *region = aws_client_region (s3->client);
	const struct s3_place place = { .bucket = request->identity, .partition = aws_partition (region), .region = region };
	return request->type ? s3_terraform (&place, s3->name, request, sink, error) : aws_terraform_provider (s3->name, &s3->aws, region, services, sink, error);
}

int
s3_export (void *self, struct larder_call *call, const struct larder_export *request, const struct larder_sink *sink, struct larder_error *error)
{
	const struct s3 *s3 = self;
	(void) call;
	if (strcmp (request->format, AWS_TERRAFORM) == 0)
		return put_terraform (s3, request, sink, error);
	if (strcmp (request->format, "kubernetes") == 0 && request->type && strcmp (request->type, "environment") == 0)
		return put_environment (s3, sink, error);
	return larder_fail (error, LARDER_E_UNSUPPORTED, "driver 's3' writes no '%s' as '%s'", request->type ? request->type : "backend", request->format);
}
