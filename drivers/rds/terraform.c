/* terraform.c: what protects a database in Terraform's words. All else of the instance is its owner's matter, and ignored. Pure. */
#include "wire.h"

#include <string.h>

#include "arena.h"
#include "error.h"
#include "terraform.h"

/* Attributes that no line tells: those that Terraform would set back where nothing is written, and those that no import tells. */
static const char *const others[] = {
	"allow_major_version_upgrade", "allocated_storage", "apply_immediately", "auto_minor_version_upgrade", "blue_green_update", "copy_tags_to_snapshot", "customer_owned_ip_enabled",
	"dedicated_log_volume", "delete_automated_backups", "domain", "domain_auth_secret_arn", "domain_dns_ips", "domain_fqdn", "domain_iam_role_name", "domain_ou", "engine_version",
	"final_snapshot_identifier", "iam_database_authentication_enabled", "instance_class", "manage_master_user_password", "max_allocated_storage", "monitoring_interval", "password",
	"performance_insights_enabled", "publicly_accessible", "replicate_source_db", "skip_final_snapshot", "storage_encrypted", "tags", "tags_all", NULL
};

static int
fill (struct aws_terraform *share, const struct larder_export *request, const void *context, struct larder_error *error)
{
	const char *class = lines_value (&share->observed, "class");
	json_t *body = json_pack ("{s:s, s:s, s:o*}", "identifier", request->identity, "instance_class", class ? class : "", "enabled_cloudwatch_logs_exports",
		aws_terraform_members (&share->desired, "log"));
	(void) context, (void) error;
	aws_terraform_number (body, "backup_retention_period", lines_value (&share->desired, "retention"));
	aws_terraform_text (body, "backup_window", lines_value (&share->desired, "window"));
	aws_terraform_bool (body, "deletion_protection", lines_value (&share->desired, "deletion-protection"));
	for (const char *const *one = others; *one; one++)
		aws_terraform_ignore (body, *one);
	json_object_set_new (json_object_get (body, "lifecycle"), "prevent_destroy", json_true ());
	aws_terraform_add (share, "aws_db_instance", NULL, request->identity, body);
	return 0;
}

int
rds_terraform (const char *backend, const struct larder_export *request, const struct larder_sink *sink, struct larder_error *error)
{
	return aws_terraform_write (backend, request, fill, NULL, sink, error);
}
