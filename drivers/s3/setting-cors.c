/* setting-cors.c: what scripts of other sites may ask. One cors[ID] is one CORSRule; its lists are sets. */
#include "setting.h"

#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "error.h"

static const struct { const char *below, *element; } sets[] = {
	{ ".expose", "ExposeHeader" }, { ".header", "AllowedHeader" }, { ".method", "AllowedMethod" }, { ".origin", "AllowedOrigin" },
};
enum { SETS = sizeof sets / sizeof *sets };

static void
tell_rule (const struct aws_node *rule, const char *id, struct lines *lines)
{
	for (size_t i = 0; i < SETS; i++) {
		char *set = path_of_member (lines->arena, "cors", id, sets[i].below);
		lines->failed |= !set;
		for (const struct aws_node *one = aws_node_child (rule, sets[i].element); set && one; one = aws_node_again (one))
			lines_add_in (lines, set, one->text, "", "yes");
	}
	lines_add_in (lines, "cors", id, ".max-age", aws_node_text (rule, "MaxAgeSeconds"));
}

static void
build_rule (struct aws_tree *tree, struct aws_node *rule, const char *id, const struct lines *desired, const struct s3_place *place)
{
	(void) place;
	for (size_t i = 0; i < SETS; i++) {
		const char *set = path_of_member (tree->arena, "cors", id, sets[i].below);
		aws_node_drop_all (rule, sets[i].element);
		tree->failed |= !set;
		for (size_t n = 0; set && n < desired->count; n++)
			if (strncmp (desired->at[n].path, set, strlen (set)) == 0 && desired->at[n].path[strlen (set)] == '[')
				aws_node_add (tree, rule, sets[i].element, path_member (tree->arena, desired->at[n].path + strlen (set)));
	}
	aws_node_set (tree, rule, "MaxAgeSeconds", lines_in (desired, "cors", id, ".max-age"));
}

static const char *const told[] = { "ID", "AllowedHeader", "AllowedMethod", "AllowedOrigin", "ExposeHeader", "MaxAgeSeconds", NULL };
static const struct s3_rules kind = { "CORSConfiguration", "CORSRule", "cors", told, NULL, tell_rule, build_rule };

int
s3_cors_read (const struct s3_place *place, const char *body, size_t length, struct lines *lines, struct larder_error *error)
{
	(void) place;
	return s3_rules_read (&kind, body, length, lines, error);
}

int
s3_cors_write (const struct s3_place *place, const struct lines *desired, const char *body, size_t length, struct buffer *into, struct larder_error *error)
{
	return s3_rules_write (&kind, place, desired, body, length, into, error);
}
