/* resource-paths.h: what the resources of a strategy are made of, said once for all drivers that have them. Each ends with a NULL path. */
#ifndef LARDER_BASE_RESOURCE_PATHS_H
#define LARDER_BASE_RESOURCE_PATHS_H

struct larder_path_rule;
extern const struct larder_path_rule bucket_paths[], access_paths[], replication_paths[], cdn_paths[], backup_paths[], database_paths[];

/* Copies that are made under our role and that no section asks for any more are told as own-role and own[ID], and as nothing else: the lines become those. */
struct lines;
void copies_are_ours (struct lines *lines, const char *role);

#endif
