/* cloudfront.c: the driver of CloudFront: options, life, one exchange, the resource type. */
#include "cloudfront.h"

#include <string.h>

#include "arena.h"
#include "error.h"
#include "resource-paths.h"
#include "terraform.h"
#include "traps.h"
#include "words.h"

#define SIGNING(field) .at = offsetof (struct cloudfront, signing.field)
static const struct larder_option options[] = {
	AWS_CLIENT_OPTIONS (struct cloudfront, aws),
	{ .key = "signing-key-id", .type = LARDER_STRING, SIGNING (key_id), .help = "id of the public key, in the key group, whose private half signs addresses" },
	{ .key = "signing-key-file", .type = LARDER_PATH, SIGNING (key_file), .help = "file with that private key, PEM: RSA of 2048 bits, or EC on P-256" },
	{ .key = "signing-key", .type = LARDER_SECRET, SIGNING (key), .help = "that private key itself, ${VARIABLE}" },
	{ .key = "signing-key-passphrase", .type = LARDER_SECRET, SIGNING (passphrase), .help = "what opens it, ${VARIABLE}" },
	{ .key = "signing-public-key-file", .type = LARDER_PATH, SIGNING (public_file), .help = "file with the public half, PEM, where nothing is to be signed by another key" },
	{ .key = "signing-hash", .type = LARDER_ENUM, SIGNING (hash), .def = "sha256", .values = "sha256|sha1", .help = "what is signed by it: sha1 for edges and code that know no other" },
	{ .key = NULL }
};

static void
cloudfront_close (void *self)
{
	struct cloudfront *cloudfront = self;
	aws_client_close (cloudfront->client);
	aws_client_close (cloudfront->certificates);
	aws_key_free (cloudfront->key);
	pthread_mutex_destroy (&cloudfront->mutex);
	arena_free (cloudfront->arena);
}

/* One host for the whole partition: any region leads to it. */
static int
cloudfront_open (void *self, struct larder_call *call, const struct larder_open *request, struct larder_error *error)
{
	struct cloudfront *cloudfront = self;
	struct larder_open asked = { .size = sizeof asked };
	struct aws_settings settings = cloudfront->aws;
	(void) call;
	larder_give (&asked, request);
	cloudfront->name = asked.name ? asked.name : "cloudfront";
	cloudfront->server = asked.server;
	cloudfront->read_only = asked.read_only;
	settings.region = settings.region ? settings.region : CF_HOME;
	int code = aws_client_open (larder_host, cloudfront->name, "cloudfront", &settings, &cloudfront->client, error);
	settings.region = CF_HOME;
	if (code == 0)
		code = aws_client_open (larder_host, cloudfront->name, "acm", &settings, &cloudfront->certificates, error);
	if (code < 0) {
		aws_client_close (cloudfront->client);
		return code;
	}
	cloudfront->arena = arena_new ();
	pthread_mutex_init (&cloudfront->mutex, NULL);
	if (cloudfront->arena)
		return 0;
	cloudfront_close (cloudfront);
	return larder_fail_memory (error);
}

/* ---- one exchange ---- */

int
cf_ask (const struct cf_work *work, struct aws_request *request, const char *what, const char *forgiven, struct aws_reply *ret, struct larder_error *error)
{
	const struct aws_send send = { .arena = work->arena, .request = request, .what = what, .plain_errors = true };
	*ret = (struct aws_reply) { .fault = NULL };
	int code = aws_exchange (work->cloudfront->client, work->call, &send, forgiven, ret, error);
	return code < 0 ? code : 0;
}

int
cf_ask_page (const struct cf_work *work, const struct cf_list *list, const char *marker, const struct aws_node **ret_first, const char **ret_next,
             struct larder_error *error)
{
	struct aws_request request;
	struct aws_reply reply;
	struct aws_tree tree = { .arena = work->arena };
	struct aws_node *root;
	cf_request (&request, work->arena, "GET", list->path, NULL);
	aws_request_query (&request, "Marker", marker);
	int code = cf_ask (work, &request, list->what, NULL, &reply, error);
	if (code == 0)
		code = aws_tree_read (&tree, reply.body, reply.length, list->root, &root, error);
	if (code < 0)
		return code;
	const struct aws_node *items = aws_node_child (root, "Items");
	const char *more = aws_node_text (root, "IsTruncated");
	*ret_first = items ? aws_node_child (items, list->item) : NULL;
	*ret_next = more && strcmp (more, "true") == 0 ? aws_node_text (root, "NextMarker") : NULL;
	if (more && strcmp (more, "true") == 0 && (!*ret_next || !**ret_next))
		return larder_fail (error, LARDER_E_INTEGRITY, "%s: the list goes on, and does not tell where", list->what);
	return 0;
}

/* ---- the type ---- */

/* One of ACM by its ARN or a tag, or one of IAM by its id, as ASCAEXAMPLE: whatever else is written here would be sent as an id. */
static int
check_certificate (const struct cloudfront *cloudfront, const char *value, struct larder_error *error)
{
	const char *equals = cf_is_tag (value) ? strchr (value, '=') : NULL;
	if (equals && aws_region_apart (aws_client_region (cloudfront->client)))
		return larder_fail_next (error, LARDER_E_INVALID, "the ARN of the certificate, or its id in IAM", "certificates are looked up by tags in " CF_HOME " alone, and %s is none of its partition",
			aws_client_region (cloudfront->client));
	if (equals > value + strlen (CF_BY_TAG))
		return 0;
	if (strncmp (value, "arn:", 4) == 0 || (*value && strspn (value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == strlen (value)))
		return 0;
	return larder_fail_next (error, LARDER_E_INVALID, "the ARN of a certificate of ACM in us-east-1, tag:NAME=VALUE of it, or the id of one of IAM", "it is neither an ARN, nor a tag, nor an id");
}

static int
supports (void *self, const struct larder_resource *resource, const struct larder_line *line, struct larder_error *error)
{
	static const char *const told[] = { "behavior[*].key-group", "behavior[*].other[*]", "behavior[*].response-headers", "origin[*].access-otherwise", "origin[*].failover-otherwise", "origin[*].other[*]", "other[*]" };
	const struct cloudfront *cloudfront = self;
	(void) resource;
	for (size_t n = 0; line && n < sizeof told / sizeof *told; n++)
		if (path_matches (told[n], line->path))
			return larder_fail (error, LARDER_E_UNSUPPORTED, "it is told, and cannot be asked for");
	int code = aws_server_has_all (cloudfront->server, error);
	if (code == 0)
		return line && line->value && strcmp (line->path, "certificate") == 0 ? check_certificate (cloudfront, line->value, error) : 0;
	return code;
}

static int
cf_read (void *self, struct larder_call *call, const struct larder_resource *resource, larder_line_fn line, void *context, uint32_t *ret_state,
         struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	const struct cf_work work = { self, call, arena };
	struct cf_state state = { .id = NULL };
	struct lines lines, asked;
	const char *certificate = NULL;
	if (!arena)
		return larder_fail_memory (error);
	lines_begin (&lines, arena);
	lines_begin (&asked, arena);
	int code = resource->desired ? lines_take (&asked, resource->desired, error) : 0;
	if (code == 0)
		code = cf_certificate (&work, &asked, &certificate, error);
	if (code == 0)
		code = cf_find (&work, resource->identity, &state, error);
	*ret_state = !state.id ? LARDER_RESOURCE_ABSENT : strcmp (state.status, "Deployed") == 0 ? LARDER_RESOURCE_READY : LARDER_RESOURCE_PENDING;
	if (code < 0 || !state.id)
		return code;
	state.asked = certificate ? lines_value (&asked, "certificate") : NULL;
	state.certificate = certificate;
	cf_tell (&state, resource->desired ? &asked : NULL, &lines);
	lines_add (&lines, "state", state.status);
	code = lines_sort (&lines, error);
	return code < 0 ? code : lines_tell (&lines, line, context, error);
}

/* All were listed by the read that looked for one. */
static int
cf_others (void *self, struct larder_call *call, const struct larder_resource *resource, larder_line_fn line, void *context, struct larder_error *error)
{
	struct cloudfront *cloudfront = self;
	(void) call;
	pthread_mutex_lock (&cloudfront->mutex);
	const struct cf_known *first = cloudfront->seen;             /* those that are in it stay as they are */
	pthread_mutex_unlock (&cloudfront->mutex);
	int code = 0;
	for (; code == 0 && first; first = first->next) {
		const struct larder_line one = { .size = sizeof one, .path = first->identity, .value = first->id };
		if (strncmp (first->identity, resource->identity, strlen (resource->identity)) == 0)
			code = line (context, &one, error);
	}
	return code;
}

static const struct larder_resource_type resources[] = {
	{ .name = "cdn", .summary = "a distribution, and as whom it reads its origin", .paths = cdn_paths, .path_stride = sizeof *cdn_paths, .read = cf_read, .create = cf_create,
	  .update = cf_update, .remove = cf_remove, .supports = supports, .traps = cdn_traps, .trap_stride = sizeof *cdn_traps, .known_traps = known_traps, .words = cdn_words, .words_stride = sizeof *cdn_words, .others = cf_others },
	{ 0 }
};

static int
cf_export (void *self, struct larder_call *call, const struct larder_export *request, const struct larder_sink *sink, struct larder_error *error)
{
	static const char *const services[] = { "cloudfront", NULL };
	const struct cloudfront *cloudfront = self;
	const struct aws_terraform_export of = { "cloudfront", cloudfront->name, aws_client_region (cloudfront->client), &cloudfront->aws, services, cf_terraform };
	(void) call;
	return aws_terraform_export (&of, request, sink, error);
}

static const struct larder_driver driver = {
	.head = LARDER_DRIVER_HEAD, .name = "cloudfront", .version = "0.1.0", .summary = "distributions of CloudFront",
	.threads = LARDER_THREADS_PARALLEL, .options = options, .self_size = sizeof (struct cloudfront), .resources = resources, .resource_stride = sizeof *resources,
	.open = cloudfront_open, .close = cloudfront_close, .url = cf_url, .policy = cf_policy, .export_resource = cf_export,
	.action_start = cf_action_start, .action_poll = cf_action_poll, .view = cf_view, .unmatched = CF_UNMATCHED,
};
LARDER_DRIVER (driver)
