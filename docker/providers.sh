#!/bin/bash
# Lays out the Terraform providers of a configuration as a mirror of unpacked ones, which nobody has to unpack again.
#   providers.sh CONFIGURATION amd64|arm64 MIRROR
set -euo pipefail

# An image that was made of this machine's own Terraform brings its providers along.
if [ -d /terraform/usr/share/terraform/plugins ]; then
  cp -r /terraform/usr/share/terraform/plugins "$3"
  exit
fi

if [ -s /run/secrets/ca ]; then
  export SSL_CERT_FILE=/run/secrets/ca
fi
cd "$1"
/terraform/bin/terraform providers mirror -platform="linux_$2" /tmp/packed
find /tmp/packed -name '*.zip' -printf '%P\n' | while read -r archive; do
  # registry.terraform.io/hashicorp/aws/terraform-provider-aws_5.100.0_linux_amd64.zip
  version=$(basename "$archive" "_linux_$2.zip")
  into="$3/$(dirname "$archive")/${version##*_}/linux_$2"
  mkdir -p "$into"
  python3 -m zipfile -e "/tmp/packed/$archive" "$into"
  chmod +x "$into"/terraform-provider-*
done
