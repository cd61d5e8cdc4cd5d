/* cmd-cdn-sign.c: larder cdn sign: addresses and cookies that let a viewer in for a while. */
#include "cdn.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "text.h"

enum policy { POLICY_CANNED, POLICY_CUSTOM };
struct sign_flags {
	const char *expires, *from, *ip, *pipeline;
	const char *const *query;
	uint32_t policy;
	bool cookies, recursive, thumbnail;
};
#define AT(field) .at = offsetof (struct sign_flags, field)
static const struct larder_option options[] = {
	{ .key = "expires", .type = LARDER_STRING, AT (expires), .flags = LARDER_REQUIRED, .argument = "TIME", .help = "until when it is valid: 1h, 30m, 7d from now, or a time: 2026-12-24T18:00:00Z" },
	{ .key = "from", .type = LARDER_STRING, AT (from), .argument = "TIME", .help = "from when on: a time, or 10m from now" },
	{ .key = "ip", .type = LARDER_STRING, AT (ip), .argument = "CIDR", .help = "from these network addresses alone: 192.0.2.7 or 192.0.2.0/24" },
	{ .key = "policy", .type = LARDER_ENUM, AT (policy), .def = "canned", .values = "canned|custom", .help = "form of it: custom is longer; what --from, --ip and -r say needs it" },
	{ .key = "cookies", .type = LARDER_BOOL, AT (cookies), .help = "cookies for a browser, a NAME=VALUE a line" },
	{ .key = "recursive", .letter = 'r', .type = LARDER_BOOL, AT (recursive), .help = "all keys that begin so; with --cookies" },
	{ .key = "query", .type = LARDER_LIST, AT (query), .argument = "NAME=VALUE", .help = "what the address ends in, unencoded; may be repeated" },
	{ .key = "thumbnail", .letter = 't', .type = LARDER_BOOL, AT (thumbnail), .help = "of the thumbnail of the picture at KEY" },
	{ .key = "pipeline", .type = LARDER_STRING, AT (pipeline), .def = "image", .argument = "NAME", .help = "the [pipeline] that KEY is of" },
	{ 0 }
};

/* A duration has a unit, a time has a date: a bare number would be seconds for one and milliseconds for another. */
static int
time_from_text (const char *flag, const char *text, int64_t *ret, struct larder_error *error)
{
	int64_t span, now = clock_wall ();
	size_t length = strlen (text);
	if (length && isalpha ((unsigned char) text[length - 1]) && text_duration (text, &span) == 0 && span > 0 && span <= INT64_MAX - now) {
		*ret = now + span;
		return 0;
	}
	if (strchr (text, 'T') && text_time (text, ret) == 0)
		return 0;
	return larder_fail_next (error, LARDER_E_INVALID, "as in 30m, 1h, 7d, or 2026-12-24T18:00:00Z", "--%s '%s' is neither a span with its unit nor a time", flag, text);
}

/* ---- what is told ---- */

static void
json_cookies (struct cli *cli, struct line *line, const char *cookies)
{
	json_put_name (&line->json, "cookies");
	json_put_object (&line->json);
	for (char *at = arena_copy (cli->arena, cookies); at && *at;) {
		char *name = strsep (&at, "=");
		json_member (&line->json, name, strsep (&at, "\n"));
	}
	json_put_object_end (&line->json);
}

static void
tell (struct cli *cli, const struct larder_cdn_sign *request, const char *text, const char *warning)
{
	struct line line;
	char ends[32];
	item_done (cli, 0);
	if (!cli->globals.json) {
		out_printf (cli, request->flags & LARDER_CDN_COOKIES ? "%s" : "%s\n", text);
		return;
	}
	json_line (cli, &line, "signed");
	json_member_bytes (&line.json, "key", request->key);
	if (request->flags & LARDER_CDN_COOKIES)
		json_cookies (cli, &line, text);
	else
		json_member (&line.json, "url", text);
	json_member (&line.json, "expires", text_from_time (request->expires, ends));
	json_member (&line.json, "warning", warning);
	json_line_end (cli, &line);
}

/* ---- one after the other ---- */

struct signing { const struct sign_flags *flags; struct larder_cdn_sign request; const char **warned; };

/* Of several objects once for all that one [cdn] serves. */
static void
warn (struct cli *cli, const struct signing *signing, const char *warning)
{
	if (!warning || (*signing->warned && strcmp (*signing->warned, warning) == 0))
		return;
	*signing->warned = warning;
	say (cli, "warning: %s", warning);
}

static int
sign_one (struct cli *cli, const void *self, const char *text, struct larder_error *error)
{
	const struct signing *signing = self;
	const char *signed_text, *warning = NULL;
	struct larder_cdn_sign request = signing->request;
	request.ret_warning = &warning;
	CLEANUP_STORE struct larder_store *store = NULL;
	int code = cdn_object (cli, &(struct cdn_object) { signing->flags->pipeline, text, signing->flags->thumbnail }, &store, &request.key, error);
	if (code == 0)
		code = larder_cdn_sign (store, cli->arena, &request, &signed_text, error);
	if (code == 0)
		tell (cli, &request, signed_text, warning), warn (cli, signing, warning);
	return code;
}

static int
prepare (struct signing *signing, struct larder_pair **ret_pairs, struct larder_error *error)
{
	const struct sign_flags *flags = signing->flags;
	struct larder_cdn_sign *request = &signing->request;
	*request = (struct larder_cdn_sign) {
		.size = sizeof *request, .viewer = flags->ip,
		.flags = (flags->cookies ? LARDER_CDN_COOKIES : 0u) | (flags->recursive ? LARDER_CDN_BELOW : 0u) | (flags->policy == POLICY_CUSTOM ? LARDER_CDN_CUSTOM : 0u),
	};
	int code = time_from_text ("expires", flags->expires, &request->expires, error);
	if (code == 0 && flags->from)
		code = time_from_text ("from", flags->from, &request->starts, error);
	if (code == 0 && flags->query)
		request->query = pairs_from_list (flags->query, ret_pairs, error, &code);
	return code;
}

static int
run (struct cli *cli, const void *self, struct larder_error *error)
{
	char ends[32];
	const char *warned = NULL;
	CLEANUP_FREE struct larder_pair *pairs = NULL;
	struct signing signing = { .flags = self, .warned = &warned };
	int code = prepare (&signing, &pairs, error);
	if (code == 0)
		code = operands_each (cli, OPEN_CONFIGURED, sign_one, &signing, error);
	if (code == 0 && cli->summary.done)
		say (cli, "valid until %s", text_from_time (signing.request.expires, ends));
	return code;
}

const struct larder_cmd cmd_cdn_sign = {
	.name = "cdn sign", .summary = "print addresses or cookies that let a viewer in for a while", .operands = "KEY…",
	.examples = "larder cdn sign --expires 1h ann/2026/11/cat.png|an address that is valid for an hour\n"
		"larder cdn sign --expires 1h --ip 203.0.113.0/24 --thumbnail ann/2026/11/cat.png|from one network alone, of the thumbnail\n"
		"larder cdn sign --expires 8h --cookies -r images:ann/|cookies that open all of ann's pictures",
	.text = "Signed by the private key of the [backend] that serves the store's [cdn] (signing-key-id, with signing-key-file or signing-key); asks nobody. The distribution must have a key group "
		"with the public half (key-group): without, its edges serve everybody, and a warning says so. No longer than sign-most of the [cdn]. KEY is of the store of the pipeline, STORE:KEY of another.",
	.options = options, .self_size = sizeof (struct sign_flags), .least = 1, .most = -1, .run = run,
};
