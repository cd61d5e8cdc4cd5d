/* digest.c: one pass over the bytes before they are sent, so that checksum and payload hash stand in headers. */
#include "s3.h"

#include <stdio.h>
#include <string.h>

#include "checksum.h"
#include "error.h"

struct pass { struct larder_call *call; uint64_t crc64; uint32_t crc32c; struct sha256 sha; bool wants_crc64, wants_crc32c, wants_sha; };

static int
pass_add (void *context, const void *bytes, size_t count, struct larder_error *error)
{
	struct pass *pass = context;
	if (larder_host->cancelled (pass->call))
		return larder_fail (error, LARDER_E_CANCELLED, "cancelled");
	if (pass->wants_crc64)
		pass->crc64 = crc64nvme (pass->crc64, bytes, count);
	if (pass->wants_crc32c)
		pass->crc32c = crc32c (pass->crc32c, bytes, count);
	if (pass->wants_sha)
		sha256_add (&pass->sha, bytes, count);
	return 0;
}

static int
check_given (const struct pass *pass, uint32_t type, const char *checksum, struct larder_error *error)
{
	char text[16] = "";
	if (type == LARDER_CHECKSUM_CRC64NVME)
		crc64nvme_text (pass->crc64, text);
	else if (type == LARDER_CHECKSUM_CRC32C)
		crc32c_text (pass->crc32c, text);
	if (!checksum || !*text || strcmp (checksum, text) == 0)
		return 0;
	return larder_fail (error, LARDER_E_INTEGRITY, "the bytes have checksum %s, %s was announced", text, checksum);
}

/* The caller has made this pass already, and the server compares: another one would find nothing that it does not. */
static bool
is_told (const struct s3 *s3, uint32_t type, uint32_t checksum_type, const char *checksum)
{
	return checksum && type == checksum_type && type != LARDER_CHECKSUM_NONE && strlen (checksum) < sizeof ((struct s3_digest *) 0)->checksum
	       && s3_server_can (s3->server, S3_CHECKSUM_COMPARED) && !aws_client_signs_payload (s3->client);
}

int
s3_digest (const struct s3 *s3, struct larder_call *call, const struct larder_source *source, uint32_t checksum_type, const char *checksum,
           struct s3_digest *ret, struct larder_error *error)
{
	uint32_t type = s3_server_checksum (s3->server);
	struct pass pass = {
		.call = call,
		.wants_crc64 = type == LARDER_CHECKSUM_CRC64NVME || checksum_type == LARDER_CHECKSUM_CRC64NVME,
		.wants_crc32c = type == LARDER_CHECKSUM_CRC32C || checksum_type == LARDER_CHECKSUM_CRC32C,
		.wants_sha = aws_client_signs_payload (s3->client),
	};
	*ret = (struct s3_digest) { .body = { type, NULL } };
	if (is_told (s3, type, checksum_type, checksum)) {
		snprintf (ret->checksum, sizeof ret->checksum, "%s", checksum);
		ret->body.checksum = ret->checksum;
		return 0;
	}
	sha256_begin (&pass.sha);
	int code = source_each (source, pass_add, &pass, error);
	if (code == 0)
		code = check_given (&pass, checksum_type, checksum, error);
	if (code < 0)
		return code;
	if (type == LARDER_CHECKSUM_CRC64NVME)
		crc64nvme_text (pass.crc64, ret->checksum);
	else if (type == LARDER_CHECKSUM_CRC32C)
		crc32c_text (pass.crc32c, ret->checksum);
	ret->body.checksum = *ret->checksum ? ret->checksum : NULL;
	sha256_end_hex (&pass.sha, ret->sha256);
	ret->payload_hash = pass.wants_sha ? ret->sha256 : NULL;
	return 0;
}
