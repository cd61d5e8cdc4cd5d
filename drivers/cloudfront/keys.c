/* keys.c: is the private key that signs the other half of what edges hold signatures against? The service is asked for that alone: to sign needs nobody. */
#include "cloudfront.h"

#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "arguments.h"
#include "error.h"

/* 1: that public key is its other half; 0: it is not, or is gone. */
static int
is_half (const struct cf_work *work, const char *id, struct larder_error *error)
{
	struct aws_request request;
	struct aws_reply reply;
	const char *pem;
	cf_request (&request, work->arena, "GET", arena_printf (work->arena, "public-key/%s", id), NULL);
	int code = cf_ask (work, &request, "cannot look at a public key", "NoSuchPublicKey", &reply, error);
	if (code < 0 || reply.fault)
		return code;
	code = cf_public_key_read (reply.body, reply.length, work->arena, &pem, error);
	return code < 0 ? code : aws_key_matches (work->cloudfront->key, pem, strlen (pem), id, error);
}

static int
read_group (const struct cf_work *work, const char *group, const struct aws_node **ret_first, struct larder_error *error)
{
	struct aws_request request;
	struct aws_reply reply;
	cf_request (&request, work->arena, "GET", arena_printf (work->arena, "key-group/%s", group), NULL);
	int code = cf_ask (work, &request, "cannot look at the key group", "NoSuchResource", &reply, error);
	if (code == 0 && reply.fault)
		return larder_fail_next (error, LARDER_E_INVALID, "key-group = the id of one, as aws cloudfront list-key-groups tells it", "there is no key group '%s'", group);
	return code < 0 ? code : cf_key_group_read (reply.body, reply.length, work->arena, ret_first, error);
}

/* Of which key of the group it is the other half; the one that it is said to be of is looked at first. `*ret` NULL: of none. */
static int
find_half (const struct cf_work *work, const struct aws_node *first, bool has_own, const char **ret, struct larder_error *error)
{
	const char *own = work->cloudfront->signing.key_id;
	int code = has_own ? is_half (work, own, error) : 0;
	*ret = code > 0 ? own : NULL;
	for (; code == 0 && first; first = aws_node_again (first)) {
		code = strcmp (first->text, own) == 0 ? 0 : is_half (work, first->text, error);
		*ret = code > 0 ? first->text : NULL;
	}
	return code < 0 ? code : 0;
}

static int
fail_other (const struct cf_work *work, const char *group, bool has_own, const char *half, struct larder_error *error)
{
	const char *name = work->cloudfront->name, *own = work->cloudfront->signing.key_id;
	const char *next = half ? arena_printf (work->arena, "signing-key-id = %s in [backend \"%s\"], if that is the key to sign with", half, name)
		: arena_printf (work->arena, "signing-key-file in [backend \"%s\"] with the other half of one of them, or add the public half of this one to the group, and name it by signing-key-id", name);
	half = half ? half : "none of its keys";
	if (has_own)
		return larder_fail_next (error, LARDER_E_INVALID, next, "the private key of [backend \"%s\"] is not the other half of %s in key group %s: it is that of %s", name, own, group, half);
	return larder_fail_next (error, LARDER_E_INVALID, next, "key group %s has no key %s, as which [backend \"%s\"] signs: its private key is the other half of %s", group, own, name, half);
}

/* With who signs, and that need not be this machine. */
static bool
is_elsewhere (const struct cf_signing *signing)
{
	return !(signing->key && *signing->key) && access (signing->key_file, F_OK) < 0;
}

int
cf_keys_check (const struct cf_work *work, const struct larder_action *action, const char **ret_told, struct larder_error *error)
{
	struct cloudfront *cloudfront = work->cloudfront;
	const char *group = pairs_value (&action->arguments, "key-group"), *half = NULL;
	const struct aws_node *first = NULL, *own;
	if (!group || !cf_has_key (cloudfront))
		return larder_fail (error, LARDER_E_UNSUPPORTED, group ? "[backend \"%s\"] has no private key" : "no key group is named to '%s'", cloudfront->name);
	int code = cf_key (cloudfront, error);
	if (code == LARDER_E_NOTFOUND && is_elsewhere (&cloudfront->signing))
		return larder_fail (error, LARDER_E_UNSUPPORTED, "the private key of [backend \"%s\"] is not on this machine", cloudfront->name);
	if (code == 0)
		code = read_group (work, group, &first, error);
	if (code < 0)
		return code;
	for (own = first; own && strcmp (own->text, cloudfront->signing.key_id) != 0;)
		own = aws_node_again (own);
	code = find_half (work, first, own, &half, error);
	if (code == 0 && (!own || half != cloudfront->signing.key_id))
		return fail_other (work, group, own, half, error);
	*ret_told = arena_printf (work->arena, "%s of key group %s", cloudfront->signing.key_id, group);
	return code < 0 || *ret_told ? code : larder_fail_memory (error);
}
