/* facts.c: what a module says of itself, as pairs, without opening an instance. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/codec.h>
#include <larder/driver.h>
#include <larder/lock.h>

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "loaded.h"
#include "required.h"

enum { FACTS_MOST = 96 };

struct list { struct larder_pair *at; size_t count; struct larder_arena *arena; };

static void
add (struct list *list, const char *name, const char *value)
{
	if (name && value && list->count < FACTS_MOST)
		list->at[list->count++] = (struct larder_pair) { name, value };
}

static void
add_number (struct list *list, const char *name, uint64_t value)
{
	add (list, name, arena_printf (list->arena, "%llu", (unsigned long long) value));
}

static void
add_bits (struct list *list, uint64_t bits, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		add (list, names[i], bits >> i & 1 ? "yes" : "no");
}

static void
add_operations (struct list *list, const struct module *module)
{
	for (const struct operation *operation = operations_of (module->kind); operation->name; operation++)
		add (list, arena_printf (list->arena, "can_%s", operation->name), operation_there (module, operation) ? "yes" : "no");
}

static void
add_driver (struct list *list, const struct larder_driver *driver)
{
	static const char *const caps[] = { "create_only", "if_match", "versions", "metadata", "classes", "checksum", "range", "remove_if_match",
		"any_key", "key_beside_prefix", "copy_create_only", "any_order" };
	add_bits (list, driver->caps_all, caps, sizeof caps / sizeof *caps);
	add (list, "schemes", driver->schemes);
	add (list, "control", driver->control);
}

static void
add_codec (struct list *list, const struct larder_codec *codec)
{
	static const char *const caps[] = { "lossless", "quality", "alpha", "depth16", "grey", "icc" };
	add_bits (list, codec->caps, caps, sizeof caps / sizeof *caps);
	add (list, "content_type", codec->content_type);
	add (list, "extension", codec->extension);
	add (list, "aliases", codec->aliases);
	add_number (list, "max_width", codec->max_width);
	add_number (list, "max_height", codec->max_height);
}

void
module_facts (const struct module *module, struct larder_arena *arena, struct larder_module_facts *ret)
{
	static const char *const threads[] = { "serial-all", "serial", "parallel" };
	struct list list = { arena_alloc (arena, FACTS_MOST * sizeof (struct larder_pair)), 0, arena };
	if (!list.at)
		return;
	add_number (&list, "api", module->head->head.api);
	add (&list, "threads", module->head->threads < 3 ? threads[module->head->threads] : "serial-all");
	if (module->driver)
		add_driver (&list, module->driver);
	if (module->codec)
		add_codec (&list, module->codec);
	add_operations (&list, module);
	struct larder_module_facts facts = {
		.size = sizeof facts, .kind = kind_word (module->kind), .name = module->name, .version = module->head->version,
		.summary = module->head->summary, .path = module->path, .api = module->head->head.api, .options = module->options,
		.facts = { list.at, list.count, sizeof *list.at },
	};
	larder_give (ret, &facts);
}
