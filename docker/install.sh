#!/bin/bash
# Installs a lock into /dependencies for the architecture that is built for, which need not be the one this runs on.
#   install.sh REQUIREMENTS amd64|arm64
set -euo pipefail

case $2 in
  amd64) machine=x86_64 ;;
  arm64) machine=aarch64 ;;
  *) echo "no Lambda runs on $2" >&2 && exit 1 ;;
esac

# A site whose proxy opens TLS gives its certificates as a build secret.
if [ -s /run/secrets/ca ]; then
  export PIP_CERT=/run/secrets/ca
fi

export PIP_CACHE_DIR=/var/cache/pip
umask 022 # readable by Lambda's user

# Wheels only: a source distribution would run its setup.py, on the wrong machine at that. A wheel for an older glibc
# runs on a newer one, yet pip wants each of the tags named (PEP 600).
exec python3 -m pip install --disable-pip-version-check --root-user-action ignore --quiet --no-compile \
  --only-binary=:all: --require-hashes --no-deps --requirement "$1" --target /dependencies \
  --python-version 3.13 --implementation cp \
  --platform "manylinux_2_28_$machine" --platform "manylinux_2_17_$machine" --platform "manylinux2014_$machine"
