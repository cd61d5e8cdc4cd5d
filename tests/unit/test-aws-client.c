/* test-aws-client.c: what requests have in common: clocks that differ, secrets that stay, settings and environment. */
#include "aws-script.h"

#include "text.h"

/* ---- clocks ------------------------------------------------------------------------------------- */

static int64_t
behind (void)
{
	int64_t time;
	ck_assert_int_eq (text_time ("2026-11-25T10:00:00Z", &time), 0);
	return time;
}

#define SKEWED "HTTP/1.1 403 Forbidden\r\nDate: Wed, 25 Nov 2026 10:20:00 GMT\r\n\r\n<Error><Code>RequestTimeTooSkewed</Code></Error>"

START_TEST (skew_is_learned_once)
{
	PLAY (play, { .reply = SKEWED }, { .reply = OK });
	play_host (&play);
	play.host.wall = behind;
	play.settings.attempts = 1;
	BEGIN (play);
	ck_assert_int_eq (play_get (&play), 0);
	ck_assert (head_has (&play, 0, "x-amz-date: 20261125T100000Z"));
	ck_assert (head_has (&play, 1, "x-amz-date: 20261125T102000Z"));
	ck_assert_int_eq (play_get (&play), 0);
	ck_assert_uint_eq (play.script.asked, 3);
	ck_assert (head_has (&play, 2, "x-amz-date: 20261125T102000Z"));
	struct aws_client *own = play.client;
	ck_assert_int_eq (aws_client_open (&play.host, "again", "s3", &play.settings, &play.client, NULL), 0);
	ck_assert_int_eq (play_get (&play), 0);          /* whoever shares the credentials knows too */
	ck_assert (head_has (&play, 3, "x-amz-date: 20261125T102000Z"));
	aws_client_close (own);
	struct aws_request request;
	const char *url;
	aws_request_begin (&request, play.arena, "GET", "b", "k");
	ck_assert_int_eq (aws_client_presign (play.client, &play.call, &request, behind (), 900 * NS_PER_S, &url, NULL), 0);
	ck_assert_ptr_nonnull (strstr (url, "&X-Amz-Date=20261125T102000Z&"));   /* signed addresses as well */
	play_end (&play);
}
END_TEST

START_TEST (skew_that_stays)
{
	PLAY (play, { .reply = SKEWED });
	play_host (&play);
	play.host.wall = behind;
	BEGIN (play);
	ck_assert_int_eq (play_get (&play), LARDER_E_DENIED);
	ck_assert_uint_eq (play.script.asked, 2);
	ck_assert_str_eq (play.error.message, "cannot do 'k': this machine's clock is 20m00s behind the service's");
	ck_assert_int_eq (play_send (&play, "GET", (struct aws_send) { .plain_errors = true }), 0);
	ck_assert_int_eq (play.reply.fault->skew, 20 * 60 * NS_PER_S);
	play_end (&play);
}
END_TEST

static int64_t ahead;

static int64_t
set_right (void)
{
	return behind () + ahead;
}

#define TOO_SKEWED(date) "HTTP/1.1 403 Forbidden\r\nDate: " date "\r\n\r\n<Error><Code>RequestTimeTooSkewed</Code></Error>"

START_TEST (skew_that_ends)
{
	PLAY (play, { .reply = SKEWED }, { .reply = OK }, { .reply = TOO_SKEWED ("Wed, 25 Nov 2026 10:20:01 GMT") }, { .reply = OK });
	play_host (&play);
	play.host.wall = set_right;
	play.settings.attempts = 1;
	BEGIN (play);
	ck_assert_int_eq (play_get (&play), 0);
	ck_assert (head_has (&play, 1, "x-amz-date: 20261125T102000Z"));
	ahead = 20 * 60 * NS_PER_S;                      /* somebody sets the clock right */
	ck_assert_int_eq (play_get (&play), 0);
	ck_assert (head_has (&play, 2, "x-amz-date: 20261125T104000Z"));
	ck_assert (head_has (&play, 3, "x-amz-date: 20261125T102000Z"));
	play_end (&play);
}
END_TEST

START_TEST (skew_by_head)
{
	PLAY (play, { .reply = "HTTP/1.1 403 Forbidden\r\nDate: Wed, 25 Nov 2026 10:20:00 GMT\r\n\r\n" }, { .reply = SKEWED }, { .reply = OK });
	play_host (&play);
	play.host.wall = behind;
	BEGIN (play);
	ck_assert_int_eq (play_send (&play, "HEAD", (struct aws_send) { .arena = NULL }), 0);
	ck_assert_int_eq (strncmp (play.script.heads[2], "HEAD ", 5), 0);
	ck_assert (head_has (&play, 2, "x-amz-date: 20261125T102000Z"));
	play_end (&play);
}
END_TEST

/* ---- secrets ------------------------------------------------------------------------------------ */

static char logged[20000];

static void
keep_log (int level, const char *format, ...)
{
	size_t length = strlen (logged);
	va_list arguments;
	(void) level;
	va_start (arguments, format);
	vsnprintf (logged + length, sizeof logged - length, format, arguments);
	va_end (arguments);
}

START_TEST (secrets_stay)
{
	PLAY (play, { .reply = REFUSED ("403 Forbidden", "SignatureDoesNotMatch") }, { .reply = NULL });
	play_host (&play);
	play.host.log = keep_log;
	play.settings.access_key = "AKIDEXAMPLE";
	play.settings.secret_key = "verysecretkey";
	play.settings.session_token = "verysecrettoken";
	BEGIN (play);
	ck_assert_int_eq (play_get (&play), LARDER_E_DENIED);
	ck_assert (head_has (&play, 0, "x-amz-security-token: verysecrettoken"));
	ck_assert_ptr_nonnull (strstr (logged, "x-amz-security-token:(hidden)\n\nhost;"));   /* the canonical request is there */
	ck_assert_ptr_null (strstr (logged, "verysecret"));
	ck_assert_ptr_null (memmem (&play.error, sizeof play.error, "verysecret", 10));
	ck_assert_int_eq (play_get (&play), LARDER_E_UNAVAILABLE);
	ck_assert_ptr_null (strstr (logged, "verysecret"));
	ck_assert_ptr_null (memmem (&play.error, sizeof play.error, "verysecret", 10));
	play_end (&play);
}
END_TEST

/* ---- opening ------------------------------------------------------------------------------------ */

START_TEST (environment_fills_gaps)
{
	PLAY (play, { .reply = OK });
	BEGIN (play);
	struct aws_settings settings = { .attempts = 1 };
	struct aws_client *client;
	setenv ("AWS_ACCESS_KEY_ID", "EA", 1);
	setenv ("AWS_SECRET_ACCESS_KEY", "ES", 1);
	ck_assert_int_eq (aws_client_open (&play.host, "objects", "s3", &settings, &client, &play.error), LARDER_E_INVALID);
	ck_assert_ptr_nonnull (strstr (play.error.message, "no region"));
	setenv ("AWS_DEFAULT_REGION", "eu-west-2", 1);
	ck_assert_int_eq (aws_client_open (&play.host, "objects", "s3", &settings, &client, &play.error), 0);
	ck_assert_str_eq (aws_client_region (client), "eu-west-2");
	ck_assert_ptr_null (aws_client_endpoint (client));
	ck_assert (!aws_client_signs_payload (client));
	aws_client_close (client);
	setenv ("AWS_REGION", "eu-west-3", 1);
	setenv ("AWS_ENDPOINT_URL", "http://127.0.0.1:1", 1);
	ck_assert_int_eq (aws_client_open (&play.host, "objects", "s3", &settings, &client, &play.error), 0);
	ck_assert_str_eq (aws_client_region (client), "eu-west-3");
	ck_assert_str_eq (aws_client_endpoint (client), "http://127.0.0.1:1");
	ck_assert (aws_client_signs_payload (client));
	aws_client_close (client);
	setenv ("AWS_ENDPOINT_URL_S3", "https://127.0.0.1:2", 1);
	ck_assert_int_eq (aws_client_open (&play.host, "objects", "s3", &settings, &client, &play.error), 0);
	ck_assert_str_eq (aws_client_endpoint (client), "https://127.0.0.1:2");
	aws_client_close (client);
	settings.endpoint = "http://127.0.0.1:3";
	settings.region = "written";
	ck_assert_int_eq (aws_client_open (&play.host, "objects", "s3", &settings, &client, &play.error), 0);
	ck_assert_str_eq (aws_client_endpoint (client), "http://127.0.0.1:3");
	ck_assert_str_eq (aws_client_region (client), "written");
	aws_client_close (client);
	settings.endpoint = NULL;
	setenv ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true", 1);
	ck_assert_int_eq (aws_client_open (&play.host, "objects", "s3", &settings, &client, &play.error), 0);
	ck_assert_ptr_null (aws_client_endpoint (client));
	aws_client_close (client);
	settings.fips = true;
	settings.endpoint = "http://127.0.0.1:3";
	ck_assert_int_eq (aws_client_open (&play.host, "objects", "s3", &settings, &client, &play.error), LARDER_E_INVALID);
	play_end (&play);
}
END_TEST

static const char *
where (struct play *play, const struct aws_settings *settings)
{
	struct aws_client *client;
	struct aws_request request;
	const char *url = NULL;
	play->error = (struct larder_error) LARDER_ERROR_INIT;
	if (aws_client_open (&play->host, "objects", "s3", settings, &client, &play->error) < 0)
		return play->error.message;
	aws_request_begin (&request, play->arena, "GET", "photos", "k");
	ck_assert_int_eq (aws_client_url (client, &request, &url, NULL), 0);
	aws_client_close (client);
	return url;
}

/* Region, endpoint and kind of endpoint: written, else environment, else profile; an endpoint of one's own has no kinds. */
START_TEST (profile_and_switches)
{
	PLAY (play, { .reply = OK });
	BEGIN (play);
	char path[] = "/tmp/larder-test-config-XXXXXX";
	int fd = mkstemp (path);
	static const char text[] = "[default]\nregion = eu-west-1\nuse_dualstack_endpoint = true\n[profile local]\nservices = near\nendpoint_url = http://127.0.0.1:7\n"
	                           "[services near]\ns3 =\n  endpoint_url = http://127.0.0.1:8\n[profile other]\nregion = eu-west-2\nservices = near\nuse_fips_endpoint = true\n"
	                           "[profile alone]\nregion = eu-west-2\nendpoint_url = http://127.0.0.1:7\nignore_configured_endpoint_urls = true\n";
	ck_assert_int_eq (write (fd, text, sizeof text - 1), sizeof text - 1);
	close (fd);
	setenv ("AWS_CONFIG_FILE", path, 1);
	struct aws_settings settings = { .attempts = 1 };
	ck_assert_str_eq (where (&play, &settings), "https://photos.s3.dualstack.eu-west-1.amazonaws.com/k");
	setenv ("AWS_USE_DUALSTACK_ENDPOINT", "false", 1);
	setenv ("AWS_USE_FIPS_ENDPOINT", "true", 1);
	ck_assert_str_eq (where (&play, &settings), "https://photos.s3-fips.eu-west-1.amazonaws.com/k");
	settings.fips = AWS_SWITCH_NO;
	settings.dual_stack = AWS_SWITCH_YES;
	settings.region = "eu-north-1";
	ck_assert_str_eq (where (&play, &settings), "https://photos.s3.dualstack.eu-north-1.amazonaws.com/k");
	settings = (struct aws_settings) { .attempts = 1, .profile = "local" };
	ck_assert_str_eq (where (&play, &settings), "http://127.0.0.1:8/photos/k");        /* AWS_USE_FIPS_ENDPOINT is about AWS's own */
	setenv ("AWS_ENDPOINT_URL", "http://127.0.0.1:6", 1);
	ck_assert_str_eq (where (&play, &settings), "http://127.0.0.1:6/photos/k");
	settings.profile = "alone";                                                        /* it wants none but AWS's, unless the variable says otherwise */
	ck_assert_str_eq (where (&play, &settings), "https://photos.s3-fips.eu-west-2.amazonaws.com/k");
	setenv ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false", 1);
	ck_assert_str_eq (where (&play, &settings), "http://127.0.0.1:6/photos/k");
	setenv ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true", 1);
	settings.profile = "other";
	ck_assert_str_eq (where (&play, &settings), "https://photos.s3-fips.eu-west-2.amazonaws.com/k");
	settings = (struct aws_settings) { .attempts = 1, .access_key = "A", .secret_key = "S" };     /* keys of its own: AWS's files are not read */
	ck_assert_ptr_nonnull (strstr (where (&play, &settings), "no region"));
	unlink (path);
	play_end (&play);
}
END_TEST

START_TEST (addresses)
{
	PLAY (play, { .reply = OK });
	BEGIN (play);
	struct aws_request request;
	const char *url;
	aws_request_begin (&request, play.arena, "GET", "b", "a b/\xc3\xbc");
	aws_request_query (&request, "versionId", "v");
	ck_assert_int_eq (aws_client_url (play.client, &request, &url, NULL), 0);
	ck_assert_str_eq (url, arena_printf (play.arena, "%s/b/a%%20b/%%C3%%BC?versionId=v", play.endpoint));
	ck_assert_int_eq (aws_client_presign (play.client, &play.call, &request, behind (), 900 * NS_PER_S, &url, NULL), 0);
	ck_assert_ptr_nonnull (strstr (url, "/b/a%20b/%C3%BC?versionId=v&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20261125%2F"));
	ck_assert_ptr_nonnull (strstr (url, "&X-Amz-Date=20261125T100000Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Signature="));
	play_end (&play);
}
END_TEST

int
main (void)
{
	const struct unit_case cases[] = {
		{ "test-aws-client-skew-learned", skew_is_learned_once, 0 }, { "test-aws-client-skew-stays", skew_that_stays, 0 },
		{ "test-aws-client-skew-ends", skew_that_ends, 0 },
		{ "test-aws-client-skew-by-head", skew_by_head, 0 }, { "test-aws-client-secrets-stay", secrets_stay, 0 },
		{ "test-aws-client-environment", environment_fills_gaps, 0 }, { "test-aws-client-addresses", addresses, 0 },
		{ "test-aws-client-profile-and-switches", profile_and_switches, 0 },
	};
	return unit_run ("aws-client", cases, COUNT_OF (cases));
}
