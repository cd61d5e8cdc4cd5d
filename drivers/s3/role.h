/* role.h: the role of a replication that is made here (role = auto). */
#ifndef LARDER_S3_ROLE_H
#define LARDER_S3_ROLE_H

#include "s3.h"
#include "setting.h"

/* UNSUPPORTED for role = auto where there is no IAM of this cloud. */
int s3_role_supports (const struct s3 *s3, const struct larder_line *line, struct larder_error *error);
/* In what was read, the ARN of ours becomes "auto", or "otherwise" where the role is not as it should be. `source_key`: of what is copied, or NULL. */
int s3_role_tell (struct s3 *s3, struct larder_call *call, const struct s3_place *place, const char *source_key, struct lines *lines, struct larder_error *error);
/* Without a role that is asked for: of copies under ours it is told that they are. */
void s3_role_own (const struct s3_place *place, struct lines *lines);
bool s3_role_asked (const struct lines *desired);
/* Makes it so, and puts its ARN in its place. */
int s3_role_set (struct s3 *s3, struct larder_call *call, const struct s3_place *place, struct lines *desired, struct larder_error *error);
int s3_role_remove (struct s3 *s3, struct larder_call *call, const struct s3_place *place, struct larder_arena *arena, struct larder_error *error);

#endif
