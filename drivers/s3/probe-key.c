/* probe-key.c: questions about versions, listings, and keys that servers take for others. */
#include "probe.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "error.h"

/* ---- versions ---- */

static void
no_versions (struct probe *probe, const char *why)
{
	probe_unknown (probe, S3_VERSIONS, why);
	probe_unknown (probe, S3_VERSION_ORDER, why);
	probe_unknown (probe, S3_CREATE_OVER_MARKER, why);
}

/* What the bucket does with them. Nothing of the bucket's own is ever changed: one that keeps none tells nothing. */
static int
ask_state (struct probe *probe, bool *ret_on, struct larder_error *error)
{
	struct s3_exchange exchange = { .arena = probe->arena };
	struct probe_answer answer;
	const char *state = "";
	int code = s3_request_versioning_get (&exchange.request, probe->arena, &probe->every, probe->request->bucket, error);
	code = probe_send (probe, code, &exchange, &answer, error);
	*ret_on = false;
	if (code < 0)
		return code;
	if (!probe_ok (&answer)) {
		no_versions (probe, "not measured: what the bucket does with versions is not told");
		if (!probe_untold (&answer))
			probe_set (probe, S3_VERSIONS, S3_REFUSED, &answer);
		return 0;
	}
	(void) s3_reply_versioning (answer.body, answer.length, probe->arena, &state, NULL);
	*ret_on = strcmp (state, "Enabled") == 0;
	probe->versioned |= *state != '\0';
	if (!*ret_on)
		no_versions (probe, "not measured: this bucket keeps no new versions");
	return 0;
}

int
probe_versions (struct probe *probe, struct larder_error *error)
{
	struct probe_answer first, second, old;
	const char *key = probe_key (probe, "version");
	int code = ask_state (probe, &probe->versions_on, error);
	if (code < 0 || !probe->versions_on)
		return code;
	code = probe_put (probe, &(struct probe_put) { .key = key, .bytes = "first" }, &first, error);
	if (code == 0)
		code = probe_put (probe, &(struct probe_put) { .key = key, .bytes = "second" }, &second, error);
	if (code == 0)
		code = probe_get (probe, key, *first.version ? first.version : NULL, &old, error);
	if (code == 0)
		probe_set (probe, S3_VERSIONS, strcmp (old.body, "first") == 0 ? S3_SUPPORTED : probe_untold (&old) ? PROBE_UNKNOWN : S3_REFUSED, &old);
	return code;
}

static int
list_versions (struct probe *probe, const char *prefix, struct probe_answer *ret, struct larder_error *error)
{
	struct s3_exchange exchange = { .arena = probe->arena };
	const struct larder_list list = { .size = sizeof list, .bucket = probe->request->bucket, .prefix = prefix, .delimiter = "", .versions = true };
	int code = prefix ? s3_request_list (&exchange.request, probe->arena, &probe->every, &list, error) : larder_fail_memory (error);
	return probe_send (probe, code, &exchange, ret, error);
}

/* Newest first, object and marker in turns, as the reply itself has them. */
static bool
in_order (const struct probe_answer *listed, const char *const *versions, size_t count)
{
	const char *at = listed->body;
	for (size_t i = count; at && i-- > 0;)
		at = *versions[i] ? strstr (at, versions[i]) : NULL;
	return at;
}

int
probe_markers (struct probe *probe, struct larder_error *error)
{
	const char *key = probe_key (probe, "marker"), *versions[4];
	struct probe_answer answer = { 0 };
	int code = 0;
	if (!probe->versions_on)
		return 0;
	for (size_t i = 0; i < 4 && code == 0; i++) {
		code = i % 2 ? probe_delete (probe, key, NULL, NULL, &answer, error) : probe_put (probe, &(struct probe_put) { .key = key }, &answer, error);
		versions[i] = code == 0 ? answer.version : "";
	}
	if (code == 0)
		code = list_versions (probe, key, &answer, error);
	if (code < 0)
		return code;
	probe_set (probe, S3_VERSION_ORDER, in_order (&answer, versions, 4) ? S3_SUPPORTED : probe_ok (&answer) ? S3_IGNORED
	           : probe_untold (&answer) ? PROBE_UNKNOWN : S3_REFUSED, &answer);
	code = probe_put (probe, &(struct probe_put) { .key = key, .create_only = true }, &answer, error);
	if (code == 0)
		probe_set (probe, S3_CREATE_OVER_MARKER, probe_ok (&answer) ? S3_SUPPORTED : probe_untold (&answer) ? PROBE_UNKNOWN : S3_REFUSED, &answer);
	return code;
}

/* ---- keys ---- */

/* Each would be 'raw/a' to a server that makes folders of keys. The last begins with a slash, before the scratch prefix. */
int
probe_raw_keys (struct probe *probe, struct larder_error *error)
{
	static const char *const odd[] = { "raw//a", "raw/b/../a", "raw/./a", NULL };
	const char *plain = probe_key (probe, "raw/a");
	struct probe_answer put, get;
	uint8_t state = S3_SUPPORTED;
	int code = probe_put (probe, &(struct probe_put) { .key = plain, .bytes = "plain" }, &put, error);
	for (size_t i = 0; i < sizeof odd / sizeof *odd && code == 0 && state != S3_DESTRUCTIVE; i++) {
		const char *key = odd[i] ? probe_key (probe, odd[i]) : arena_printf (probe->arena, "/%s", plain);
		code = probe_put (probe, &(struct probe_put) { .key = key, .bytes = "odd" }, &put, error);
		if (code == 0 && !probe_ok (&put))
			state = probe_untold (&put) ? PROBE_UNKNOWN : S3_REFUSED;
		if (code == 0)
			code = probe_get (probe, plain, NULL, &get, error);
		if (code == 0 && strcmp (get.body, "odd") == 0)
			state = S3_DESTRUCTIVE;
	}
	if (code == 0)
		probe_set (probe, S3_RAW_KEYS, state, &put);
	return code;
}

struct seen { struct probe *probe; const char *const *names; size_t count, at; bool right; };

static int
on_item (void *context, const struct larder_info *info, struct larder_error *error)
{
	struct seen *seen = context;
	const char *name = info->key + strlen (seen->probe->request->prefix);
	(void) error;
	seen->right = seen->right && seen->at < seen->count && strcmp (name, seen->names[seen->at]) == 0;
	seen->at++;
	return 0;
}

/* Exactly these names, in this order, below a name of ours. */
static int
list (struct probe *probe, const char *below, const char *after, const char *const *names, size_t count, bool *ret_right, struct probe_answer *ret,
      struct larder_error *error)
{
	struct s3_exchange exchange = { .arena = probe->arena };
	const struct larder_list list = {
		.size = sizeof list, .bucket = probe->request->bucket, .prefix = probe_key (probe, below), .delimiter = "",
		.start_after = after ? probe_key (probe, after) : NULL,
	};
	struct seen seen = { probe, names, count, 0, true };
	struct larder_page page = { .size = sizeof page };
	int code = s3_request_list (&exchange.request, probe->arena, &probe->every, &list, error);
	code = probe_send (probe, code, &exchange, ret, error);
	if (code < 0)
		return code;
	*ret_right = probe_ok (ret) && s3_reply_list (ret->body, ret->length, &probe->every, &list, probe->arena, on_item, &seen, &page, NULL) == 0
		&& seen.right && seen.at == count;
	return 0;
}

int
probe_beside (struct probe *probe, struct larder_error *error)
{
	static const char *const both[] = { "beside", "beside/b" };
	struct probe_answer put, listed;
	bool right;
	int code = probe_put (probe, &(struct probe_put) { .key = probe_key (probe, "beside/b") }, &put, error);
	if (code == 0)
		code = probe_put (probe, &(struct probe_put) { .key = probe_key (probe, "beside") }, &put, error);
	if (code < 0)
		return code;
	if (!probe_ok (&put)) {
		probe_set (probe, S3_KEY_BESIDE_PREFIX, probe_untold (&put) ? PROBE_UNKNOWN : S3_REFUSED, &put);
		return 0;
	}
	code = list (probe, "beside", NULL, both, 2, &right, &listed, error);
	if (code == 0)
		probe_set (probe, S3_KEY_BESIDE_PREFIX, right ? S3_SUPPORTED : probe_untold (&listed) ? PROBE_UNKNOWN : S3_IGNORED, &listed);
	return code;
}

/* ---- listings: there is no driver without these ---- */

static int
tell (struct probe *probe, const char *what, bool right, const char *yes, const char *no)
{
	return probe->finding (probe->context, right ? LARDER_PASS : LARDER_FAIL, what, right ? yes : no,
	                       right ? NULL : "this server cannot hold a store: what is missing from a listing is taken for gone");
}

int
probe_listing (struct probe *probe, struct larder_error *error)
{
	static const char *const names[] = { "order/B", "order/a", "order/\xc3\xa9", "order/\xef\xbf\xa0", "order/\xf0\x9f\x8d\x92" };
	struct probe_answer answer;
	bool right;
	int code = 0;
	for (size_t i = sizeof names / sizeof *names; i-- > 0 && code == 0;)
		code = probe_put (probe, &(struct probe_put) { .key = probe_key (probe, names[i]) }, &answer, error);
	if (code == 0)
		code = list (probe, "order/", NULL, names, 5, &right, &answer, error);
	if (code < 0)
		return code;
	bool encoded = strstr (answer.body, "<EncodingType>url</EncodingType>");
	code = tell (probe, "list-order", right, "byte order of the keys", "a listing is not in byte order, or not whole");
	if (code == 0)
		code = list (probe, "order/", names[1], names + 2, 3, &right, &answer, error);
	if (code == 0)
		code = tell (probe, "start-after", right, "gives what comes after", "start-after does not give exactly the keys that come after");
	if (code != 0)
		return code;
	return probe->finding (probe->context, LARDER_NOTE, "encoding-type", encoded ? "keys are listed in URL encoding"
	                       : "keys are listed as XML: those with control characters cannot be told", NULL);
}
