/* s3.c: the driver of S3 and of servers that speak it: its options, its life, its table. */
#include "s3.h"

#include <string.h>

#include "error.h"

static const struct larder_option options[] = {
	AWS_CLIENT_OPTIONS (struct s3, aws),
	{ .key = "create", .type = LARDER_BOOL, .at = offsetof (struct s3, create), .def = "no",
	  .help = "make a missing bucket at the first write" },
	{ .key = "copy-most", .type = LARDER_SIZE, .at = offsetof (struct s3, copy_most), .def = "5GiB", .min = 5 << 20, .max = INT64_C (5) << 30,
	  .help = "largest object that one request copies inside the service; beyond it goes in parts" },
	{ .key = "guard-keys", .type = LARDER_BOOL, .at = offsetof (struct s3, guard_keys), .def = "yes",
	  .help = "refuse keys that this kind of server would hide from its listings" },
	{ .key = "features", .type = LARDER_LIST, .at = offsetof (struct s3, features), .argument = "FEATURE=STATE,…",
	  .help = "what this server does otherwise than others of its kind; doctor --probe finds it out" },
	{ .key = NULL }
};

static int
s3_open (void *self, struct larder_call *call, const struct larder_open *request, struct larder_error *error)
{
	struct s3 *s3 = self;
	(void) call;
	s3->name = request->name ? request->name : "s3";
	struct larder_open asked = { .size = sizeof asked };
	larder_give (&asked, request);
	s3->read_only = asked.read_only;
	s3->buckets = asked.buckets;
	int code = aws_client_open (larder_host, s3->name, "s3", &s3->aws, &s3->client, error);
	if (code < 0)
		return code;
	code = s3_server_find (request->server, aws_client_endpoint (s3->client) != NULL, &s3->server, error);
	if (code == 0 && s3->features) {
		code = s3_server_change (s3->server, s3->features, &s3->changed, error);
		s3->server = &s3->changed;
	}
	if (code < 0) {
		aws_client_close (s3->client);
		return code;
	}
	pthread_mutex_init (&s3->mutex, NULL);
	return 0;
}

static void
s3_close (void *self)
{
	struct s3 *s3 = self;
	aws_client_close (s3->client);
	pthread_mutex_destroy (&s3->mutex);
}

static int
s3_caps (void *self, struct larder_call *call, uint64_t *caps, struct larder_error *error)
{
	static const struct { enum s3_feature feature; uint64_t cap; } needs[] = {
		{ S3_PUT_CREATE_ONLY, LARDER_CAP_CREATE_ONLY }, { S3_PUT_IF_MATCH, LARDER_CAP_IF_MATCH }, { S3_VERSIONS, LARDER_CAP_VERSIONS },
		{ S3_CLASSES, LARDER_CAP_CLASSES }, { S3_DELETE_IF_MATCH, LARDER_CAP_REMOVE_IF_MATCH },
		{ S3_RAW_KEYS, LARDER_CAP_ANY_KEY }, { S3_KEY_BESIDE_PREFIX, LARDER_CAP_KEY_BESIDE_PREFIX },
		{ S3_COPY_CONDITION, LARDER_CAP_COPY_CREATE_ONLY },
	};
	const struct s3 *s3 = self;
	(void) call;
	(void) error;
	for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
		if (!s3_server_can (s3->server, needs[i].feature))
			*caps &= ~needs[i].cap;
	if (s3->server->keys_in_xml || s3->server->keys_in_a_line || s3->server->segment_most || s3->server->reserved_part || s3->server->reserved_suffix)
		*caps &= ~(uint64_t) LARDER_CAP_ANY_KEY;
	if (s3_server_checksum (s3->server) == LARDER_CHECKSUM_NONE)
		*caps &= ~(uint64_t) LARDER_CAP_CHECKSUM;
	if (s3->read_only)
		*caps &= ~(uint64_t) (LARDER_CAP_CREATE_ONLY | LARDER_CAP_IF_MATCH | LARDER_CAP_REMOVE_IF_MATCH);
	return 0;
}

static const struct larder_driver driver = {
	.head = LARDER_DRIVER_HEAD,
	.name = "s3",
	.version = "0.1.0",
	.summary = "S3 and servers that speak it",
	.threads = LARDER_THREADS_PARALLEL,
	.options = options,
	.self_size = sizeof (struct s3),
	.caps_all = LARDER_CAP_CREATE_ONLY | LARDER_CAP_IF_MATCH | LARDER_CAP_VERSIONS | LARDER_CAP_METADATA | LARDER_CAP_CLASSES
	            | LARDER_CAP_CHECKSUM | LARDER_CAP_RANGE | LARDER_CAP_REMOVE_IF_MATCH | LARDER_CAP_ANY_KEY
	            | LARDER_CAP_KEY_BESIDE_PREFIX | LARDER_CAP_COPY_CREATE_ONLY,
	.schemes = "s3",
	.resources = s3_resources,
	.resource_stride = sizeof (struct larder_resource_type),
	.open = s3_open,
	.close = s3_close,
	.check = s3_check,
	.caps = s3_caps,
	.stat = s3_stat,
	.read = s3_read,
	.write = s3_write,
	.remove = s3_remove,
	.list = s3_list,
	.copy = s3_copy,
	.parts_begin = s3_parts_begin,
	.parts_write = s3_parts_write,
	.parts_copy = s3_parts_copy,
	.parts_finish = s3_parts_finish,
	.parts_abort = s3_parts_abort,
	.parts_list = s3_parts_list,
	.uploads_list = s3_uploads_list,
	.tags_get = s3_tags_get,
	.tags_set = s3_tags_set,
	.class_set = s3_class_set,
	.restore = s3_restore,
	.url = s3_url,
	.export_resource = s3_export,
	.policy = s3_policy,
	.versioning = s3_versioning,
	.probe = s3_probe,
};
LARDER_DRIVER (driver)
