# syntax=docker/dockerfile:1
# One image for web, workers and migrations. Read by hadolint and by tests/test_deploy.py; where it
# was written there is no engine to build it with, so the first build is yours to watch.
#
#   docker build -t hazumi .
#   docker build -t hazumi-gpu --build-arg TORCH_INDEX=<the index that has your CUDA's torch> .
#
# The tag of the base names a point release; put its digest behind it (name:tag@sha256:…) once you
# have chosen one, so that a rebuild next month is the same image.
ARG BASE=debian:12.8-slim

# Built here, copied below: compilers, caches and pip's downloads stay behind.
FROM ${BASE} AS build
# Debian's stable packages change for security only; a version written here would keep the hole.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3-venv \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/hazumi
RUN python3 -m venv .venv
ENV PATH=/opt/hazumi/.venv/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
# torch apart, as exactly this version: its build differs by machine, so the lock cannot hold its
# hash. Empty means pip's usual index.
ARG TORCH_INDEX=
# It is pinned; hadolint stumbles over the option before it.
# hadolint ignore=DL3013
RUN pip install ${TORCH_INDEX:+--index-url "${TORCH_INDEX}"} torch==2.13.0
COPY requirements.lock ./
RUN pip install --require-hashes -r requirements.lock
COPY manage.py pyproject.toml LICENSE ./
COPY planner planner
COPY workshops workshops
COPY sandbox sandbox
COPY templates templates
# A key for this step alone: it signs nothing, and stays in no layer.
RUN python manage.py translations \
 && HAZUMI_MODE=production SECRET_KEY=build-step-only ALLOWED_HOSTS=build \
    SANDBOX_MIN_LEVEL=rlimits python manage.py collectstatic --no-input --verbosity 0 \
 && python -m compileall -q planner workshops sandbox

FROM ${BASE} AS run
# What the Makefile installs for `make run`, without the broker, which is a service of its own, and
# with the one library that slim images leave out and LightGBM needs.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
    bubblewrap \
    fonts-noto-cjk \
    libgomp1 \
    libharfbuzz-subset0 \
    libpango-1.0-0 \
    libpangoft2-1.0-0 \
    python3-venv \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --system --gid 10001 hazumi \
 && useradd --system --uid 10001 --gid 10001 --home-dir /var/lib/hazumi --create-home hazumi \
 && install -d -o hazumi -g hazumi -m 0750 /srv/store
COPY --from=build /opt/hazumi /opt/hazumi
WORKDIR /opt/hazumi
ENV PATH=/opt/hazumi/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    OMP_WAIT_POLICY=PASSIVE \
    HAZUMI_MODE=production \
    VAR_DIR=/var/lib/hazumi \
    STORE_URL=/srv/store
USER 10001:10001
EXPOSE 8000
# The host that the settings allow for asking from inside; see compose.yaml.
HEALTHCHECK --interval=10s --timeout=4s --start-period=40s --retries=3 \
  CMD ["python", "-c", "from urllib.request import Request, urlopen; urlopen(Request('http://127.0.0.1:8000/live', headers={'Host': 'web'}), timeout=3)"]
CMD ["uvicorn", "planner.config.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--lifespan", "off", "--no-proxy-headers", "--timeout-graceful-shutdown", "10"]
