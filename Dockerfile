# llm-api in a container: built in one stage, run in another, as a user without rights.
# Written where no Docker engine was at hand: linted, not built yet. docs/deploy.md tells how it is run.
#
#   docker build -t llm-api .
#   docker build -t llm-api:cuda . --build-arg CMAKE_ARGS="-DGGML_CUDA=on" \
#     --build-arg BUILD_IMAGE=nvidia/cuda:12.6.3-devel-ubuntu24.04 --build-arg RUN_IMAGE=nvidia/cuda:12.6.3-runtime-ubuntu24.04

ARG BUILD_IMAGE=debian:13-slim
ARG RUN_IMAGE=debian:13-slim

FROM ${BUILD_IMAGE} AS build
SHELL ["/bin/sh", "-eu", "-c"]
# hadolint ignore=DL3008
RUN apt-get update; \
    apt-get install -y --no-install-recommends build-essential cmake python3 python3-dev python3-venv; \
    rm -rf /var/lib/apt/lists/*
# Not for the CPU that builds, but for any of the last ten years: the image travels. -DGGML_NATIVE=on for this machine alone.
ARG CMAKE_ARGS="-DGGML_NATIVE=off -DGGML_AVX2=on -DGGML_FMA=on -DGGML_F16C=on"
WORKDIR /src
RUN python3 -m venv /opt/llm-api
COPY requirements.lock ./
RUN CMAKE_ARGS="${CMAKE_ARGS}" /opt/llm-api/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY server server
COPY config config
COPY data data
# What the lock does not hold: PostgreSQL's driver, and Celery with Redis for the many machines of docs/scaling.md.
RUN /opt/llm-api/bin/pip install --no-cache-dir '.[cluster,postgresql]'

FROM ${RUN_IMAGE}
SHELL ["/bin/sh", "-eu", "-c"]
# hadolint ignore=DL3008
RUN apt-get update; \
    apt-get install -y --no-install-recommends libgomp1 python3; \
    rm -rf /var/lib/apt/lists/*; \
    groupadd --system --gid 10001 llm-api; \
    useradd --system --uid 10001 --gid 10001 --home-dir /data --shell /usr/sbin/nologin llm-api; \
    install -d -o llm-api -g llm-api -m 0700 /data
COPY --from=build /opt/llm-api /opt/llm-api
COPY deploy/health.py /opt/llm-api/health.py
ENV PATH=/opt/llm-api/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    LLM_API_HOST=0.0.0.0 \
    LLM_API_DATA_DIR=/data
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
# Of a server; a worker listens nowhere, and is run with --no-healthcheck.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD ["python3", "/opt/llm-api/health.py"]
ENTRYPOINT ["llm-api"]
CMD ["serve"]
