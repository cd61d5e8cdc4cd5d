/* control.c: what sets up a file system of EFS: options, life, exchanges, the resource type. The data of a mounted one is the driver efs's matter. */
#include "control.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "clock.h"
#include "error.h"
#include "terraform.h"
#include "traps.h"
#include "words.h"

static const struct larder_option options[] = { AWS_CLIENT_OPTIONS (struct control, aws), { .key = NULL } };

static void
control_close (void *self)
{
	struct control *control = self;
	aws_client_close (control->files);
	aws_client_close (control->network);
	aws_client_close (control->keys);
}

static int
control_open (void *self, struct larder_call *call, const struct larder_open *request, struct larder_error *error)
{
	struct control *control = self;
	struct larder_open asked = { .size = sizeof asked };
	(void) call;
	larder_give (&asked, request);
	control->name = asked.name ? asked.name : "efs";
	control->server = asked.server;
	control->read_only = asked.read_only;
	const struct aws_settings settings = aws_settings_on (asked.server, &control->aws);
	int code = aws_client_open (larder_host, control->name, "elasticfilesystem", &settings, &control->files, error);
	if (code == 0)
		code = aws_client_open (larder_host, control->name, "ec2", &settings, &control->network, error);
	if (code == 0)
		code = aws_client_open (larder_host, control->name, "kms", &settings, &control->keys, error);
	if (code < 0)
		control_close (control);
	return code;
}

/* ---- exchanges ---- */

/* 0, 1: refused with the forgiven word, or a code. */
static int
exchange (struct work *work, struct aws_client *client, struct aws_request *request, const char *what, const char *forgiven, struct aws_reply *ret, struct larder_error *error)
{
	const struct aws_send send = { .arena = work->arena, .request = request, .what = what, .plain_errors = true };
	return aws_exchange (client, work->call, &send, forgiven, ret, error);
}

static int
parse (const struct aws_reply *reply, json_t **ret, struct larder_error *error)
{
	*ret = reply->length ? json_loadb (reply->body, reply->length, JSON_REJECT_DUPLICATES, NULL) : json_object ();
	return *ret ? 0 : larder_fail_next (error, LARDER_E_INTEGRITY, "look whether something else than the service answers at that endpoint", "the reply is no JSON");
}

int
files_ask (struct work *work, const char *method, const char *path, json_t *body, const char *forgiven, json_t **ret, struct larder_error *error)
{
	struct aws_request request;
	struct aws_reply reply = { 0 };
	char what[200];
	if (!path) {
		json_decref (body);
		return larder_fail_memory (error);
	}
	snprintf (what, sizeof what, "cannot %s '%.150s' of EFS", strcmp (method, "GET") == 0 ? "read" : strcmp (method, "DELETE") == 0 ? "remove" : "write", path);
	efs_request (&request, work->arena, method, path, body);
	int code = exchange (work, work->control->files, &request, what, forgiven, &reply, error);
	return code == 0 && ret ? parse (&reply, ret, error) : code;
}

int
network_ask (struct work *work, const char *action, const struct larder_pair *pairs, size_t count, const char *forgiven, json_t **ret, struct larder_error *error)
{
	struct aws_request request;
	struct aws_reply reply = { 0 };
	char what[200];
	snprintf (what, sizeof what, "EC2 refuses %.60s for file system '%.100s'", action, work->resource->identity);
	ec2_request (&request, work->arena, action, pairs, count);
	int code = exchange (work, work->control->network, &request, what, forgiven, &reply, error);
	return code == 0 && ret ? ec2_read (work->arena, action, reply.body, reply.length, ret, error) : code;
}

int
key_ask (struct work *work, const char *key, json_t **ret, struct larder_error *error)
{
	struct aws_request request;
	struct aws_reply reply = { 0 };
	char what[300];
	snprintf (what, sizeof what, "cannot look at the key '%.200s'", key);
	kms_describe (&request, work->arena, key);
	int code = exchange (work, work->control->keys, &request, what, "NotFoundException", &reply, error);
	if (code > 0)
		return larder_fail_next (error, LARDER_E_NOTFOUND, "correct it in the profile, or make it: keys are not made here", "there is no key '%s'", key);
	return code == 0 ? parse (&reply, ret, error) : code;
}

int
work_rest (struct work *work, int64_t ns, struct larder_error *error)
{
	struct pollfd cancel = { .fd = larder_host->cancel_fd (work->call), .events = POLLIN };
	(void) poll (&cancel, 1, (int) (ns / (NS_PER_S / 1000)));
	return larder_host->cancelled (work->call) ? larder_fail (error, LARDER_E_CANCELLED, "cancelled") : 0;
}

/* ---- the type ---- */

/* What no list of words can tell. */
static int
check_form (const struct larder_line *line, struct larder_error *error)
{
	static const char digits[] = "0123456789";
	const char *value = line->value ? line->value : "";
	size_t user = strspn (value, digits), group = value[user] == ':' ? strspn (value + user + 1, digits) : 0, bits = strspn (value, "01234567");
	if (path_matches ("access-point[*].owner", line->path) && (!user || !group || value[user + 1 + group]))
		return larder_fail_next (error, LARDER_E_INVALID, "owner = UID:GID, numbers", "that is no owner of a folder");
	if (path_matches ("access-point[*].mode", line->path) && (value[bits] || bits < 3 || bits > 4))
		return larder_fail_next (error, LARDER_E_INVALID, "mode = 755", "that is no mode of a folder");
	if (strcmp (line->path, "throughput") != 0 || strncmp (value, "provisioned ", strlen ("provisioned ")) != 0)
		return 0;
	CLEANUP_JSON json_t *into = json_object ();
	return into ? efs_throughput (into, value, error) : larder_fail_memory (error);
}

static int
supports (void *self, const struct larder_resource *resource, const struct larder_line *line, struct larder_error *error)
{
	const struct control *control = self;
	(void) resource;
	if (line && (path_matches ("policy.statement[*]", line->path) || path_matches (POINT_BESIDE "[*]", line->path)))
		return larder_fail (error, LARDER_E_UNSUPPORTED, "%s is told where somebody set it, and not set here", line->path);
	int code = aws_server_has_all (control->server, error);
	if (code == 0)
		return line ? check_form (line, error) : 0;
	return code;
}

static int
control_read (void *self, struct larder_call *call, const struct larder_resource *resource, larder_line_fn line, void *context, uint32_t *ret_state, struct larder_error *error)
{
	struct work work;
	struct lines lines;
	const char *words = NULL, *users = NULL;
	int code = work_begin (&work, self, call, resource, error);
	*ret_state = code > 0 ? work_state (&work, &words) : LARDER_RESOURCE_ABSENT;
	if (code > 0 && *ret_state == LARDER_RESOURCE_READY) {       /* while it is waited for nobody asks that */
		int looked = network_users (&work, &users, error);
		code = looked < 0 ? looked : code;
	}
	if (code > 0) {
		lines_begin (&lines, work.arena);
		lines_add (&lines, "security-group.used-by", users);
		share_lines (&work.share, &work.desired, &lines);
		lines_add (&lines, "state", words);
		code = lines_sort (&lines, error);
		if (code == 0)
			code = lines_tell (&lines, line, context, error);
	}
	work_end (&work);
	return code;
}

static const struct larder_path_rule paths[] = {
	{ "access-point-beside[*]", LARDER_STRING, 0, "one of somebody else for a folder of ours" },
	{ "access-point[*].id", LARDER_STRING, LARDER_PATH_COMPUTED, "what a mount names it by" },
	{ "access-point[*].mode", LARDER_STRING, 0, "of its root folder" },
	{ "access-point[*].owner", LARDER_STRING, 0, "UID:GID of its root folder, and of who comes through it" },
	{ "automatic-backup", LARDER_BOOL, LARDER_PATH_OPTIONAL, "daily, by the service's own plan" },
	{ "encrypted", LARDER_BOOL, LARDER_PATH_IMMUTABLE, "at rest" },
	{ "file-system", LARDER_STRING, LARDER_PATH_COMPUTED, "what a mount names it by" },
	{ "id", LARDER_STRING, LARDER_PATH_COMPUTED, "what others name it by" },
	{ "kms-key", LARDER_STRING, LARDER_PATH_IMMUTABLE | LARDER_PATH_OPTIONAL, "key of it" },
	{ "lifecycle.back-on-access", LARDER_INT, 0, "accesses until it comes back" },
	{ "lifecycle.to-archive", LARDER_INT, 0, "days until a file is archived" },
	{ "lifecycle.to-ia", LARDER_INT, 0, "days until a file is infrequent" },
	{ "mount-target[*]", LARDER_STRING, LARDER_PATH_COMPUTED, "what reaches it from there" },
	{ "named[*]", LARDER_STRING, LARDER_PATH_COMPUTED, "what a look-up found" },
	{ "network", LARDER_STRING, LARDER_PATH_OPTIONAL, "where it is reached" },
	{ "performance", LARDER_STRING, LARDER_PATH_IMMUTABLE | LARDER_PATH_OPTIONAL, "performance mode" },
	{ "policy.access-point", LARDER_BOOL, 0, "mounted through the access point alone" },
	{ "policy.statement[*]", LARDER_STRING, 0, "what somebody else says" },
	{ "policy.through", LARDER_STRING, LARDER_PATH_COMPUTED, "folder of that access point" },
	{ "policy.tls", LARDER_BOOL, 0, "mounted over TLS alone" },
	{ "security-group.description", LARDER_STRING, LARDER_PATH_COMPUTED, "what it is said to be for" },
	{ "security-group.egress", LARDER_STRING, LARDER_PATH_OPTIONAL, "open or none" },
	{ "security-group.from[*]", LARDER_STRING, 0, "who may mount it" },
	{ "security-group.id", LARDER_STRING, LARDER_PATH_COMPUTED, "what others name it by" },
	{ "security-group.name", LARDER_STRING, LARDER_PATH_SWAPS, "name of the group" },
	{ "security-group.used-by", LARDER_STRING, LARDER_PATH_COMPUTED | LARDER_PATH_KEEPS, "what else is behind it: with that it does not go" },
	{ "state", LARDER_STRING, LARDER_PATH_COMPUTED, "as the service calls it, and of what" },
	{ "tag[*]", LARDER_STRING, 0, "tag" },
	{ "target[*]", LARDER_BOOL, 0, "subnet it is reached from" },
	{ "throughput", LARDER_STRING, LARDER_PATH_OPTIONAL, "throughput mode" },
	{ "zone-taken", LARDER_STRING, LARDER_PATH_COMPUTED, "targets that were not made here, where another subnet of their zone is asked for" },
	{ 0 }
};

static const struct larder_resource_type resources[] = {
	{ .name = "filesystem", .summary = "a file system with access point, mount targets and security group", .paths = paths, .path_stride = sizeof *paths, .read = control_read,
	  .create = control_create, .update = control_update, .remove = control_remove, .supports = supports, .traps = filesystem_traps, .trap_stride = sizeof *filesystem_traps, .known_traps = known_traps, .words = filesystem_words, .words_stride = sizeof *filesystem_words },
	{ 0 }
};

static int
control_export (void *self, struct larder_call *call, const struct larder_export *request, const struct larder_sink *sink, struct larder_error *error)
{
	static const char *const services[] = { "efs", "ec2", NULL };
	const struct control *control = self;
	const struct aws_terraform_export of = { "efs-control", control->name, aws_client_region (control->files), &control->aws, services, share_terraform };
	(void) call;
	return aws_terraform_export (&of, request, sink, error);
}

static const struct larder_driver driver = {
	.head = LARDER_DRIVER_HEAD, .name = "efs-control", .version = "0.1.0", .summary = "sets up file systems of EFS; the driver efs reads and writes them",
	.threads = LARDER_THREADS_PARALLEL, .options = options, .self_size = sizeof (struct control), .resources = resources, .resource_stride = sizeof *resources,
	.open = control_open, .close = control_close, .policy = control_policy, .export_resource = control_export,
};
LARDER_DRIVER (driver)
