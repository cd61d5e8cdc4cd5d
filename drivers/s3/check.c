/* check.c: what `doctor` tries: endpoint and credentials, the bucket, a scratch object written and removed. */
#include "s3.h"

#include <stdio.h>
#include <string.h>

#include "error.h"
#include "file.h"
#include "random.h"
#include "text.h"

static int
nothing_seen (void *context, const struct larder_info *info, struct larder_error *error)
{
	(void) context;
	(void) info;
	(void) error;
	return 0;
}

static int
note_removed (void *context, size_t index, int code, const struct larder_info *info, const struct larder_error *error)
{
	(void) index;
	(void) info;
	if (error)
		larder_give (context, error);
	else if (code < 0)
		return code;
	return 0;
}

static int
try_write (void *self, struct larder_call *call, const char *bucket, struct larder_error *error)
{
	char key[64], hex[17];
	unsigned char chance[8];
	random_bytes (chance, sizeof chance);
	text_hex (chance, sizeof chance, hex);
	snprintf (key, sizeof key, ".larder-check/%s", hex);
	struct memory_source memory;
	struct larder_source source;
	memory_source_begin (&memory, hex, sizeof hex, &source);
	const struct larder_write write = { .size = sizeof write, .bucket = bucket, .key = key };
	struct larder_info info = { .size = sizeof info };
	int code = s3_write (self, call, &write, &source, &info, error);
	if (code < 0)
		return code;
	const char *version = info.version && strcmp (info.version, "null") != 0 ? info.version : NULL;
	const struct larder_remove gone = { .size = sizeof gone, .key = key, .version = version };
	struct larder_error why = LARDER_ERROR_INIT;
	code = s3_remove (self, call, bucket, &gone, 1, sizeof gone, note_removed, &why, error);
	if (code == 0 && why.code < 0) {
		code = why.code;
		if (error)
			larder_give (error, &why);
	}
	return code;
}

static int
try_list (void *self, struct larder_call *call, const char *bucket, struct larder_error *error)
{
	struct larder_page page = { .size = sizeof page };
	const struct larder_list list = { .size = sizeof list, .bucket = bucket, .prefix = "", .delimiter = "", .most = 1 };
	return s3_list (self, call, &list, nothing_seen, NULL, &page, error);
}

struct telling { larder_finding_fn finding; void *context; };

static int
on_told (void *context, enum aws_told told, const char *what, const char *detail, const char *next)
{
	static const uint32_t verdicts[] = { [AWS_TOLD_GAVE] = LARDER_PASS, [AWS_TOLD_NOTHING] = LARDER_NOTE, [AWS_TOLD_FAILED] = LARDER_WARN };
	const struct telling *telling = context;
	return telling->finding (telling->context, verdicts[told], what, detail, next);
}

static int
check_server (struct s3 *s3, struct larder_call *call, larder_finding_fn finding, void *context, struct larder_error *error)
{
	struct telling telling = { finding, context };
	const char *endpoint = aws_client_endpoint (s3->client);
	bool assumed = s3->server->assumed;
	int code = finding (context, assumed ? LARDER_NOTE : LARDER_PASS, "server", s3->server->title,
	                    assumed ? "larder doctor --probe STORE finds out what it can do; until then nothing optional is sent" : NULL);
	if (code == 0)
		code = finding (context, LARDER_PASS, endpoint ? "endpoint" : "region", endpoint ? endpoint : aws_client_region (s3->client), NULL);
	return code ? code : aws_client_tell (s3->client, call, on_told, &telling, error);
}

int
s3_check (void *self, struct larder_call *call, const char *bucket, larder_finding_fn finding, void *context, struct larder_error *error)
{
	struct s3 *s3 = self;
	struct larder_error why = LARDER_ERROR_INIT;
	if (!bucket)
		return check_server (s3, call, finding, context, error);
	int outcome = try_list (self, call, bucket, &why);
	if (outcome == LARDER_E_CANCELLED)
		return larder_fail (error, outcome, "cancelled");
	int code = finding (context, outcome < 0 ? LARDER_FAIL : LARDER_PASS, "bucket", outcome < 0 ? why.message : bucket, why.next);
	if (code != 0 || outcome < 0 || s3->read_only)
		return code;
	outcome = try_write (self, call, bucket, &why);
	return finding (context, outcome < 0 ? LARDER_FAIL : LARDER_PASS, "write", outcome < 0 ? why.message : "an object was written and removed",
	                why.next);
}
