/* test-aws-identity.c: the credentials in use: one walk for all threads, renewed ahead of their end on a clock of the test's, the
 * old ones while they live; half pairs; programs that print credentials. The provider is a container's agent in this file. */
#include "aws-script.h"

#include "chain.h"
#include "text.h"

#define MINUTES(count) ((int64_t) (count) * 60 * NS_PER_S)

/* ---- an agent that gives keys, counted ---- */

static struct {
	struct server server;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	unsigned asked, hold;                  /* hold: requests up to that number wait until they are let go */
	bool refuse;
	int64_t lifetime;
} agent = { .mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static int64_t now, up;

static int64_t test_wall (void) { return __atomic_load_n (&now, __ATOMIC_SEQ_CST); }
static int64_t test_boot (void) { return __atomic_load_n (&up, __ATOMIC_SEQ_CST); }

static void
pass (int64_t ns)
{
	__atomic_add_fetch (&now, ns, __ATOMIC_SEQ_CST);
	__atomic_add_fetch (&up, ns, __ATOMIC_SEQ_CST);
}

static void
agent_handle (struct peer *peer, void *context)
{
	(void) context;
	while (peer_head (peer)) {
		char body[400], until[32], reply[600];
		pthread_mutex_lock (&agent.mutex);
		unsigned number = ++agent.asked;
		pthread_cond_broadcast (&agent.changed);
		while (number <= agent.hold)
			pthread_cond_wait (&agent.changed, &agent.mutex);
		bool refuse = agent.refuse;
		pthread_mutex_unlock (&agent.mutex);
		snprintf (body, sizeof body, "{\"AccessKeyId\":\"KEY%u\",\"SecretAccessKey\":\"verysecret\",\"Token\":\"T%u\",\"Expiration\":\"%s\"}", number, number,
		          text_from_time (test_wall () + agent.lifetime, until));
		snprintf (reply, sizeof reply, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n%s", refuse ? "403 Forbidden" : "200 OK", refuse ? (size_t) 0 : strlen (body), refuse ? "" : body);
		peer_say (peer, reply);
	}
}

static void
agent_let_go (void)
{
	pthread_mutex_lock (&agent.mutex);
	agent.hold = 0;
	pthread_cond_broadcast (&agent.changed);
	pthread_mutex_unlock (&agent.mutex);
}

static void
agent_wait_asked (unsigned count)
{
	pthread_mutex_lock (&agent.mutex);
	while (agent.asked < count)
		pthread_cond_wait (&agent.changed, &agent.mutex);
	pthread_mutex_unlock (&agent.mutex);
}

/* ---- an identity that asks it ---- */

struct scene {
	struct larder_host host;
	struct larder_arena *arena;
	struct aws_identity *identity;
	char key[96], url[64];
};

static void
scene_begin (struct scene *scene, bool test_clock)
{
	*scene = (struct scene) { .host = module_host, .arena = arena_new () };
	if (test_clock) {
		scene->host.wall = test_wall;
		scene->host.boot = test_boot;
	}
	now = clock_wall () / NS_PER_S * NS_PER_S;
	up = MINUTES (1000);
	agent.lifetime = MINUTES (60);
	server_start (&agent.server, agent_handle, NULL, NULL);
	snprintf (scene->url, sizeof scene->url, "http://127.0.0.1:%u/container", agent.server.port);
	struct aws_identity_settings settings = { .name = "objects", .region = "us-east-1", .order = { AWS_CONTAINER }, .count = 1 };
	settings.around.values[AWS_VAR_CONTAINER_CREDENTIALS_FULL_URI] = scene->url;
	ck_assert_int_eq (aws_identity_share (&scene->host, &settings, scene->key, &scene->identity, NULL), 0);
}

static void
scene_end (struct scene *scene)
{
	scene->host.unshare (scene->key);
	server_stop (&agent.server);
	arena_free (scene->arena);
}

static struct aws_credentials
take (struct scene *scene)
{
	struct aws_credentials who = { NULL, NULL, NULL };
	struct larder_error error = LARDER_ERROR_INIT;
	struct larder_call call = { .arena = scene->arena, .cancel_fd = -1 };
	int code = aws_identity_get (scene->identity, &call, scene->arena, &who, &error);
	ck_assert_msg (code == 0, "%s", error.message);
	return who;
}

/* ---- many threads ---- */

struct taker {
	struct scene *scene;
	pthread_t thread;
	struct larder_call call;
	struct larder_arena *arena;
	struct aws_credentials who;
	struct larder_error error;
	int code;
	atomic_bool waits;                     /* for its own answer, or for the other's: both look at its cancel */
};

static int
watched_cancel_fd (struct larder_call *call)
{
	struct taker *taker = call ? call->progress_context : NULL;
	if (taker && !atomic_load (&taker->waits)) {
		pthread_mutex_lock (&agent.mutex);
		atomic_store (&taker->waits, true);
		pthread_cond_broadcast (&agent.changed);
		pthread_mutex_unlock (&agent.mutex);
	}
	return module_host.cancel_fd (call);
}

static void *
taker_run (void *context)
{
	struct taker *taker = context;
	taker->code = aws_identity_get (taker->scene->identity, &taker->call, taker->arena, &taker->who, &taker->error);
	return NULL;
}

static void
taker_start (struct taker *taker, struct scene *scene)
{
	*taker = (struct taker) { .scene = scene, .arena = arena_new (), .error = LARDER_ERROR_INIT };
	taker->call = (struct larder_call) { .arena = taker->arena, .cancel_fd = eventfd (0, EFD_CLOEXEC), .progress_context = taker };
	pthread_create (&taker->thread, NULL, taker_run, taker);
}

static void
taker_end (struct taker *taker)
{
	close (taker->call.cancel_fd);
	arena_free (taker->arena);
}

/* Until it waits for an answer; it must not have it yet. */
static void
taker_wait (const struct taker *taker)
{
	pthread_mutex_lock (&agent.mutex);
	while (!atomic_load (&taker->waits))
		pthread_cond_wait (&agent.changed, &agent.mutex);
	pthread_mutex_unlock (&agent.mutex);
}

/* Promise 21's single flight: whoever comes while the first one asks waits for its answer. */
START_TEST (one_asks_for_all)
{
	struct scene scene;
	struct taker takers[16];
	scene_begin (&scene, false);
	scene.host.cancel_fd = watched_cancel_fd;
	agent.hold = COUNT_OF (takers);
	for (size_t i = 0; i < COUNT_OF (takers); i++)
		taker_start (&takers[i], &scene);
	agent_wait_asked (1);
	for (size_t i = 0; i < COUNT_OF (takers); i++)
		taker_wait (&takers[i]);
	agent_let_go ();
	for (size_t i = 0; i < COUNT_OF (takers); i++) {
		pthread_join (takers[i].thread, NULL);
		ck_assert_int_eq (takers[i].code, 0);
		ck_assert_str_eq (takers[i].who.access_key, "KEY1");
		ck_assert_str_eq (takers[i].who.session_token, "T1");
		taker_end (&takers[i]);
	}
	ck_assert_uint_eq (agent.asked, 1);
	scene_end (&scene);
}
END_TEST

/* The one who asks is cancelled: it ends at once, and another of those who wait asks instead. */
START_TEST (cancelled_while_asking)
{
	struct scene scene;
	struct taker first, other;
	scene_begin (&scene, false);
	agent.hold = 1;
	taker_start (&first, &scene);
	agent_wait_asked (1);
	taker_start (&other, &scene);
	int64_t began = clock_boot ();
	ck_assert_int_eq (eventfd_write (first.call.cancel_fd, 1), 0);
	pthread_join (first.thread, NULL);
	ck_assert_int_eq (first.code, LARDER_E_CANCELLED);
	ck_assert (clock_boot () - began < (int64_t) (1e9 * strtod (getenv ("LARDER_SLOW") ? getenv ("LARDER_SLOW") : "1", NULL)));
	pthread_join (other.thread, NULL);
	ck_assert_int_eq (other.code, 0);
	ck_assert_str_eq (other.who.access_key, "KEY2");
	agent_let_go ();
	taker_end (&first);
	taker_end (&other);
	scene_end (&scene);
}
END_TEST

/* Who only waits is cancelled; the one who asks goes on. */
START_TEST (cancelled_while_waiting)
{
	struct scene scene;
	struct taker first, other;
	scene_begin (&scene, false);
	agent.hold = 1;
	taker_start (&first, &scene);
	agent_wait_asked (1);
	taker_start (&other, &scene);
	ck_assert_int_eq (eventfd_write (other.call.cancel_fd, 1), 0);
	pthread_join (other.thread, NULL);
	ck_assert_int_eq (other.code, LARDER_E_CANCELLED);
	ck_assert_str_eq (other.error.message, "stopped while waiting for credentials");
	agent_let_go ();
	pthread_join (first.thread, NULL);
	ck_assert_int_eq (first.code, 0);
	ck_assert_uint_eq (agent.asked, 1);
	taker_end (&first);
	taker_end (&other);
	scene_end (&scene);
}
END_TEST

/* In the last 15 minutes one renews while the others go on with what they have; in the last 10 they wait. (No time passes while
 * a request is under way: its deadlines are of the same clock.) */
START_TEST (others_go_on_until_it_is_urgent)
{
	struct scene scene;
	struct taker renewing, waiting;
	scene_begin (&scene, true);
	scene.host.cancel_fd = watched_cancel_fd;
	ck_assert_str_eq (take (&scene).access_key, "KEY1");
	pass (MINUTES (46));
	agent.hold = 2;
	taker_start (&renewing, &scene);
	agent_wait_asked (2);
	ck_assert_str_eq (take (&scene).access_key, "KEY1");
	agent_let_go ();
	pthread_join (renewing.thread, NULL);
	ck_assert_str_eq (renewing.who.access_key, "KEY2");
	taker_end (&renewing);
	pass (MINUTES (51));
	agent.hold = 3;
	taker_start (&renewing, &scene);
	agent_wait_asked (3);
	taker_start (&waiting, &scene);
	taker_wait (&waiting);
	agent_let_go ();
	pthread_join (renewing.thread, NULL);
	pthread_join (waiting.thread, NULL);
	ck_assert_str_eq (renewing.who.access_key, "KEY3");
	ck_assert_str_eq (waiting.who.access_key, "KEY3");
	ck_assert_uint_eq (agent.asked, 3);
	taker_end (&renewing);
	taker_end (&waiting);
	scene_end (&scene);
}
END_TEST

/* ---- one thread, and the clock ---- */

START_TEST (renewed_ahead)
{
	static const struct { int64_t life, quiet, due; } cases[] = {
		{ MINUTES (60), MINUTES (44), MINUTES (2) },          /* at 45 */
		{ MINUTES (720), MINUTES (704), MINUTES (2) },        /* 15 minutes before the end, however long they live */
		{ 100 * NS_PER_S, 68 * NS_PER_S, 4 * NS_PER_S },      /* at 70 of 100: not all the time */
		{ 10 * NS_PER_S, 6 * NS_PER_S, 2 * NS_PER_S },
	};
	struct scene scene;
	scene_begin (&scene, true);
	agent.lifetime = cases[_i].life;
	ck_assert_str_eq (take (&scene).access_key, "KEY1");
	for (int64_t gone = 0; gone < cases[_i].quiet; gone += cases[_i].quiet / 4) {
		ck_assert_str_eq (take (&scene).access_key, "KEY1");
		pass (cases[_i].quiet / 4);
	}
	ck_assert_str_eq (take (&scene).access_key, "KEY1");
	ck_assert_uint_eq (agent.asked, 1);
	pass (cases[_i].due);
	ck_assert_str_eq (take (&scene).access_key, "KEY2");
	ck_assert_str_eq (take (&scene).access_key, "KEY2");
	ck_assert_uint_eq (agent.asked, 2);
	scene_end (&scene);
}
END_TEST

/* What cannot be renewed serves while it lives, and is tried to be renewed every half minute; then there is an error. */
START_TEST (old_ones_while_they_live)
{
	struct scene scene;
	struct aws_credentials who;
	struct larder_error error = LARDER_ERROR_INIT;
	struct larder_call call = { .cancel_fd = -1 };
	scene_begin (&scene, true);
	ck_assert_str_eq (take (&scene).access_key, "KEY1");
	agent.refuse = true;
	pass (MINUTES (55));
	for (unsigned i = 0; i < 10; i++)
		ck_assert_str_eq (take (&scene).access_key, "KEY1");
	ck_assert_uint_eq (agent.asked, 2);
	pass (31 * NS_PER_S);
	ck_assert_str_eq (take (&scene).access_key, "KEY1");
	ck_assert_uint_eq (agent.asked, 3);
	pass (MINUTES (5));
	ck_assert_int_eq (aws_identity_get (scene.identity, &call, scene.arena, &who, &error), LARDER_E_DENIED);
	ck_assert_ptr_nonnull (strstr (error.message, "container's credentials: it answers 403"));
	agent.refuse = false;
	ck_assert_str_eq (take (&scene).access_key, "KEY5");
	scene_end (&scene);
}
END_TEST

/* A search that nobody had anything for is not made again for each of a thousand items. */
START_TEST (none_is_remembered)
{
	struct scene scene;
	struct aws_credentials who;
	struct larder_call call = { .cancel_fd = -1 };
	scene_begin (&scene, true);
	agent.refuse = true;
	for (unsigned i = 0; i < 5; i++)
		ck_assert_int_eq (aws_identity_get (scene.identity, &call, scene.arena, &who, NULL), LARDER_E_DENIED);
	ck_assert_uint_eq (agent.asked, 1);
	agent.refuse = false;
	pass (11 * NS_PER_S);
	ck_assert_str_eq (take (&scene).access_key, "KEY2");
	scene_end (&scene);
}
END_TEST

START_TEST (refused_by_the_service)
{
	struct scene scene;
	scene_begin (&scene, true);
	struct aws_credentials first = take (&scene), stranger = { "OTHER", "s", NULL }, nobody = { NULL, NULL, NULL };
	ck_assert (aws_identity_refused (scene.identity, &stranger));       /* somebody has renewed meanwhile: try with those */
	ck_assert (!aws_identity_refused (scene.identity, &nobody));
	ck_assert_str_eq (take (&scene).access_key, "KEY1");
	ck_assert (aws_identity_refused (scene.identity, &first));
	ck_assert_str_eq (take (&scene).access_key, "KEY2");
	ck_assert (aws_identity_refused (scene.identity, &first));          /* the same once more, from a slow thread */
	ck_assert_str_eq (take (&scene).access_key, "KEY2");
	ck_assert_uint_eq (agent.asked, 2);
	scene_end (&scene);
}
END_TEST

/* ---- half pairs, orders ---- */

static int
find (const char *access, const char *secret, const char *token, struct aws_grant *ret, struct larder_error *error)
{
	static const char *const which[3] = { "access-key", "secret-key", "session-token" };
	const struct aws_credentials from = { access, secret, token };
	*error = (struct larder_error) LARDER_ERROR_INIT;
	return aws_take_pair ("backend 'objects'", LARDER_E_DENIED, &from, which, ret, error);
}

START_TEST (half_pairs)
{
	static const struct { const char *access, *secret, *token; int code; const char *names; } cases[] = {
		{ "A", NULL, NULL, LARDER_E_DENIED, "backend 'objects' has access-key, but secret-key is missing" },
		{ NULL, "S ecret", NULL, LARDER_E_DENIED, "backend 'objects' has secret-key, but access-key is missing" },
		{ NULL, NULL, "T", LARDER_E_DENIED, "backend 'objects' has session-token, but access-key is missing" },
		{ "A\n", "S", NULL, LARDER_E_INVALID, "access-key of backend 'objects' holds blanks" },
		{ "A", "S ecret", NULL, LARDER_E_INVALID, "secret-key" },
		{ "A", "S", "T\r\nx: y", LARDER_E_INVALID, "session-token" },
	};
	struct aws_grant grant = { .access_key = "untouched" };
	struct larder_error error;
	for (size_t i = 0; i < COUNT_OF (cases); i++) {
		ck_assert_int_eq (find (cases[i].access, cases[i].secret, cases[i].token, &grant, &error), cases[i].code);
		ck_assert_msg (strstr (error.message, cases[i].names) && error.next[0], "'%s'", error.message);
		ck_assert_ptr_null (strstr (error.message, "ecret "));      /* never the secret itself */
		ck_assert_str_eq (grant.access_key, "untouched");
	}
	ck_assert_int_eq (find (NULL, NULL, NULL, &grant, &error), 0);
	ck_assert_int_eq (find ("A", "S", NULL, &grant, &error), 1);
	ck_assert_ptr_null (grant.session_token);
}
END_TEST

START_TEST (orders)
{
	static const struct { const char *items[4]; const char *profile; const char *order; } cases[] = {
		{ { NULL }, NULL, "012345" }, { { NULL }, "work", "02345" }, { { "no-instance", "no-container" }, NULL, "0123" }, { { "instance" }, NULL, "5" },
		{ { "profile", "environment", "profile" }, NULL, "21" }, { { "environment", "profile" }, "work", "12" }, { { "static", "no-static", "web-identity" }, NULL, "03" },
	};
	for (size_t i = 0; i < COUNT_OF (cases); i++) {
		struct aws_identity_settings settings = { .profile = cases[i].profile };
		char order[AWS_PROVIDER_COUNT + 1] = "";
		ck_assert_int_eq (aws_chain_order (cases[i].items[0] ? cases[i].items : NULL, &settings, NULL), 0);
		for (unsigned at = 0; at < settings.count; at++)
			order[at] = (char) ('0' + settings.order[at]);
		ck_assert_str_eq (order, cases[i].order);
	}
	static const char *const unknown[] = { "no-such", NULL };
	struct aws_identity_settings settings = { .count = 0 };
	ck_assert_int_eq (aws_chain_order (unknown, &settings, NULL), LARDER_E_INVALID);
}
END_TEST

/* ---- programs ---- */

static int
run (const char *script, int64_t limit, struct larder_call *call, const char **ret, struct larder_error *error)
{
	char shell[] = "/bin/sh", flag[] = "-c", text[400];
	size_t length;
	snprintf (text, sizeof text, "%s", script);
	char *const words[] = { shell, flag, text, NULL };
	*error = (struct larder_error) LARDER_ERROR_INIT;
	return aws_process_run (&module_host, call, call->arena, words, limit, ret, &length, error);
}

START_TEST (programs)
{
	struct larder_call call = { .arena = arena_new (), .cancel_fd = eventfd (0, EFD_CLOEXEC) };
	struct larder_error error;
	const char *text = NULL;
	const int64_t limit = 60 * NS_PER_S;
	ck_assert_int_eq (run ("cat; echo out; echo err >&2", limit, &call, &text, &error), 0);       /* nothing to read there */
	ck_assert_str_eq (text, "out\n");
	ck_assert_int_eq (run ("sleep 5 & exec sleep 5", NS_PER_S / 10, &call, &text, &error), LARDER_E_UNAVAILABLE);
	ck_assert_str_eq (error.message, "'/bin/sh' was not done within 100 ms");
	ck_assert_int_eq (run ("head -c 70000 /dev/zero", limit, &call, &text, &error), LARDER_E_LIMIT);
	ck_assert_int_eq (run ("printf 'one\\ntwo \\033[31m\\n\\n' >&2; echo secret; exit 7", limit, &call, &text, &error), LARDER_E_DENIED);
	ck_assert_str_eq (error.message, "'/bin/sh' exits with 7: two \\x1b[31m");
	ck_assert_int_eq (run ("kill -SEGV $$", limit, &call, &text, &error), LARDER_E_DENIED);
	ck_assert_int_eq (eventfd_write (call.cancel_fd, 1), 0);
	int64_t began = clock_boot ();
	ck_assert_int_eq (run ("exec sleep 600", limit, &call, &text, &error), LARDER_E_CANCELLED);
	ck_assert (clock_boot () - began < 30 * NS_PER_S);
	close (call.cancel_fd);
	arena_free (call.arena);
}
END_TEST

int
main (void)
{
	const struct unit_case cases[] = {
		{ "test-aws-identity-one-asks-for-all", one_asks_for_all, 0 }, { "test-aws-identity-cancelled-while-asking", cancelled_while_asking, 0 },
		{ "test-aws-identity-cancelled-while-waiting", cancelled_while_waiting, 0 }, { "test-aws-identity-others-go-on", others_go_on_until_it_is_urgent, 0 },
		{ "test-aws-identity-renewed-ahead", renewed_ahead, 4 }, { "test-aws-identity-old-ones-while-they-live", old_ones_while_they_live, 0 },
		{ "test-aws-identity-none-is-remembered", none_is_remembered, 0 }, { "test-aws-identity-refused-by-the-service", refused_by_the_service, 0 },
		{ "test-aws-identity-half-pairs", half_pairs, 0 }, { "test-aws-identity-orders", orders, 0 }, { "test-aws-identity-programs", programs, 0 },
	};
	return unit_run ("aws-identity", cases, COUNT_OF (cases));
}
