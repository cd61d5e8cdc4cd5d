/* test-aws-tls.c: requests signed and sent over TLS, to a server whose authority the settings name, and to a stranger. */
#include "aws-script.h"
#include "folder.h"
#include "tls-party.h"

struct scene {
	struct party authority, server;
	struct folder folder;
	char *ca_file;
	struct memory_source memory;
	struct larder_source source;
	struct aws_send send;
};

/* The server's side, and a body of five bytes with its hash. */
static void
scene_begin (struct scene *scene, struct play *play)
{
	scene->authority = party_make ("authority of the test", NULL, NULL, -DAY, DAY);
	scene->server = party_make ("server of the test", &scene->authority, "IP:127.0.0.1", -DAY, DAY);
	scene->folder = folder_make ();
	scene->ca_file = party_file (&scene->authority, scene->folder.path);
	memory_source_begin (&scene->memory, "bytes", 5, &scene->source);
	scene->send = (struct aws_send) { .body = &scene->source, .payload_hash = "277089d91c0bdf4f2e6862ba7e4a07605119431f5d13f726dd352b06f1b206a9" };
	play->tls = party_context (&scene->server);
}

static void
scene_end (struct scene *scene, struct play *play)
{
	play_end (play);
	SSL_CTX_free (play->tls);
	party_free (&scene->authority);
	party_free (&scene->server);
	free (scene->ca_file);
	folder_free (&scene->folder);
}

/* The bytes need no signature of their own there: TLS keeps them. One connection serves the retry too. */
START_TEST (trusted)
{
	struct scene scene;
	PLAY (play, { .reply = REFUSED ("500 Oops", "InternalError") }, { .reply = "HTTP/1.1 200 OK\r\nETag: \"e\"\r\n\r\nhello" });
	scene_begin (&scene, &play);
	play.settings.ca_file = scene.ca_file;
	BEGIN (play);
	int code = play_send (&play, "PUT", scene.send);
	ck_assert_msg (code == 0, "%s", play.error.message);
	ck_assert_int_eq (play.reply.status, 200);
	ck_assert_str_eq (play.reply.body, "hello");
	ck_assert_str_eq (aws_reply_header (&play.reply, "etag"), "\"e\"");
	ck_assert_uint_eq (play.reply.attempts, 2);
	ck_assert_uint_eq (play.script.asked, 2);
	ck_assert_uint_eq (play.script.server.connections, 1);
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_str_eq (play.script.bodies[i], "bytes");
		ck_assert (head_has (&play, i, "\r\nx-amz-content-sha256: " AWS_UNSIGNED_PAYLOAD "\r\n"));
		ck_assert (head_has (&play, i, "\r\nauthorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"));
	}
	scene_end (&scene, &play);
}
END_TEST

START_TEST (signed_all_the_same)
{
	struct scene scene;
	PLAY (play, { .reply = OK });
	scene_begin (&scene, &play);
	play.settings.ca_file = scene.ca_file;
	play.settings.payload_signing = AWS_PAYLOAD_YES;
	BEGIN (play);
	ck_assert_int_eq (play_send (&play, "PUT", scene.send), 0);
	ck_assert (head_has (&play, 0, scene.send.payload_hash));
	scene_end (&scene, &play);
}
END_TEST

/* Nobody is told who we are before he has shown who he is; and asking a stranger again is of no use. */
START_TEST (stranger)
{
	struct scene scene;
	PLAY (play, { .reply = OK });
	scene_begin (&scene, &play);
	BEGIN (play);
	ck_assert_int_eq (play_send (&play, "PUT", scene.send), LARDER_E_UNAVAILABLE);
	ck_assert_ptr_nonnull (strstr (play.error.message, "cannot do 'k': cannot trust '127.0.0.1:"));
	ck_assert_ptr_nonnull (strstr (play.error.next, "ca-file"));
	ck_assert_uint_eq (play.script.asked, 0);
	ck_assert_uint_eq (play.script.server.connections, 1);
	scene_end (&scene, &play);
}
END_TEST

int
main (void)
{
	const struct unit_case cases[] = {
		{ "test-aws-tls-trusted", trusted, 0 }, { "test-aws-tls-signed", signed_all_the_same, 0 }, { "test-aws-tls-stranger", stranger, 0 },
	};
	return unit_run ("aws-tls", cases, COUNT_OF (cases));
}
