/* tree.h: a small XML document as a tree, so that a setting can be changed in its place and all else of it stays. Pure. */
#ifndef LARDER_S3_TREE_H
#define LARDER_S3_TREE_H

#include <larder/types.h>

struct buffer;

struct s3_node { const char *name, *text; struct s3_node *first, *next; };   /* text "" for none */

/* Nodes live in the arena. A failure sticks: s3_tree_write tells. */
struct s3_tree { struct larder_arena *arena; bool failed; };

/* INTEGRITY for another root; an empty body is a root without children. Names of namespaces and attributes are left out. */
int s3_tree_read (struct s3_tree *tree, const char *body, size_t length, const char *root, struct s3_node **ret, struct larder_error *error);
/* <root xmlns=…>; LIMIT after a failure. */
int s3_tree_write (const struct s3_tree *tree, const struct s3_node *root, struct buffer *into, struct larder_error *error);

/* The first child of that name; NULL. */
struct s3_node *s3_node_child (const struct s3_node *node, const char *name);
/* And the next one. */
struct s3_node *s3_node_again (const struct s3_node *child);
/* "A/B" below the node; NULL. */
struct s3_node *s3_node_find (const struct s3_node *node, const char *path);
const char *s3_node_text (const struct s3_node *node, const char *path);
struct s3_node *s3_node_add (struct s3_tree *tree, struct s3_node *parent, const char *name, const char *text);
void s3_node_drop (struct s3_node *parent, const struct s3_node *child);
void s3_node_drop_all (struct s3_node *parent, const char *name);
/* Makes "A/B" as far as it is not there. A NULL text takes it away, with what is empty then. */
void s3_node_set (struct s3_tree *tree, struct s3_node *node, const char *path, const char *text);

#endif
