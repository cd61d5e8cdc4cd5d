/* tree.h: a small XML document as a tree, so that one thing can be changed in its place and all else of it stays. Pure. */
#ifndef LARDER_AWS_TREE_H
#define LARDER_AWS_TREE_H

#include <larder/types.h>

struct buffer;

#pragma GCC visibility push (default)

struct aws_node { const char *name, *text; struct aws_node *first, *next; };   /* text "" for none */

/* Nodes live in the arena. A failure sticks: aws_tree_write tells. */
struct aws_tree { struct larder_arena *arena; bool failed; };

/* INTEGRITY for another root; an empty body is a root without children. Names of namespaces and attributes are left out. */
int aws_tree_read (struct aws_tree *tree, const char *body, size_t length, const char *root, struct aws_node **ret, struct larder_error *error);
/* <root xmlns="namespace">; LIMIT after a failure. */
int aws_tree_write (const struct aws_tree *tree, const struct aws_node *root, const char *namespace, struct buffer *into, struct larder_error *error);

/* The first child of that name; NULL. */
struct aws_node *aws_node_child (const struct aws_node *node, const char *name);
/* And the next one. */
struct aws_node *aws_node_again (const struct aws_node *child);
/* "A/B" below the node; NULL. */
struct aws_node *aws_node_find (const struct aws_node *node, const char *path);
const char *aws_node_text (const struct aws_node *node, const char *path);
struct aws_node *aws_node_add (struct aws_tree *tree, struct aws_node *parent, const char *name, const char *text);
void aws_node_drop (struct aws_node *parent, const struct aws_node *child);
void aws_node_drop_all (struct aws_node *parent, const char *name);
/* Makes "A/B" as far as it is not there. A NULL text takes it away, with what is empty then. */
void aws_node_set (struct aws_tree *tree, struct aws_node *node, const char *path, const char *text);

#pragma GCC visibility pop

#endif
