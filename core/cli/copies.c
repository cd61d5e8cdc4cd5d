/* copies.c: what put, cp and mv have in common: their flags, and the request made of them. */
#include "cdn.h"

#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "error.h"

const struct larder_option attribute_options[] = { ATTRIBUTE_OPTIONS, { 0 } };

struct larder_pairs
pairs_from_list (const char *const *list, struct larder_pair **ret_pairs, struct larder_error *error, int *ret_code)
{
	size_t count = 0;
	*ret_code = 0;
	while (list && list[count])
		count++;
	/* The pairs, then the texts they point to, in one piece. */
	size_t room = count * sizeof (struct larder_pair);
	for (size_t i = 0; i < count; i++)
		room += strlen (list[i]) + 1;
	struct larder_pair *pairs = malloc (room ? room : 1);
	if (!pairs) {
		*ret_code = larder_fail_memory (error);
		return (struct larder_pairs) { 0 };
	}
	char *text = (char *) (pairs + count);
	for (size_t i = 0; i < count; i++) {
		size_t length = strlen (list[i]) + 1;
		memcpy (text, list[i], length);
		char *equals = strchr (text, '=');
		if (!equals || equals == text) {
			*ret_code = larder_fail_next (error, LARDER_E_INVALID, "write NAME=VALUE", "'%s' is not NAME=VALUE", list[i]);
			free (pairs);
			return (struct larder_pairs) { 0 };
		}
		*equals = '\0';
		pairs[i] = (struct larder_pair) { text, equals + 1 };
		text += length;
	}
	*ret_pairs = pairs;
	return (struct larder_pairs) { pairs, count, sizeof *pairs };
}

static int
attributes_from_flags (const struct attribute_flags *flags, struct larder_attributes *ret, struct larder_pair **ret_pairs,
                       struct larder_error *error)
{
	int code;
	struct larder_pairs metadata = pairs_from_list (flags->metadata, ret_pairs, error, &code);
	if (code < 0)
		return code;
	*ret = (struct larder_attributes) {
		.size = sizeof *ret, .content_type = flags->content_type, .content_encoding = flags->content_encoding,
		.cache_control = flags->cache_control, .content_disposition = flags->content_disposition,
		.storage_class = flags->storage_class, .metadata_given = flags->metadata != NULL, .metadata = metadata,
	};
	return 0;
}

int
copies_run (struct cli *cli, const struct attribute_flags *flags, uint32_t more, bool into_store, struct larder_error *error)
{
	CLEANUP_FREE struct larder_pair *pairs = NULL;
	struct larder_address to;
	struct larder_transfer request = {
		.size = sizeof request, .from = (const char *const *) cli->operand, .count = (size_t) cli->operands - 1,
		.to = cli->operand[cli->operands - 1],
		.flags = more | (flags->recursive ? LARDER_RECURSIVE : 0) | (flags->create_only ? LARDER_CREATE_ONLY : 0)
			| (cli->globals.dry_run ? LARDER_DRY_RUN : 0) | (flags->invalidate ? LARDER_TELL_BEFORE : 0),
		.version = flags->version, .expected = flags->expected_size,
	};
	int code = attributes_from_flags (flags, &request.attributes, &pairs, error);
	if (code == 0)
		code = cli_open (cli, OPEN_CONFIGURED, error);
	if (code == 0 && into_store)
		code = cli_store_address (cli, request.to, &to, error);
	if (code == 0 && flags->invalidate)
		code = edges_begin (cli, &request.to, 1, error);
	if (code < 0)
		return code;
	if (more & LARDER_MOVE)
		early_begin (cli);
	code = transfer_run (cli, &request, error);
	early_end (cli);
	return edges_end (cli, code, error);
}
