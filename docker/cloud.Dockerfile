# The cloud of docker/compose.yaml: the AWS emulator, the Rekognition stand-in, and Terraform, which makes Gazette in them.
# On the base of the functions, so that a site needs no second one.
ARG BASE_IMAGE=public.ecr.aws/lambda/python:3.13
ARG BUILD_IMAGE=${BASE_IMAGE}
# Terraform comes as a binary in nobody's package index. A site that cannot pull its image makes one of the same shape
# out of what the machine has (make cloud-image).
ARG TERRAFORM_IMAGE=hashicorp/terraform:1.11.4

FROM ${TERRAFORM_IMAGE} AS terraform

FROM --platform=${BUILDPLATFORM} ${BUILD_IMAGE} AS dependencies
ARG TARGETARCH
RUN --mount=type=bind,source=docker/install.sh,target=/install.sh \
    --mount=type=bind,source=requirements/local.txt,target=/requirements.txt \
    --mount=type=secret,id=ca,target=/run/secrets/ca \
    --mount=type=secret,id=pip,target=/etc/pip.conf \
    --mount=type=cache,target=/var/cache/pip \
    /install.sh /requirements.txt "${TARGETARCH}" \
    && python3 -m compileall -q --invalidation-mode unchecked-hash /dependencies

# Terraform looks for providers where find_mirror of local/provider_mirror.py does: with them inside, `up` asks no registry.
FROM --platform=${BUILDPLATFORM} ${BUILD_IMAGE} AS providers
ARG TARGETARCH
COPY terraform/environments/local/ /configuration/
RUN --mount=type=bind,from=terraform,target=/terraform \
    --mount=type=bind,source=docker/providers.py,target=/providers.py \
    --mount=type=secret,id=ca,target=/run/secrets/ca \
    python3 /providers.py /configuration "${TARGETARCH}" /providers \
    && mkdir -p /state/functions

FROM ${BASE_IMAGE}
WORKDIR /gazette
COPY --from=providers /providers/ /usr/share/terraform/plugins/
COPY --from=terraform /bin/terraform /usr/local/bin/terraform
# Beside the code: whatever is started in this directory can import both, whichever Python the base has.
COPY --from=dependencies /dependencies/ ./
COPY services/ services/
COPY local/ local/
# `terraform init` writes its lock file there.
COPY --chown=1000:1000 terraform/ terraform/
# A new volume takes its owner from the image's directory.
COPY --from=providers --chown=1000:1000 /state/ /state/
ENV GAZETTE_LOCAL_DIR=/state \
    HOME=/state \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 1000:1000
# checkov:skip=CKV_DOCKER_2:compose.yaml has it, beside what waits for it
# checkov:skip=CKV_DOCKER_7:a name that an argument holds
# Inside a container the loopback interface is nobody's: what may reach the emulator is decided where its port is published.
ENTRYPOINT ["python3", "-m", "local", "serve", "--runtime", "attached", "--bind", "0.0.0.0"]
