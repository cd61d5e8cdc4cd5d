/* inner.h: the mock's own table, for test drivers that stand in front of it. */
#ifndef TESTS_FAULT_INNER_H
#define TESTS_FAULT_INNER_H

#include <larder/driver.h>

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* LARDER_MODULE_DIR holds this module and the other one. */
static bool
inner_load (const struct larder_host *host, struct larder_driver *ret)
{
	char path[4096];
	const char *folder = getenv ("LARDER_MODULE_DIR");
	snprintf (path, sizeof path, "%s/driver-localfs-mock.so", folder ? folder : ".");
	void *module = dlopen (path, RTLD_NOW | RTLD_LOCAL);
	const struct larder_head *(*entry) (const struct larder_host *) = NULL;
	void *symbol = module ? dlsym (module, LARDER_MODULE_ENTRY) : NULL;
	memcpy (&entry, &symbol, sizeof entry);
	if (entry)
		memcpy (ret, entry (host), sizeof *ret);
	return entry != NULL;
}

#endif
