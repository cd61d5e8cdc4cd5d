/* terraform.c: a plan with its vaults, selections and role in Terraform's words. Ids are of what is there. Pure. */
#include "wire.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "error.h"
#include "terraform.h"

/* A vault has the tag of whoever made it, which is not known here. "Default" is everybody's. */
static json_t *
vault_of (struct aws_terraform *share, const char *name)
{
	if (strcmp (name, "Default") == 0)
		return json_string (name);
	json_t *body = json_pack ("{s:s}", "name", name);
	aws_terraform_ignore (body, "force_destroy");
	aws_terraform_ignore (body, "tags");
	aws_terraform_ignore (body, "tags_all");
	return aws_terraform_ref (aws_terraform_add (share, "aws_backup_vault", name, name, body), "name");
}

static json_t *
copies_of (const struct aws_terraform *share, const char *rule)
{
	const char *set = path_of_member (share->arena, "rule", rule, ".copy"), *vault;
	json_t *list = json_array ();
	for (size_t at = 0; set && (vault = aws_terraform_member (&share->desired, &at, set));) {
		json_t *copy = json_pack ("{s:s}", "destination_vault_arn", vault), *life = backup_copy_life (lines_in (&share->desired, set, vault, "")), *own = json_object ();
		json_object_set (own, "cold_storage_after", json_object_get (life, "MoveToColdStorageAfterDays"));
		json_object_set (own, "delete_after", json_object_get (life, "DeleteAfterDays"));
		if (json_object_size (own))
			json_object_set (copy, "lifecycle", own);
		json_array_append_new (list, copy);
		json_decref (own);
		json_decref (life);
	}
	return list;
}

static json_t *
rule_of (struct aws_terraform *share, const char *name)
{
	static const struct { const char *below, *attribute; } ages[] = { { ".cold-after", "cold_storage_after" }, { ".delete-after", "delete_after" } };
	const struct lines *lines = &share->desired;
	const char *vault = lines_in (lines, "rule", name, ".vault");
	json_t *life = json_object (), *copies = copies_of (share, name);
	json_t *rule = json_pack ("{s:s, s:o}", "rule_name", name, "target_vault_name", vault_of (share, vault ? vault : "Default"));
	aws_terraform_text (rule, "schedule", lines_in (lines, "rule", name, ".schedule"));
	for (const struct backup_field *field = backup_fields; field->below; field++) {       /* where nothing is said, Terraform has its own, which are not the service's */
		const char *value = lines_in (lines, "rule", name, field->below);
		(field->number ? aws_terraform_number : aws_terraform_text) (rule, field->attribute, value ? value : field->usual);
	}
	for (size_t n = 0; n < sizeof ages / sizeof *ages; n++)
		aws_terraform_number (life, ages[n].attribute, lines_in (lines, "rule", name, ages[n].below));
	if (json_object_size (life))
		json_object_set (rule, "lifecycle", life);
	if (json_array_size (copies))
		json_object_set (rule, "copy_action", copies);
	json_decref (life);
	json_decref (copies);
	return rule;
}

/* Its address, and its id; NULL: no such. */
static const char *
put_plan (struct aws_terraform *share, const char *name, const char **ret_id)
{
	const char *arn = lines_value (&share->observed, "id"), *mark = arn ? strstr (arn, "backup-plan:") : NULL, *rule;
	json_t *rules = json_array ();
	for (size_t at = 0; (rule = aws_terraform_member (&share->desired, &at, "rule"));)
		json_array_append_new (rules, rule_of (share, rule));
	*ret_id = mark ? mark + strlen ("backup-plan:") : "";
	return aws_terraform_add (share, "aws_backup_plan", NULL, *ret_id, json_pack ("{s:s, s:o}", "name", name, "rule", rules));
}

/* The role as it is given, or ours, which is written with the first that has it. */
static int
role_of (struct aws_terraform *share, const char *plan, const struct line *line, const char **made, json_t **ret, struct larder_error *error)
{
	struct aws_made_role role = { .id = plan, .service = BACKUP_SERVICE };
	int code = 0;
	if (!line || !backup_role_is_auto (line)) {
		*ret = json_string (line ? line->value : "");
		return 0;
	}
	if (!*made) {
		code = aws_role_name (BACKUP_ROLE_KIND, plan, share->arena, &role.name, error);
		if (code == 0)
			code = backup_rights_wanted (&share->desired, &role.rights, error);
		*made = code == 0 ? aws_terraform_role (share, &role) : NULL;
	}
	*ret = code == 0 ? aws_terraform_ref (*made, "arn") : NULL;
	return code;
}

static int
put_selection (struct aws_terraform *share, const char *name, const char *plan_name, const char *plan, const char *plan_id, const char **made, struct larder_error *error)
{
	const char *set = path_of_member (share->arena, "selection", name, ".resource"), *path = path_of_member (share->arena, "selection", name, ".role");
	const char *id = lines_in (&share->observed, "selection", name, ".id");
	json_t *role;
	if (!set || !path)
		return larder_fail_memory (error);
	int code = role_of (share, plan_name, lines_find (&share->desired, path), made, &role, error);
	if (code < 0)
		return code;
	json_t *body = json_pack ("{s:s, s:o, s:o, s:o*}", "name", name, "plan_id", aws_terraform_ref (plan, "id"), "iam_role_arn", role, "resources", aws_terraform_members (&share->desired, set));
	aws_terraform_add (share, "aws_backup_selection", name, arena_printf (share->arena, "%s|%s", plan_id, id ? id : ""), body);
	return 0;
}

static int
fill (struct aws_terraform *share, const struct larder_export *request, const void *context, struct larder_error *error)
{
	const char *id, *selection, *made = NULL, *plan = put_plan (share, request->identity, &id);
	int code = 0;
	(void) context;
	for (size_t at = 0; code == 0 && (selection = aws_terraform_member (&share->desired, &at, "selection"));)
		code = put_selection (share, selection, request->identity, plan, id, &made, error);
	return code;
}

int
backup_terraform (const char *backend, const struct larder_export *request, const struct larder_sink *sink, struct larder_error *error)
{
	return aws_terraform_write (backend, request, fill, NULL, sink, error);
}
