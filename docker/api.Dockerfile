# The API and its authorizer, as Lambda runs them: `make images` builds it, CMD chooses the handler.
# AWS's base has pip in it; the one of docker/base has not, and a twin with pip: `make images` names that as BUILD_IMAGE.
ARG BASE_IMAGE=public.ecr.aws/lambda/python:3.13
ARG BUILD_IMAGE=${BASE_IMAGE}

# Runs on the building machine whatever it builds for: nothing of the other architecture is ever executed.
FROM --platform=${BUILDPLATFORM} ${BUILD_IMAGE} AS dependencies
# amd64 or arm64, from --platform.
ARG TARGETARCH
# The site's certificates and package indexes are secrets, which no layer keeps; what pip downloads is kept outside of the
# image, for the next build.
RUN --mount=type=bind,source=docker/install.sh,target=/install.sh \
    --mount=type=bind,source=requirements/api.txt,target=/requirements.txt \
    --mount=type=secret,id=ca,target=/run/secrets/ca \
    --mount=type=secret,id=pip,target=/etc/pip.conf \
    --mount=type=cache,target=/var/cache/pip \
    /install.sh /requirements.txt "${TARGETARCH}"
# botocore describes every service of AWS in 25 MB: these are the API's. A new client needs its service here.
ARG AWS_SERVICES="dynamodb s3 secretsmanager sqs sts"
# One argument a service:
# hadolint ignore=SC2086
RUN --mount=type=bind,source=docker/prune.py,target=/prune.py \
    --mount=type=bind,source=docker/descriptions.py,target=/descriptions.py \
    python3 /prune.py /dependencies ${AWS_SERVICES} \
    && python3 /descriptions.py /dependencies ${AWS_SERVICES}
# What Flask imports and no answer of the API needs: a sixth of its cold start.
RUN --mount=type=bind,source=docker/stand_ins.py,target=/stand_ins.py \
    python3 /stand_ins.py /dependencies

FROM --platform=${BUILDPLATFORM} ${BUILD_IMAGE} AS code
COPY services/articles/ /code/articles/
COPY services/api/ /code/api/
# Lambda's user is not the one that owns these files, and the file system is read-only: compiled here or at every start.
# Not compared with the source's time, so that the layer is the same whenever and wherever it was checked out.
RUN chmod -R u=rwX,go=rX /code \
    && python3 -m compileall -q --invalidation-mode unchecked-hash /code

FROM ${BASE_IMAGE}
# Dependencies change seldom: their layer is pushed, pulled and cached once.
COPY --from=dependencies /dependencies/ ${LAMBDA_TASK_ROOT}/
COPY --from=code /code/ ${LAMBDA_TASK_ROOT}/
# There is no instance metadata service in Lambda. Anywhere else the SDK would wait for one when it finds no
# credentials, and a caller with it.
ENV AWS_EC2_METADATA_DISABLED=true
# SnapStart takes AWS's base as it is, any other one with this label.
LABEL com.amazonaws.lambda.feature.snapstart="Allow"
# checkov:skip=CKV_DOCKER_2:Lambda looks after its environments itself, and asks no image how it is
# checkov:skip=CKV_DOCKER_7:a name that an argument holds; a deploy gives it by digest
# The numbers that Lambda itself uses; they need no entry in /etc/passwd.
USER 993:990
CMD ["api.handler.handler"]
