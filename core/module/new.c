/* new.c: the skeleton of a module, as files in a new folder. The texts are in templates.h; @NAME@ is the
 * module's name, @C_NAME@ the same as a C word. */
#include "module.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "buffer.h"
#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "templates.h"

static void
substitute (struct buffer *into, const char *template, const char *name)
{
	for (const char *at = template; *at;) {
		if (strncmp (at, "@NAME@", 6) == 0) {
			buffer_add_text (into, name);
			at += 6;
		} else if (strncmp (at, "@C_NAME@", 8) == 0) {
			for (const char *c = name; *c; c++)
				buffer_add_char (into, *c == '-' ? '_' : *c);
			at += 8;
		} else {
			buffer_add_char (into, *at++);
		}
	}
}

static int
write_one (int root, const char *folder, const char *kind, const char *name, const struct template *template, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer text;
	buffer_init (&text, 64 << 10);
	substitute (&text, template->text, name);
	char path[512];
	if (template->is_source)
		snprintf (path, sizeof path, "%s/%s-%s.c", folder, kind, name);
	else
		snprintf (path, sizeof path, "%s/%s", folder, template->file);
	return file_publish (root, path, buffer_text (&text), text.length, 0644, FILE_CREATE, false, error);
}

int
module_new (const char *kind, const char *name, const char *into, struct larder_error *error)
{
	const struct template_set *set = template_sets;
	while (set->kind && strcmp (set->kind, kind) != 0)
		set++;
	if (!set->kind)
		return larder_fail (error, LARDER_E_INVALID, "unknown kind of module '%s': driver, codec or lock", kind);
	size_t length = strlen (name);
	if (!length || length > 60 || name[0] == '-' || (name[0] >= '0' && name[0] <= '9') || strspn (name, "abcdefghijklmnopqrstuvwxyz0123456789-") != length)
		return larder_fail (error, LARDER_E_INVALID, "'%s' is not a module name: small letters, digits and '-', a letter first", name);
	CLEANUP_CLOSE int root = open (into, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return larder_fail_errno (error, errno, "cannot open the folder '%s'", into);
	if (mkdirat (root, name, 0755) < 0)
		return larder_fail_errno (error, errno, "cannot make the folder '%s/%s'", into, name);
	int code = 0;
	for (size_t i = 0; i < set->count && code == 0; i++)
		code = write_one (root, name, kind, name, &set->templates[i], error);
	return code;
}
