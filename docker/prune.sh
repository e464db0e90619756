#!/bin/bash
# Takes out of installed dependencies what no function uses, and compiles the rest.
#   prune.sh DIRECTORY "dynamodb s3 …"   the AWS services whose descriptions botocore keeps
set -euo pipefail
cd "$1"

keep=$2
for description in botocore/data/*/; do
  service=$(basename "$description")
  [[ " $keep " == *" $service "* ]] || rm -r "$description"
done
for service in $keep; do # a service that botocore does not know is a typing mistake
  [ -d "botocore/data/$service" ]
done

# boto3's resources and examples; the functions use clients.
rm -rf boto3/data boto3/examples
# Programs, tests, type information for checkers, C sources. A package's metadata stays: it names versions and licences.
rm -rf bin
find . \( -type d \( -name tests -o -name test -o -name testing -o -name __pycache__ \) \
  -o -type f \( -name '*.pyi' -o -name py.typed -o -name '*.c' -o -name '*.h' -o -name '*.pyx' -o -name '*.pxd' \) \) \
  -prune -exec rm -rf {} +

chmod -R u=rwX,go=rX .
python3 -m compileall -q --invalidation-mode unchecked-hash .
