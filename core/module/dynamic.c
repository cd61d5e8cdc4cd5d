/* dynamic.c: the dynamic section of a shared object, from its file. Every number in it is doubted: a damaged
 * file is to be refused here, not to crash the loader later. */
#include "dynamic.h"

#include <link.h>
#include <stdbool.h>
#include <string.h>

#include "arena.h"
#include "error.h"
#include "file.h"

enum { PARTS_MOST = 256, TAGS_MOST = 4096, NEEDED_MOST = 256, TEXT_MOST = 16 << 10 };

struct image {
	const char *subject;
	int fd;
	struct larder_arena *arena;
	unsigned parts;
	ElfW (Phdr) part[PARTS_MOST];
	const ElfW (Dyn) *tags;          /* up to DT_NULL */
	uint64_t texts, texts_size;      /* in the file */
};

static int
damaged (const struct image *image, const char *what, struct larder_error *error)
{
	int code = larder_fail (error, LARDER_E_INVALID, "%s has a damaged dynamic section: %s", image->subject, what);
	larder_explain (error, LARDER_DETAIL_NEXT, "build or install it again");
	return code;
}

static int
read_parts (struct image *image, struct larder_error *error)
{
	ElfW (Ehdr) head;
	if (file_pread_all (image->fd, &head, sizeof head, 0) != sizeof head || head.e_phnum > PARTS_MOST || head.e_phentsize != sizeof *image->part)
		return damaged (image, "its headers cannot be read", error);
	size_t size = head.e_phnum * sizeof *image->part;
	if (file_pread_all (image->fd, image->part, size, head.e_phoff) != (int64_t) size)
		return damaged (image, "its headers cannot be read", error);
	image->parts = head.e_phnum;
	return 0;
}

/* Where in the file the byte of this address is, and how many follow; false if no part holds it. */
static bool
locate (const struct image *image, uint64_t address, uint64_t *ret_at, uint64_t *ret_left)
{
	for (unsigned i = 0; i < image->parts; i++) {
		const ElfW (Phdr) *part = &image->part[i];
		if (part->p_type == PT_LOAD && address >= part->p_vaddr && address - part->p_vaddr < part->p_filesz) {
			*ret_at = part->p_offset + (address - part->p_vaddr);
			*ret_left = part->p_filesz - (address - part->p_vaddr);
			return true;
		}
	}
	return false;
}

/* The loader goes by the address of the section, not by its place in the file, and walks to its end mark. */
static int
read_tags (struct image *image, struct larder_error *error)
{
	const ElfW (Phdr) *section = NULL;
	for (unsigned i = 0; i < image->parts; i++)
		if (image->part[i].p_type == PT_DYNAMIC) {
			if (section)
				return damaged (image, "there are two", error);
			section = &image->part[i];
		}
	uint64_t at, left;
	if (!section || !locate (image, section->p_vaddr, &at, &left))
		return damaged (image, "it is not there", error);
	size_t count = left / sizeof *image->tags < TAGS_MOST ? left / sizeof *image->tags : TAGS_MOST;
	ElfW (Dyn) *tags = arena_alloc (image->arena, (count + 1) * sizeof *tags);
	if (!tags)
		return larder_fail_memory (error);
	if (file_pread_all (image->fd, tags, count * sizeof *tags, at) != (int64_t) (count * sizeof *tags))
		return damaged (image, "it is cut short", error);
	for (size_t i = 0; i < count; i++)
		if (tags[i].d_tag == DT_NULL) {
			image->tags = tags;
			return 0;
		}
	return damaged (image, "it has no end", error);
}

static int
find_texts (struct image *image, struct larder_error *error)
{
	uint64_t address = 0, left = 0;
	for (const ElfW (Dyn) *tag = image->tags; tag->d_tag != DT_NULL; tag++) {
		address = tag->d_tag == DT_STRTAB ? tag->d_un.d_ptr : address;
		image->texts_size = tag->d_tag == DT_STRSZ ? tag->d_un.d_val : image->texts_size;
	}
	if (!locate (image, address, &image->texts, &left) || image->texts_size > left)
		return damaged (image, "its names are not in the file", error);
	return 0;
}

static int
read_text (const struct image *image, uint64_t at, const char **ret, struct larder_error *error)
{
	uint64_t left = at < image->texts_size ? image->texts_size - at : 0;
	int64_t room = left < TEXT_MOST ? (int64_t) left : TEXT_MOST;
	char text[TEXT_MOST];
	if (room == 0 || file_pread_all (image->fd, text, (size_t) room, image->texts + at) != room || !memchr (text, '\0', (size_t) room))
		return damaged (image, "a name in it has no end", error);
	*ret = arena_copy (image->arena, text);
	return *ret ? 0 : larder_fail_memory (error);
}

static bool
is_needed (int64_t tag)
{
	return tag == DT_NEEDED || tag == DT_AUXILIARY || tag == DT_FILTER;
}

static int
read_names (const struct image *image, struct dynamic *ret, struct larder_error *error)
{
	const char **needed = arena_alloc (image->arena, NEEDED_MOST * sizeof *needed);
	int code = needed ? 0 : larder_fail_memory (error);
	for (const ElfW (Dyn) *tag = image->tags; code == 0 && tag->d_tag != DT_NULL; tag++) {
		if (is_needed (tag->d_tag) && ret->count == NEEDED_MOST)
			return damaged (image, "it needs too many files", error);
		const char **to = is_needed (tag->d_tag) ? &needed[ret->count++] : tag->d_tag == DT_SONAME ? &ret->soname
			: tag->d_tag == DT_RUNPATH ? &ret->runpath : tag->d_tag == DT_RPATH ? &ret->rpath : NULL;
		if (to)
			code = read_text (image, tag->d_un.d_val, to, error);
	}
	ret->needed = needed;
	return code;
}

int
dynamic_read (const char *subject, int fd, struct larder_arena *arena, struct dynamic *ret, struct larder_error *error)
{
	struct image image = { .subject = subject, .fd = fd, .arena = arena };
	struct dynamic dynamic = { 0 };
	int code = read_parts (&image, error);
	if (code == 0)
		code = read_tags (&image, error);
	if (code == 0)
		code = find_texts (&image, error);
	if (code == 0)
		code = read_names (&image, &dynamic, error);
	if (code == 0)
		*ret = dynamic;
	return code;
}
