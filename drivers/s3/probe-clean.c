/* probe-clean.c: a probe leaves nothing: what it made is removed, and looked for again. */
#include "probe.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "error.h"

#define ROUNDS 4                               /* a key may hide another until it is gone */

/* What a listing still has. (s3_reply_list refuses a page with a key that does not begin with what was asked for.) */
struct left { struct probe *probe; struct probe_made *at; size_t count, room; };

static int
on_left (void *context, const struct larder_info *info, struct larder_error *error)
{
	struct left *left = context;
	struct larder_arena *arena = left->probe->arena;
	if (left->count == left->room)
		return 0;                              /* the next round has the others */
	left->at[left->count] = (struct probe_made) { arena_copy (arena, info->key), arena_copy (arena, info->version) };
	return left->at[left->count++].key ? 0 : larder_fail_memory (error);
}

static int
on_open (void *context, const struct larder_upload *upload, struct larder_error *error)
{
	struct probe *probe = context;
	const char *key = arena_copy (probe->arena, upload->key), *id = arena_copy (probe->arena, upload->id);
	return strncmp (upload->key, probe->request->prefix, strlen (probe->request->prefix)) == 0 ? probe_note (probe, key, id, error) : 0;
}

/* One that was begun and whose answer was lost: the key of all of them is known. */
static int
find_uploads (struct probe *probe, struct larder_error *error)
{
	struct s3_exchange exchange = { .arena = probe->arena };
	struct larder_page page = { .size = sizeof page };
	struct probe_answer answer;
	const struct larder_list list = { .size = sizeof list, .bucket = probe->request->bucket, .prefix = probe_key (probe, "upload"), .delimiter = "" };
	int code = s3_request_uploads (&exchange.request, probe->arena, &probe->every, &list, error);
	code = probe_send (probe, code, &exchange, &answer, error);
	if (code == 0 && probe_ok (&answer))
		(void) s3_reply_uploads (answer.body, answer.length, &list, probe->arena, on_open, probe, &page, NULL);
	return code;
}

static int
abort_uploads (struct probe *probe, struct larder_error *error)
{
	int code = 0;
	for (size_t i = 0; i < probe->made_count && code == 0; i++) {
		struct s3_exchange exchange = { .arena = probe->arena };
		struct probe_answer answer;
		const struct larder_upload upload = { sizeof upload, probe->request->bucket, probe->made[i].key, probe->made[i].upload, 0, false };
		if (upload.id) {
			code = s3_request_upload_abort (&exchange.request, probe->arena, &upload, error);
			code = probe_send (probe, code, &exchange, &answer, error);
		}
	}
	return code;
}

/* Where nothing is kept of what was removed, by name, the last first: 'a' before the 'a/b' that it hides. */
static int
remove_made (struct probe *probe, struct larder_error *error)
{
	struct probe_answer answer;
	int code = 0;
	for (size_t i = probe->made_count; i-- > 0 && code == 0;)
		if (!probe->made[i].upload)
			code = probe_delete (probe, probe->made[i].key, NULL, NULL, &answer, error);
	return code;
}

static int
find_left (struct probe *probe, const char *prefix, struct left *left, struct larder_error *error)
{
	struct s3_exchange exchange = { .arena = probe->arena };
	struct larder_page page = { .size = sizeof page };
	struct probe_answer answer;
	const struct larder_list list = {
		.size = sizeof list, .bucket = probe->request->bucket, .prefix = prefix, .delimiter = "", .versions = probe->versioned,
	};
	int code = prefix ? s3_request_list (&exchange.request, probe->arena, &probe->every, &list, error) : larder_fail_memory (error);
	code = probe_send (probe, code, &exchange, &answer, error);
	if (code == 0 && probe_ok (&answer))
		code = s3_reply_list (answer.body, answer.length, probe->s3->server, &list, probe->arena, on_left, left, &page, error);
	else if (code == 0 && (*prefix != '/' || probe_untold (&answer)))     /* to some servers that is no prefix */
		code = s3_exchange_fault (probe->s3, &exchange, error);
	return code;
}

static int
sweep (struct probe *probe, struct left *left, struct larder_error *error)
{
	struct probe_answer answer;
	left->count = 0;
	int code = find_left (probe, probe->request->prefix, left, error);
	if (code == 0)
		code = find_left (probe, arena_printf (probe->arena, "/%s", probe->request->prefix), left, error);
	for (size_t i = 0; i < left->count && code == 0; i++)
		code = probe_delete (probe, left->at[i].key, left->at[i].upload, NULL, &answer, error);
	return code;
}

static int
tell_left (struct probe *probe, const struct left *left, const struct larder_error *why)
{
	char detail[400], next[256];
	if (left->count)
		snprintf (detail, sizeof detail, "of what was made %zu could not be removed, '%.200s' for one", left->count, left->at[0].key);
	else
		snprintf (detail, sizeof detail, "what was made may still be there: %.300s", why->message);
	snprintf (next, sizeof next, "remove what begins with '%.120s' in bucket '%.60s', versions and open uploads too", probe->request->prefix,
	          probe->request->bucket);
	return probe->finding (probe->context, LARDER_FAIL, "left behind", detail, next);
}

int
probe_clean (struct probe *probe, struct larder_error *error)
{
	struct larder_error why = LARDER_ERROR_INIT;
	struct left left = { .probe = probe, .room = 1000 };
	probe->call = probe->request->clean (probe->request->context);
	left.at = arena_alloc (probe->arena, left.room * sizeof *left.at);
	if (!left.at)
		return larder_fail_memory (error);
	int code = probe->versioned ? 0 : remove_made (probe, &why);
	if (code == 0)
		code = find_uploads (probe, &why);         /* late: what was under way when it was interrupted has been done by now */
	if (code == 0)
		code = abort_uploads (probe, &why);
	left.count = 1;
	for (int round = 0; round < ROUNDS && code == 0 && left.count > 0; round++)
		code = sweep (probe, &left, &why);
	return code == 0 && left.count == 0 ? 0 : tell_left (probe, &left, &why);
}
