/* terraform-share.c: one resource on stdin, what its driver writes of it for Terraform on stdout. The first line is DRIVER TYPE SECTION IDENTITY; then "+PATH = VALUE" is
 * desired and "?PATH = VALUE" observed. test-terraform.py holds it against goldens. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "cleanup.h"
#include "lines.h"
#include "setting.h"

typedef int (*share_fn) (const char *backend, const struct larder_export *request, const struct larder_sink *sink, struct larder_error *error);
int share_terraform (const char *backend, const struct larder_export *request, const struct larder_sink *sink, struct larder_error *error);
int backup_terraform (const char *backend, const struct larder_export *request, const struct larder_sink *sink, struct larder_error *error);
int rds_terraform (const char *backend, const struct larder_export *request, const struct larder_sink *sink, struct larder_error *error);
int cf_terraform (const char *backend, const struct larder_export *request, const struct larder_sink *sink, struct larder_error *error);

static int
of_s3 (const char *backend, const struct larder_export *request, const struct larder_sink *sink, struct larder_error *error)
{
	const struct s3_place place = { .bucket = request->identity, .partition = "aws", .region = "us-east-1" };
	return s3_terraform (&place, backend, request, sink, error);
}

static const struct { const char *driver; share_fn share; } drivers[] = {
	{ "s3", of_s3 }, { "efs-control", share_terraform }, { "backup", backup_terraform }, { "rds", rds_terraform }, { "cloudfront", cf_terraform },
};

static int
put (void *context, const void *bytes, size_t count, struct larder_error *error)
{
	(void) context, (void) error;
	return fwrite (bytes, 1, count, stdout) == count ? 0 : LARDER_E_NOSPACE;
}

static void
take_line (char *text, struct lines *desired, struct lines *observed)
{
	char *value = strstr (text, " = ");
	text[strcspn (text, "\n")] = '\0';
	if (!value)
		return;
	*value = '\0';
	lines_add (*text == '+' ? desired : observed, text + 1, value + 3);
}

int
main (void)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	CLEANUP_FREE char *input = NULL;
	char driver[40], type[40], section[80], identity[160];
	size_t room = 0;
	struct lines desired, observed;
	struct lines_feed desired_feed, observed_feed;
	struct larder_lines wanted, there;
	struct larder_error error = LARDER_ERROR_INIT;
	const struct larder_sink sink = { .size = sizeof sink, .write = put };
	lines_begin (&desired, arena);
	lines_begin (&observed, arena);
	if (getline (&input, &room, stdin) <= 0 || sscanf (input, "%39s %39s %79s %159s", driver, type, section, identity) != 4)
		return 2;
	while (getline (&input, &room, stdin) > 0)
		take_line (input, &desired, &observed);
	if (lines_sort (&desired, &error) < 0 || lines_sort (&observed, &error) < 0)
		return 2;
	lines_feed (&desired_feed, &desired, &wanted);
	lines_feed (&observed_feed, &observed, &there);
	const struct larder_export request = { .size = sizeof request, .format = "terraform", .type = type, .section = section, .identity = identity, .desired = &wanted, .observed = &there };
	for (size_t n = 0; n < sizeof drivers / sizeof *drivers; n++)
		if (strcmp (drivers[n].driver, driver) == 0) {
			int code = drivers[n].share ("here", &request, &sink, &error);
			if (code < 0)
				printf ("\"%s\"", error.message);
			return 0;
		}
	return 2;
}
