/* source.c: files and memory as sources. */
#include "file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "error.h"

static int64_t
file_source_pread (void *context, void *into, size_t count, uint64_t offset, struct larder_error *error)
{
	const struct file_source *file = context;
	int64_t got = file_pread_all (file->fd, into, count, offset);
	return got < 0 ? larder_fail_errno (error, (int) -got, "cannot read '%s'", file->name) : got;
}

int
file_source_begin (struct file_source *file, int fd, const char *name, struct larder_source *ret, struct larder_error *error)
{
	*file = (struct file_source) { .fd = fd, .name = name };
	if (fstat (fd, &file->at_start) < 0)
		return larder_fail_errno (error, errno, "cannot look at '%s'", name);
	if (!S_ISREG (file->at_start.st_mode))
		return larder_fail_next (error, LARDER_E_INVALID, "name a file", "'%s' is not a regular file", name);
	*ret = (struct larder_source) {
		.size = sizeof *ret, .context = file, .length = (uint64_t) file->at_start.st_size, .pread = file_source_pread,
	};
	return 0;
}

int
file_source_check (const struct file_source *file, struct larder_error *error)
{
	struct stat now;
	if (fstat (file->fd, &now) < 0)
		return larder_fail_errno (error, errno, "cannot look at '%s'", file->name);
	const struct stat *then = &file->at_start;
	if (now.st_size != then->st_size || now.st_mtim.tv_sec != then->st_mtim.tv_sec || now.st_mtim.tv_nsec != then->st_mtim.tv_nsec
	    || (now.st_nlink > 0 && (now.st_ctim.tv_sec != then->st_ctim.tv_sec || now.st_ctim.tv_nsec != then->st_ctim.tv_nsec)))
		return larder_fail_next (error, LARDER_E_INTEGRITY, "nothing was kept; try again once nobody writes to it",
			"source changed while being read: '%s'", file->name);
	return 0;
}

static int64_t
memory_read_at (const struct memory_source *memory, void *into, size_t count, uint64_t offset)
{
	if (offset >= memory->count)
		return 0;
	size_t left = memory->count - (size_t) offset, take = count < left ? count : left;
	memcpy (into, memory->at + offset, take);
	return (int64_t) take;
}

static int64_t
memory_pread (void *context, void *into, size_t count, uint64_t offset, struct larder_error *error)
{
	(void) error;
	return memory_read_at (context, into, count, offset);
}

void
memory_source_begin (struct memory_source *memory, const void *at, size_t count, struct larder_source *ret)
{
	*memory = (struct memory_source) { .at = at, .count = count };
	*ret = (struct larder_source) { .size = sizeof *ret, .context = memory, .length = count, .pread = memory_pread };
}

int64_t
source_pread (const struct larder_source *source, void *into, size_t count, uint64_t offset, struct larder_error *error)
{
	size_t done = 0;
	while (done < count) {
		int64_t got = source->pread
			? source->pread (source->context, (char *) into + done, count - done, offset + done, error)
			: source->read (source->context, (char *) into + done, count - done, error);
		if (got < 0)
			return got;
		if ((uint64_t) got > count - done)
			return larder_fail_next (error, LARDER_E_INTEGRITY, "the module or program behind the source is at fault; report it",
				"source gave %lld bytes where %zu were asked for", (long long) got, count - done);
		if (got == 0)
			break;
		done += (size_t) got;
	}
	return (int64_t) done;
}
