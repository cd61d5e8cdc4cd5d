"""terraform.py: where Terraform and its provider of AWS are, which come from no package registry.

    terraform.plugins()                # the folder for `terraform init -plugin-dir=`, or None: there is no Terraform, or no such provider
"""
import glob
import os
import shutil

PROVIDER = "registry.terraform.io/hashicorp/aws"


def plugins():
    """As Terraform itself looks for it, and where it is kept beside."""
    for folder in (os.environ.get("LARDER_TERRAFORM_PLUGINS", ""), "~/.terraform.d/plugins", "/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins", "/opt/tf-plugins"):
        folder = os.path.expanduser(folder)
        if shutil.which("terraform") and folder and glob.glob(os.path.join(folder, PROVIDER, "*", "*")) + glob.glob(os.path.join(folder, PROVIDER, "*.zip")):
            return folder
    return None
