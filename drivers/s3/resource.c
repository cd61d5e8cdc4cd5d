/* resource.c: a bucket, who may read it and what is copied from it, as resources. Settings are read and written one after another. */
#include "s3.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "bucket-name.h"
#include "buffer.h"
#include "error.h"
#include "lines.h"
#include "resource-paths.h"
#include "role.h"
#include "setting.h"
#include "traps.h"
#include "words.h"

/* One operation on one resource. */
struct work {
	struct s3 *s3;
	struct larder_call *call;
	const char *type;                /* of the resource */
	struct s3_place place;
	struct lines secrets;
	struct larder_arena *arena;
};

#define CLEANUP_WORK __attribute__ ((cleanup (work_end)))

static void
work_end (struct work *work)
{
	arena_free (work->arena);
}

static int
work_begin (struct work *work, void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error)
{
	struct s3 *s3 = self;
	*work = (struct work) { s3, call, resource->type, { .bucket = resource->identity, .partition = aws_partition (aws_client_region (s3->client)), .region = aws_client_region (s3->client) }, { .arena = NULL }, arena_new () };
	lines_begin (&work->secrets, work->arena);
	return work->arena ? 0 : larder_fail_memory (error);
}

static const struct s3_setting *
next_setting (const struct work *work, size_t *at)
{
	const struct s3_setting *setting;
	while ((setting = s3_setting_at ((*at)++)))
		if (strcmp (setting->type, work->type) == 0 && s3_server_can (work->s3->server, setting->feature))
			break;
	return setting;
}

/* ---- who reads by a secret ---- */

static int
no_secret (void *argument, void **ret_object, struct larder_error *error)
{
	(void) argument, (void) ret_object;
	return larder_fail_next (error, LARDER_E_INVALID, "larder infra apply with the [cdn] that reads this bucket", "the secret of who is to read the bucket is not known here");
}

/* Whoever tells its digest has put it where all of this process find it, so that it is in no line. */
static int
take_secrets (struct work *work, const struct lines *wanted, struct larder_error *error)
{
	int code = 0;
	for (size_t n = 0; code == 0 && n < wanted->count; n++) {
		const struct line *line = &wanted->at[n];
		void *secret;
		if ((!path_matches ("reader[*]", line->path) && !path_matches ("lister[*]", line->path)) || !line->value || !s3_is_by_secret (line->value))
			continue;
		code = larder_host->share (line->value, no_secret, NULL, NULL, &secret, error);
		if (code < 0)
			return code;
		lines_add (&work->secrets, line->value, secret);
		larder_host->unshare (line->value);
	}
	work->place.secrets = &work->secrets;
	return lines_sort (&work->secrets, error);
}

/* ---- reading ---- */

static bool
is_bucket (const struct work *work)
{
	return strcmp (work->type, "bucket") == 0;
}

/* `*ret_there`: the document is the reply's body. Of who may read a bucket and what is copied from it nothing is there without the bucket, too. */
static int
get_setting (const struct work *work, const struct s3_setting *setting, struct s3_exchange *exchange, bool *ret_there, struct larder_error *error)
{
	char verb[80];
	struct larder_error why = LARDER_ERROR_INIT;
	snprintf (verb, sizeof verb, "look at the %s of", setting->name);
	int code = s3_exchange_begin (exchange, error);
	if (code == 0)
		code = s3_exchange_what (exchange, verb, work->place.bucket, NULL, error);
	if (code == 0)
		code = s3_request_setting_get (&exchange->request, exchange->arena, work->s3->server, work->place.bucket, setting, error);
	if (code == 0)
		code = s3_exchange_send (work->s3, work->call, exchange, error);
	*ret_there = code == 0 && s3_exchange_is_ok (exchange);
	if (code < 0 || *ret_there)
		return code;
	code = s3_exchange_fault (work->s3, exchange, &why);
	if ((setting->none && strcmp (why.provider, setting->none) == 0) || (!is_bucket (work) && strcmp (why.provider, "NoSuchBucket") == 0))
		return 0;
	if (error)
		larder_give (error, &why);
	return code;
}

/* Comes with a lifecycle, and not in it; NULL: as the service has it of itself, which is told where it is asked for. */
static const char *
least_size_of (const struct s3_setting *setting, const struct s3_exchange *exchange, bool asked)
{
	const char *size = strcmp (setting->name, "lifecycle") == 0 ? aws_reply_header (&exchange->reply, S3_LEAST_SIZE) : NULL;
	return size && (asked || strcmp (size, S3_LEAST_SIZE_PLAIN) != 0) ? size : NULL;
}

static int
read_setting (const struct work *work, const struct s3_setting *setting, const struct lines *asked, struct lines *lines, struct larder_error *error)
{
	CLEANUP_EXCHANGE struct s3_exchange exchange = { 0 };
	bool there;
	int code = get_setting (work, setting, &exchange, &there, error);
	if (code == 0 && !there)
		lines_add (lines, setting->paths[0], setting->absent);
	if (code == 0 && there)
		lines_add (lines, "least-size", least_size_of (setting, &exchange, lines_find (asked, "least-size")));
	return code == 0 && there ? setting->read (&work->place, exchange.reply.body, exchange.reply.length, lines, error) : code;
}

/* Where nobody says what is asked for, all is. */
static bool
is_looked_at (const struct s3_setting *setting, const struct larder_resource *resource, const struct lines *asked)
{
	return !setting->absent || !resource->desired || lines_find (asked, setting->paths[0]);
}

/* Where a service of the same cloud finds the bucket, by whichever way we come to it. */
static const char *
regional_name (const struct work *work, const char *region)
{
	const struct aws_endpoint_options options = { .service = "s3", .region = region, .addressing = AWS_ADDRESSING_HOST };
	struct aws_endpoint endpoint;
	return !region || aws_endpoint_find (&options, work->place.bucket, work->arena, &endpoint, NULL) < 0 ? NULL : endpoint.host;
}

/* What the service alone decides. One without regions has every bucket where it was asked for. */
static void
tell_facts (const struct work *work, struct s3_exchange *head, const struct lines *asked, struct lines *lines)
{
	const char *url = NULL, *host, *told = aws_reply_header (&head->reply, "x-amz-bucket-region"), *region = told && *told ? told : lines_value (asked, "region");
	lines_add (lines, "id", work->place.bucket);
	lines_add (lines, "arn", arena_printf (work->arena, "arn:%s:s3:::%s", work->place.partition, work->place.bucket));
	lines_add (lines, "region", region);
	if (s3_server_can (work->s3->server, S3_POLICY_READERS)) {
		lines_add (lines, "domain", regional_name (work, region ? region : aws_client_region (work->s3->client)));
		return;
	}
	if (aws_client_url (work->s3->client, &head->request, &url, NULL) < 0 || !(host = strstr (url, "://")))
		return;
	size_t length = strlen (url) - (url[strlen (url) - 1] == '/');
	lines_add (lines, "domain", arena_copy_bytes (work->arena, host + 3, length - (size_t) (host + 3 - url)));
	lines_add (lines, "url", arena_copy_bytes (work->arena, url, length));
}

static int
read_bucket (const struct work *work, const struct lines *asked, bool *ret_there, struct lines *lines, struct larder_error *error)
{
	CLEANUP_EXCHANGE struct s3_exchange exchange = { 0 };
	int code = s3_exchange_begin (&exchange, error);
	if (code == 0)
		code = s3_exchange_what (&exchange, "look at", work->place.bucket, NULL, error);
	if (code == 0)
		code = s3_request_bucket_head (&exchange.request, exchange.arena, work->place.bucket, error);
	if (code == 0)
		code = s3_exchange_send (work->s3, work->call, &exchange, error);
	*ret_there = code == 0 && s3_exchange_is_ok (&exchange);
	if (*ret_there)
		tell_facts (work, &exchange, asked, lines);
	if (code < 0 || *ret_there || exchange.reply.status == 404)
		return code;
	return s3_exchange_refused (work->s3, work->call, &exchange, work->place.bucket, error);
}

/* Statements of somebody else alone are nothing of ours. */
static bool
says_anything (const struct lines *lines)
{
	size_t n = 0;
	while (n < lines->count && path_matches ("statement[*]", lines->at[n].path))
		n++;
	return n < lines->count;
}

static int
read_resource (void *self, struct larder_call *call, const struct larder_resource *resource, larder_line_fn line, void *context, uint32_t *ret_state,
               struct larder_error *error)
{
	CLEANUP_WORK struct work work;
	struct lines lines, asked;
	const struct s3_setting *setting;
	int code = work_begin (&work, self, call, resource, error);
	if (code < 0)
		return code;
	bool there = !is_bucket (&work);         /* what else there is tells its setting */
	lines_begin (&lines, work.arena);
	lines_begin (&asked, work.arena);
	code = resource->desired ? lines_take (&asked, resource->desired, error) : 0;
	if (code == 0 && !there)
		code = read_bucket (&work, &asked, &there, &lines, error);
	for (size_t i = 0; code == 0 && there && (setting = next_setting (&work, &i));)
		if (is_looked_at (setting, resource, &asked))
			code = read_setting (&work, setting, &asked, &lines, error);
	if (code == 0 && resource->desired && !lines_find (&asked, "role"))
		s3_role_own (&work.place, &lines);
	else if (code == 0 && there)
		code = s3_role_tell (self, call, &work.place, lines_value (&asked, "source-key"), &lines, error);
	if (code == 0)
		code = lines_sort (&lines, error);
	*ret_state = there && says_anything (&lines) ? LARDER_RESOURCE_READY : LARDER_RESOURCE_ABSENT;
	return code < 0 ? code : lines_tell (&lines, line, context, error);
}

/* ---- writing ---- */

static int
send_setting (const struct work *work, const struct s3_setting *setting, const struct buffer *document, const char *least_size, struct larder_error *error)
{
	char verb[80];
	CLEANUP_EXCHANGE struct s3_exchange exchange = { 0 };
	snprintf (verb, sizeof verb, "set the %s of", setting->name);
	int code = s3_exchange_begin (&exchange, error);
	if (code == 0)
		code = s3_exchange_what (&exchange, verb, work->place.bucket, NULL, error);
	if (code == 0)
		code = document->length
			? s3_request_setting_put (&exchange.request, exchange.arena, work->s3->server, work->place.bucket, setting, document, least_size, error)
			: s3_request_setting_remove (&exchange.request, exchange.arena, work->s3->server, work->place.bucket, setting, error);
	return code == 0 ? s3_exchange_do (work->s3, work->call, &exchange, error) : code;
}

/* The document as it is at this moment, changed: what others have in it stays. */
static int
write_setting (const struct work *work, const struct s3_setting *setting, const struct lines *desired, struct larder_error *error)
{
	CLEANUP_EXCHANGE struct s3_exchange exchange = { 0 };
	CLEANUP_BUFFER struct buffer document;
	bool there;
	buffer_init (&document, 4 << 20);
	int code = get_setting (work, setting, &exchange, &there, error);
	if (code == 0)
		code = setting->write (&work->place, desired, there ? exchange.reply.body : "", there ? exchange.reply.length : 0, &document, error);
	if (code < 0 || (!there && !document.length))
		return code;
	const char *least_size = there ? least_size_of (setting, &exchange, false) : NULL, *asked = strcmp (setting->name, "lifecycle") == 0 ? lines_value (desired, "least-size") : NULL;
	if (asked)
		least_size = asked;
	else if (least_size && work->place.there && lines_find (work->place.there, "least-size"))
		least_size = S3_LEAST_SIZE_PLAIN;
	return send_setting (work, setting, &document, least_size, error);
}

/* Was the role one of ours? `*ret_own`: and no section asks for one. */
static bool
was_ours (const struct lines *there, bool *ret_own)
{
	const char *role = lines_value (there, "role");
	*ret_own = lines_find (there, "own-role");
	return *ret_own || (role && strncmp (role, "arn:", 4) != 0);
}

/* Rules of somebody else would go with ours, or be left without the role: all of them are one document. */
static int
refuse_others (const struct larder_resource *resource, const struct lines *there, struct larder_error *error)
{
	struct lines ours;
	lines_begin (&ours, there->arena);
	int code = resource->desired ? lines_take (&ours, resource->desired, error) : 0;
	for (size_t n = 0; code == 0 && n < there->count; n++) {
		const char *path = there->at[n].path;
		size_t member = path_member_length (path);
		if (member && !path_matches ("own[*]", path) && !lines_have_below (&ours, path, member))
			code = larder_fail_next (error, LARDER_E_CONFLICT, "take it out there, or make it ours: larder infra apply --adopt", "bucket '%s' is copied by somebody else's %.*s, too", resource->identity,
				(int) member, path);
	}
	return code;
}

/* Who may read it is taken away, and what somebody else says stays. */
static void
keep_statements (const struct lines *there, struct lines *wanted)
{
	for (size_t n = 0; n < there->count; n++)
		if (path_matches ("statement[*]", there->at[n].path))
			lines_add (wanted, there->at[n].path, there->at[n].value);
}

/* `desired` NULL: none of ours is to be there. */
static int
write_settings (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_lines *desired, struct larder_error *error)
{
	CLEANUP_WORK struct work work;
	struct lines wanted, there;
	const struct s3_setting *setting;
	int code = work_begin (&work, self, call, resource, error);
	if (code == 0)
		code = s3_check_writable (self, error);
	lines_begin (&wanted, work.arena);
	lines_begin (&there, work.arena);
	if (code == 0 && desired)
		code = lines_take (&wanted, desired, error);
	if (code == 0 && resource->observed)
		code = lines_take (&there, resource->observed, error);
	if (code == 0 && !desired)
		keep_statements (&there, &wanted);
	if (code == 0)
		code = take_secrets (&work, &wanted, error);
	work.place.there = &there;
	bool own = false, copies = strcmp (resource->type, "replication") == 0, ours = s3_role_asked (&wanted), before = code == 0 && copies && was_ours (&there, &own);
	if (code == 0 && copies && !desired)
		code = refuse_others (resource, &there, error);
	own = own || !desired;
	if (code == 0 && before && own)          /* first of all: afterwards nothing tells of it */
		code = s3_role_remove (self, call, &work.place, work.arena, error);
	for (size_t i = 0; code == 0 && (setting = next_setting (&work, &i));) {
		if (!s3_setting_differs (setting, &wanted, &there))
			continue;
		code = ours ? s3_role_set (self, call, &work.place, &wanted, error) : 0;
		if (code == 0)
			code = write_setting (&work, setting, &wanted, error);
	}
	return code == 0 && before && !own && !ours ? s3_role_remove (self, call, &work.place, work.arena, error) : code;
}

static int
update_resource (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error)
{
	return write_settings (self, call, resource, resource->desired, error);
}

static int
remove_settings (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error)
{
	return write_settings (self, call, resource, NULL, error);
}

/* ---- a bucket: made bare, its settings are changes; removed when nothing is in it ---- */

static int
bucket_create (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error)
{
	int code = s3_check_writable (self, error);
	return code == 0 ? s3_bucket_create (self, call, resource->identity, error) : code;
}

static int
bucket_remove (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error)
{
	struct larder_error why = LARDER_ERROR_INIT;
	CLEANUP_EXCHANGE struct s3_exchange exchange = { 0 };
	int code = s3_check_writable (self, error);
	if (code == 0)
		code = s3_exchange_begin (&exchange, error);
	if (code == 0)
		code = s3_exchange_what (&exchange, "remove", resource->identity, NULL, error);
	if (code == 0)
		code = s3_request_bucket_remove (&exchange.request, exchange.arena, resource->identity, error);
	if (code == 0)
		code = s3_exchange_send (self, call, &exchange, error);
	if (code < 0 || s3_exchange_is_ok (&exchange))
		return code;
	code = s3_exchange_fault (self, &exchange, &why);
	if (strcmp (why.provider, "NoSuchBucket") == 0)
		return 0;
	if (strcmp (why.provider, "BucketNotEmpty") == 0)
		larder_fail_next (&why, LARDER_E_CONFLICT, "larder rm -r --all-versions STORE: empties it, when all of it is to go", "bucket '%s' holds objects", resource->identity);
	if (error)
		larder_give (error, &why);
	return code;
}

/* ---- what there is ---- */

static int
supports (void *self, const struct larder_resource *resource, const struct larder_line *line, struct larder_error *error)
{
	const struct s3 *s3 = self;
	const struct s3_setting *setting;
	if (line) {
		int code = s3_setting_supports (s3->server, resource->type, line, error);
		return code == 0 ? s3_role_supports (s3, line, error) : code;
	}
	if (strcmp (resource->type, "bucket") == 0)
		return bucket_name_check (resource->identity, strcmp (s3->server->name, "aws") == 0, error);
	for (size_t i = 0; (setting = s3_setting_at (i)); i++)
		if (strcmp (setting->type, resource->type) == 0)
			return s3_server_need (s3->server, setting->feature, NULL, error);
	return 0;
}

#define PATHS(list) .paths = list, .path_stride = sizeof (struct larder_path_rule)
#define WORDS(list) .words = list, .words_stride = sizeof *list
#define TRAPS(list) .traps = list, .trap_stride = sizeof *list, .known_traps = known_traps
#define ACTS .read = read_resource, .update = update_resource, .supports = supports
#define SETTINGS .create = update_resource, .remove = remove_settings
const struct larder_resource_type s3_resources[] = {
	{ .name = "bucket", .summary = "a bucket and its settings", PATHS (bucket_paths), TRAPS (bucket_traps), WORDS (bucket_words), ACTS, .create = bucket_create, .remove = bucket_remove },
	{ .name = "access", .summary = "who may read a bucket", PATHS (access_paths), ACTS, SETTINGS },
	{ .name = "replication", .summary = "what is copied from a bucket", PATHS (replication_paths), TRAPS (replication_traps), WORDS (replication_words), ACTS, SETTINGS },
	{ 0 }
};
