/* test-http-tls.c: who is trusted, with certificates made here: the authority that was named and nobody else. */
#include "http-server.h"
#include "http-client.h"

#include "folder.h"
#include "tls-party.h"
#include "unit.h"

/* A server with this certificate, and a file with the authority that the client may trust. */
struct stage {
	struct party authority, server_party;
	SSL_CTX *context;
	struct folder folder;
	char *ca_file;
	struct server server;
	struct client client;
};

static void
answer (struct peer *peer, void *context)
{
	(void) context;
	while (peer_head (peer)) {
		size_t length = peer_length (peer);
		char *body = malloc (length + 1), head[100];
		bool whole = peer_body (peer, body, length);
		snprintf (head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", length);
		whole = whole && peer_say (peer, head) && peer_write (peer, body, length);
		free (body);
		if (!whole)
			return;
	}
}

static void
stage_begin (struct stage *stage, const char *names, long from, long to, server_fn handle)
{
	*stage = (struct stage) { .client = { .scheme = "https" } };
	stage->authority = party_make ("authority of the test", NULL, NULL, -DAY, DAY);
	stage->server_party = party_make ("server of the test", &stage->authority, names, from, to);
	stage->context = party_context (&stage->server_party);
	stage->folder = folder_make ();
	stage->ca_file = party_file (&stage->authority, stage->folder.path);
	server_start (&stage->server, handle, &stage->client, stage->context);
}

static void
stage_end (struct stage *stage)
{
	client_close (&stage->client);
	server_stop (&stage->server);
	SSL_CTX_free (stage->context);
	party_free (&stage->authority);
	party_free (&stage->server_party);
	free (stage->ca_file);
	folder_free (&stage->folder);
}

static void
check_distrust (struct stage *stage, const char *cause)
{
	int code = client_do (&stage->client, "GET", "/", NULL);
	client_check_failure (&stage->client, code, LARDER_E_UNAVAILABLE, HTTP_NOT_SENT, "cannot trust '127.0.0.1:", cause, NULL);
	ck_assert (stage->client.reply.lasting);
	ck_assert_ptr_nonnull (strstr (stage->client.error.next, "ca-file"));
	ck_assert_uint_eq (stage->server.requests, 0);
}

START_TEST (trusted)
{
	struct stage stage;
	stage_begin (&stage, "IP:127.0.0.1", -DAY, DAY, answer);
	stage.client.options.ca_file = stage.ca_file;
	client_open (&stage.client, stage.server.port);
	size_t count = 3 * 1024 * 1024 + 1;
	char *bytes = pattern_make (count);
	struct memory_source memory;
	struct larder_source source;
	memory_source_begin (&memory, bytes, count, &source);
	for (int i = 0; i < 3; i++) {
		client_must (&stage.client, "PUT", "/", &source, 200);
		ck_assert_uint_eq (stage.client.body.length, count);
		ck_assert_int_eq (memcmp (stage.client.body.at, bytes, count), 0);
		ck_assert (stage.client.reply.reused == (i > 0));
	}
	ck_assert_uint_eq (stage.server.connections, 1);
	free (bytes);
	stage_end (&stage);
}
END_TEST

/* A folder of certificates, each under its hash, is as good as a file: as the system has them. A folder without is no trust. */
START_TEST (trusted_folder)
{
	struct stage stage;
	stage_begin (&stage, "IP:127.0.0.1", -DAY, DAY, answer);
	stage.client.options.ca_file = stage.folder.path;
	char *link = NULL;
	ck_assert_int_gt (asprintf (&link, "%s/%08lx.0", stage.folder.path, X509_NAME_hash_ex (X509_get_subject_name (stage.authority.certificate), NULL, NULL, NULL)), 0);
	ck_assert_int_eq (symlink ("ca.pem", link), 0);
	client_open (&stage.client, stage.server.port);
	client_must (&stage.client, "GET", "/", NULL, 200);
	client_close (&stage.client);
	ck_assert_int_eq (unlink (link), 0);
	client_open (&stage.client, stage.server.port);
	ck_assert_int_eq (client_do (&stage.client, "GET", "/", NULL), LARDER_E_INVALID);
	ck_assert_ptr_nonnull (strstr (stage.client.error.message, "no certificates to trust"));
	client_close (&stage.client);
	stage.client.options.ca_file = stage.ca_file;
	client_open (&stage.client, stage.server.port);
	free (link);
	stage_end (&stage);
}
END_TEST

/* The system's certificates do not hold the authority of this test. */
START_TEST (unknown_authority)
{
	struct stage stage;
	stage_begin (&stage, "IP:127.0.0.1", -DAY, DAY, answer);
	client_open (&stage.client, stage.server.port);
	check_distrust (&stage, "unable to get local issuer certificate");
	stage_end (&stage);
}
END_TEST

START_TEST (self_signed)
{
	struct stage stage;
	stage_begin (&stage, "IP:127.0.0.1", -DAY, DAY, answer);
	struct party own = party_make ("server of its own", NULL, "IP:127.0.0.1", -DAY, DAY);
	SSL_CTX_use_certificate (stage.context, own.certificate);
	SSL_CTX_use_PrivateKey (stage.context, own.key);
	stage.client.options.ca_file = stage.ca_file;
	client_open (&stage.client, stage.server.port);
	check_distrust (&stage, "self-signed certificate");
	party_free (&own);
	stage_end (&stage);
}
END_TEST

START_TEST (other_name)
{
	struct stage stage;
	stage_begin (&stage, "DNS:server.test,IP:127.0.0.2", -DAY, DAY, answer);
	stage.client.options.ca_file = stage.ca_file;
	client_open (&stage.client, stage.server.port);
	check_distrust (&stage, "127.0.0.1");
	stage_end (&stage);
}
END_TEST

START_TEST (expired)
{
	struct stage stage;
	stage_begin (&stage, "IP:127.0.0.1", -2 * DAY, -DAY, answer);
	stage.client.options.ca_file = stage.ca_file;
	client_open (&stage.client, stage.server.port);
	check_distrust (&stage, "certificate has expired");
	stage_end (&stage);
}
END_TEST

/* Trust is of each pool: one that trusts leaves another one's distrust alone. */
START_TEST (trust_is_not_shared)
{
	struct stage stage;
	struct client other = { .scheme = "https" };
	stage_begin (&stage, "IP:127.0.0.1", -DAY, DAY, answer);
	other.options.ca_file = stage.ca_file;
	client_open (&other, stage.server.port);
	client_open (&stage.client, stage.server.port);
	client_must (&other, "GET", "/", NULL, 200);
	int code = client_do (&stage.client, "GET", "/", NULL);
	client_check_failure (&stage.client, code, LARDER_E_UNAVAILABLE, HTTP_NOT_SENT, "cannot trust", NULL);
	client_must (&other, "GET", "/", NULL, 200);
	client_close (&other);
	stage_end (&stage);
}
END_TEST

START_TEST (old_protocol)
{
	struct stage stage;
	stage_begin (&stage, "IP:127.0.0.1", -DAY, DAY, answer);
	SSL_CTX_set_security_level (stage.context, 0);
	SSL_CTX_set_min_proto_version (stage.context, TLS1_VERSION);
	SSL_CTX_set_max_proto_version (stage.context, TLS1_1_VERSION);
	stage.client.options.ca_file = stage.ca_file;
	client_open (&stage.client, stage.server.port);
	int code = client_do (&stage.client, "GET", "/", NULL);
	client_check_failure (&stage.client, code, LARDER_E_UNAVAILABLE, HTTP_NOT_SENT, "no TLS with '127.0.0.1:", NULL);
	stage_end (&stage);
}
END_TEST

static void
plain (struct peer *peer, void *context)
{
	char byte;
	(void) context;
	if (peer_read (peer, &byte, 1) == 1)
		peer_say (peer, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
	peer_wait_gone (peer);
}

START_TEST (no_tls_there)
{
	struct server server;
	struct client client = { .scheme = "https" };
	server_start (&server, plain, NULL, NULL);
	client_open (&client, server.port);
	int code = client_do (&client, "GET", "/", NULL);
	client_check_failure (&client, code, LARDER_E_UNAVAILABLE, HTTP_NOT_SENT, "no TLS with '127.0.0.1:", NULL);
	client_close (&client);
	server_stop (&server);
}
END_TEST

START_TEST (ca_file_is_looked_for_at_once)
{
	struct http *http = NULL;
	struct http_options options = { .ca_file = "/nowhere/ca.pem" };
	struct larder_error error = LARDER_ERROR_INIT;
	ck_assert_int_eq (http_open (&module_host, &options, &http, &error), LARDER_E_INVALID);
	ck_assert_ptr_nonnull (strstr (error.message, "/nowhere/ca.pem"));
	ck_assert_ptr_null (http);
}
END_TEST

/* A whole machine's certificates cost more than a command without TLS: there nobody looks into the file. */
START_TEST (ca_file_is_read_for_tls)
{
	struct server server;
	struct client client = { .options.ca_file = "/dev/null" };
	server_start (&server, answer, NULL, NULL);
	client_open (&client, server.port);
	client_must (&client, "GET", "/", NULL, 200);
	client_close (&client);
	client.scheme = "https";
	client_open (&client, server.port);
	ck_assert_int_eq (client_do (&client, "GET", "/", NULL), LARDER_E_INVALID);
	ck_assert_ptr_nonnull (strstr (client.error.message, "no certificates to trust in '/dev/null'"));
	client_close (&client);
	server_stop (&server);
}
END_TEST

/* Goes without a word while it is sent a body: no signal ends the process. */
static void
vanish (struct peer *peer, void *context)
{
	(void) context;
	peer_head (peer);
}

START_TEST (gone_while_sending)
{
	struct stage stage;
	stage_begin (&stage, "IP:127.0.0.1", -DAY, DAY, vanish);
	stage.client.options.ca_file = stage.ca_file;
	client_open (&stage.client, stage.server.port);
	char *bytes = pattern_make (8 << 20);
	struct memory_source memory;
	struct larder_source source;
	memory_source_begin (&memory, bytes, 8 << 20, &source);
	int code = client_do (&stage.client, "PUT", "/", &source);
	client_check_failure (&stage.client, code, LARDER_E_UNAVAILABLE, HTTP_NOT_SENT, "closed the connection without a reply", NULL);
	free (bytes);
	stage_end (&stage);
}
END_TEST

static void
mute (struct peer *peer, void *context)
{
	if (peer_head (peer))
		client_cancel (context);
	peer_wait_gone (peer);
}

START_TEST (cancel)
{
	struct stage stage;
	stage_begin (&stage, "IP:127.0.0.1", -DAY, DAY, mute);
	stage.client.options.ca_file = stage.ca_file;
	client_open (&stage.client, stage.server.port);
	int code = client_do (&stage.client, "GET", "/", NULL);
	client_check_failure (&stage.client, code, LARDER_E_CANCELLED, HTTP_SENT, "cancelled", NULL);
	stage_end (&stage);
}
END_TEST

int
main (void)
{
	const struct unit_case cases[] = {
		{ "test-http-tls-trusted", trusted, 0 }, { "test-http-tls-trusted-folder", trusted_folder, 0 },
		{ "test-http-tls-unknown-authority", unknown_authority, 0 },
		{ "test-http-tls-self-signed", self_signed, 0 },
		{ "test-http-tls-other-name", other_name, 0 },
		{ "test-http-tls-expired", expired, 0 },
		{ "test-http-tls-trust-is-not-shared", trust_is_not_shared, 0 },
		{ "test-http-tls-old-protocol", old_protocol, 0 },
		{ "test-http-tls-no-tls-there", no_tls_there, 0 },
		{ "test-http-tls-ca-file-is-looked-for-at-once", ca_file_is_looked_for_at_once, 0 },
		{ "test-http-tls-ca-file-is-read-for-tls", ca_file_is_read_for_tls, 0 },
		{ "test-http-tls-gone-while-sending", gone_while_sending, 0 },
		{ "test-http-tls-cancel", cancel, 0 },
	};
	return unit_run ("http-tls", cases, COUNT_OF (cases));
}
