/* test-aws-hints.c: what a service says of how to succeed is done: how long to wait, which region to sign for. */
#include "aws-script.h"

/* ---- how long ----------------------------------------------------------------------------------- */

static char waited[32];

static void
note_wait (int level, const char *format, ...)
{
	char text[600];
	va_list arguments;
	(void) level;
	va_start (arguments, format);
	vsnprintf (text, sizeof text, format, arguments);
	va_end (arguments);
	const char *at = strstr (text, "again in ");
	if (at)
		snprintf (waited, sizeof waited, "%s", at + strlen ("again in "));
}

/* A service that is overloaded says it in seconds; with other answers they mean something else. */
START_TEST (plain_retry_after)
{
	static const struct { const char *status; bool waits; } cases[] = {
		{ "503 Service Unavailable", true }, { "429 Too Many Requests", true }, { "500 Oops", false },
	};
	char reply[100];
	snprintf (reply, sizeof reply, "HTTP/1.1 %s\r\nRetry-After: 1\r\n\r\n", cases[_i].status);
	PLAY (play, { .reply = reply }, { .reply = OK });
	play_host (&play);
	play.host.log = note_wait;
	waited[0] = '\0';
	BEGIN (play);
	ck_assert_int_eq (play_get (&play), 0);
	ck_assert_msg ((strcmp (waited, "1.0 s") == 0) == cases[_i].waits, "%s: again in %s", cases[_i].status, waited);
	play_end (&play);
}
END_TEST

/* ---- where (c-T23) ------------------------------------------------------------------------------ */

/* c-T23: at an endpoint of one's own too it is signed again for the region named, once and with one warning; who names another one
 * each time is left. */
static unsigned warnings;
static char warning[200];

static void
note_warning (int level, const char *format, ...)
{
	va_list arguments;
	if (level != LARDER_LOG_WARN)
		return;
	va_start (arguments, format);
	vsnprintf (warning, sizeof warning, format, arguments);
	va_end (arguments);
	warnings++;
}

START_TEST (wrong_region)
{
	PLAY (play, { .reply = ANOTHER_REGION ("eu-west-1") }, { .reply = OK }, { .reply = OK },
	      { .reply = "HTTP/1.1 301 Moved\r\nx-amz-bucket-region: eu-west-2\r\nLocation: http://127.0.0.1:1/\r\n\r\n" }, { .reply = ANOTHER_REGION ("eu-west-3") });
	play_host (&play);
	play.host.log = note_warning;
	warnings = 0;
	BEGIN (play);
	ck_assert_int_eq (play_get (&play), 0);
	ck_assert_int_eq (play_get (&play), 0);
	ck_assert_uint_eq (warnings, 1);
	ck_assert_str_eq (warning, "bucket 'b' is in region eu-west-1, not us-east-1; write region = eu-west-1 in [backend \"objects\"]");
	ck_assert (head_has (&play, 1, "/eu-west-1/s3/aws4_request") && head_has (&play, 2, "/eu-west-1/s3/aws4_request"));
	ck_assert_int_eq (play_get (&play), LARDER_E_UNAVAILABLE);
	ck_assert_uint_eq (play.script.asked, 5);
	ck_assert (head_has (&play, 4, "/eu-west-2/s3/aws4_request"));
	ck_assert_ptr_nonnull (strstr (play.error.message, "one region after the other, 'eu-west-3' now"));
	play_end (&play);
}
END_TEST

int
main (void)
{
	const struct unit_case cases[] = {
		{ "test-aws-hints-retry-after", plain_retry_after, 3 }, { "test-aws-hints-region", wrong_region, 0 },
	};
	return unit_run ("aws-hints", cases, COUNT_OF (cases));
}
