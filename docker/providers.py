"""Lays out the Terraform providers of a configuration as a mirror of unpacked ones, which nobody has to unpack again.

    providers.py CONFIGURATION amd64|arm64 MIRROR

The image of Terraform is mounted at /terraform. One that was made of a machine's own Terraform brings the providers
along; for the public one they come from the registry.
"""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

TERRAFORM = Path("/terraform")
CERTIFICATES = Path("/run/secrets/ca")
PACKED = Path("/tmp/packed")  # noqa: S108 - of a build stage


def main(configuration: str, architecture: str, mirror: Path) -> None:
    """Makes the mirror."""
    brought = TERRAFORM / "usr/share/terraform/plugins"
    if brought.is_dir():
        shutil.copytree(brought, mirror)
        return
    environment = dict(os.environ)
    if CERTIFICATES.exists() and CERTIFICATES.stat().st_size:
        environment["SSL_CERT_FILE"] = str(CERTIFICATES)
    command = [TERRAFORM / "bin/terraform", "providers", "mirror", f"-platform=linux_{architecture}", PACKED]
    subprocess.run(command, cwd=configuration, env=environment, check=True)
    for archive in PACKED.rglob("*.zip"):
        # registry.terraform.io/hashicorp/aws/terraform-provider-aws_5.100.0_linux_amd64.zip
        version = archive.name.split("_")[1]
        into = mirror / archive.parent.relative_to(PACKED) / version / f"linux_{architecture}"
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(into)
        for program in into.glob("terraform-provider-*"):
            program.chmod(0o755)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
