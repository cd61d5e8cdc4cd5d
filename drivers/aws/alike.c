/* alike.c: do two statements of a policy say the same? A list of one is that one, lists are sets, everybody is "*". Pure. */
#include "alike.h"

#include <stdlib.h>
#include <string.h>

static int
by_text (const void *a, const void *b)
{
	const char *one = json_string_value (*(json_t *const *) a), *other = json_string_value (*(json_t *const *) b);
	return strcmp (one ? one : "", other ? other : "");
}

static json_t *
plain_list (json_t *value)
{
	size_t count = json_array_size (value);
	if (count == 1)
		return aws_policy_plain (json_array_get (value, 0));
	json_t **all = calloc (count + 1, sizeof (json_t *)), *list = json_array ();
	bool whole = all && list;
	for (size_t i = 0; all && i < count; i++)
		all[i] = json_array_get (value, i);
	if (all && count)
		qsort (all, count, sizeof (json_t *), by_text);
	for (size_t i = 0; all && i < count; i++)
		whole = whole && json_array_append_new (list, aws_policy_plain (all[i])) == 0;
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
