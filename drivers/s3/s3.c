/* s3.c: the life of an instance, of this driver's and of glacier's. */
#include "s3.h"

#include <string.h>

#include "error.h"

int
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

void
s3_close (void *self)
{
	struct s3 *s3 = self;
	aws_client_close (s3->client);
	pthread_mutex_destroy (&s3->mutex);
}

int
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
