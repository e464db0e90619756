#!/bin/sh
# As in AWS's base images: the handler's name is the only argument. With a Runtime API the runtime client asks it for
# events; without one there is no Lambda around, and the emulator in front of the client takes them on port 8080.
if [ $# -ne 1 ]; then
  echo "the handler's name must be the only argument" >&2
  exit 142
fi
export _HANDLER="$1"

if [ -z "${AWS_LAMBDA_RUNTIME_API:-}" ]; then
  exec /usr/local/bin/aws-lambda-rie /var/runtime/bootstrap
fi
exec /var/runtime/bootstrap
