/* alike.c: do two statements of a policy, or two policies, say the same? A list of one is that one, lists are sets, everybody is "*". And what a statement says, in short. Pure. */
#include "alike.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "checksum.h"
#include "text.h"

static char *
text_of (const json_t *plain)
{
	return plain ? json_dumps (plain, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY) : NULL;
}

struct member { json_t *plain; char *text; };

static int
by_text (const void *a, const void *b)
{
	return strcmp (((const struct member *) a)->text, ((const struct member *) b)->text);
}

/* In the order of their texts, whatever they are. */
static json_t *
plain_list (json_t *value)
{
	size_t count = json_array_size (value);
	if (count == 1)
		return aws_policy_plain (json_array_get (value, 0));
	struct member *all = calloc (count + 1, sizeof *all);
	json_t *list = all ? json_array () : NULL;
	bool whole = list;
	for (size_t i = 0; all && i < count; i++) {
		all[i].plain = aws_policy_plain (json_array_get (value, i));
		all[i].text = text_of (all[i].plain);
		whole = whole && all[i].text;
	}
	if (whole)
		qsort (all, count, sizeof *all, by_text);
	for (size_t i = 0; all && i < count; i++) {
		whole = whole && json_array_append (list, all[i].plain) == 0;
		json_decref (all[i].plain);
		free (all[i].text);
	}
	free (all);
	if (whole)
		return list;
	json_decref (list);
	return NULL;
}

static json_t *
plain_object (json_t *value)
{
	const char *name;
	json_t *member, *object = json_object ();
	bool whole = object;
	if (json_object_size (value) == 1 && json_object_get (value, "AWS")) {
		json_t *everybody = aws_policy_plain (json_object_get (value, "AWS"));
		if (json_is_string (everybody) && strcmp (json_string_value (everybody), "*") == 0) {
			json_decref (object);
			return everybody;
		}
		json_decref (everybody);
	}
	json_object_foreach (value, name, member)
		whole = whole && json_object_set_new (object, name, aws_policy_plain (member)) == 0;
	if (whole)
		return object;
	json_decref (object);
	return NULL;
}

json_t *
aws_policy_plain (json_t *value)
{
	if (json_is_boolean (value))
		return json_string (json_is_true (value) ? "true" : "false");
	return json_is_array (value) ? plain_list (value) : json_is_object (value) ? plain_object (value) : json_incref (value);
}

bool
aws_policy_alike (json_t *one, json_t *other)
{
	json_t *a = aws_policy_plain (one), *b = aws_policy_plain (other);
	bool same = a && b && json_equal (a, b);
	json_decref (a);
	json_decref (b);
	return same;
}

/* ---- statements of somebody else, told ---- */

#define DIGEST_TOLD "%.16s"     /* of its digits so many tell it from others */

/* "ONE", or "ONE and 2 more"; texts of whatever depth. */
struct listed { const char *first; size_t count; };

static void
list_texts (json_t *value, struct listed *ret)
{
	const char *name;
	json_t *member;
	size_t n;
	if (json_is_string (value) && ret->count++ == 0)
		ret->first = json_string_value (value);
	json_array_foreach (value, n, member)
		list_texts (member, ret);
	json_object_foreach (value, name, member)
		list_texts (member, ret);
}

/* Of two members the one that is there: "s3:*", "all but s3:*", or "". */
static const char *
words_of (json_t *statement, const char *name, struct larder_arena *arena)
{
	struct listed listed = { "", 0 };
	const char *other = arena_printf (arena, "Not%s", name);
	json_t *value = json_object_get (statement, name), *not = other && !value ? json_object_get (statement, other) : NULL;
	list_texts (value ? value : not, &listed);
	if (listed.count > 1)
		return arena_printf (arena, "%s%s and %zu more", not ? "all but " : "", listed.first, listed.count - 1);
	return arena_printf (arena, "%s%s", not ? "all but " : "", listed.first);
}

const char *
aws_policy_says (json_t *statement, struct larder_arena *arena)
{
	char digest[65] = "";
	json_t *plain = aws_policy_plain (statement);
	char *text = text_of (plain);
	const char *effect = json_string_value (json_object_get (plain, "Effect")), *what = words_of (plain, "Action", arena), *who = words_of (plain, "Principal", arena), *said = NULL;
	if (text)
		sha256_hex (text, strlen (text), digest);
	if (text && what && who)
		said = arena_printf (arena, "%s %s to %s (" DIGEST_TOLD ")", effect ? effect : "?", what, who, digest);
	free (text);
	json_decref (plain);
	return said;
}

static const char *
sid_of (const json_t *statements, size_t n)
{
	const char *sid = json_string_value (json_object_get (json_array_get (statements, n), "Sid"));
	return sid && *sid ? sid : NULL;
}

const char *
aws_policy_member (const json_t *statements, size_t n, struct larder_arena *arena)
{
	const char *sid = sid_of (statements, n);
	for (size_t before = 0; sid && before < n; before++) {
		const char *other = sid_of (statements, before);
		if (other && strcmp (other, sid) == 0)
			return arena_printf (arena, "%s#%zu", sid, n + 1);
	}
	return sid ? arena_copy (arena, sid) : arena_printf (arena, "#%zu", n + 1);
}
