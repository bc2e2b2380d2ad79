# make run · make test · make faults · make lint · make audit · make sbom · make bench · make load · make vendor · make messages
PORT ?= 8000
PYTHON ?= python3
PY := .venv/bin/python
export PIP_DISABLE_PIP_VERSION_CHECK := 1

RUN_PACKAGES := libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-cjk bubblewrap python3-venv redis-server
TEST_PACKAGES := $(RUN_PACKAGES) chromium postgresql poppler-utils gettext

.PHONY: run test faults lint audit sbom bench load vendor messages system-run system-test

run: system-run .venv/installed  ## install, migrate, make the demo, start web and workers
	$(PY) manage.py dev --port $(PORT)

test: system-test .venv/installed  ## install and pass every test, browser tests included
	$(PY) manage.py translations
	$(PY) -m pytest

faults: system-test .venv/installed  ## an hour of kills, attacks and outages, on every database and broker that is installed
	$(PY) manage.py translations
	$(PY) -m pytest -n 0 -s -m "long or not long" tests/faults $(wildcard tests/security)

lint: .venv/installed  ## everything that reads the code without running it
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/bandit -q -r planner workshops sandbox manage.py --severity-level high
	$(PY) manage.py makemigrations --check --dry-run
	HAZUMI_MODE=production ALLOWED_HOSTS=hazumi.example SECRET_KEY=$$($(PY) -c "import secrets; print(secrets.token_urlsafe(60))") \
		$(PY) manage.py check --deploy --fail-level WARNING

audit: .venv/installed  ## known holes in what the lock file names; fails on one, not on a registry that tells none
	.venv/bin/pip-audit --disable-pip --require-hashes -r requirements.lock --format json --progress-spinner off \
		| $(PY) .ci/audit.py

sbom: .venv/installed  ## the bill of materials of what is installed: out/sbom.json, CycloneDX
	mkdir -p out
	.venv/bin/cyclonedx-py environment --pyproject pyproject.toml --output-format JSON --output-file out/sbom.json .venv

bench: .venv/installed  ## reports, the room, the queue, the engine against its peers (ENGINE="--seeds 0"); writes docs/performance.md
	$(PY) -m benchmarks.report
	$(PY) -m benchmarks.room
	$(PY) -m benchmarks.queue
	$(PY) -m benchmarks.engine $(ENGINE)

load: .venv/installed  ## a full house for ten minutes, on the loopback (LOAD="--only joins")
	$(PY) -m benchmarks.load $(LOAD)

messages: .venv/installed  ## collect every sentence for the translators (needs gettext)
	$(PY) manage.py makemessages -l ja -e html,txt,py,svg --no-location --no-wrap --ignore=.venv --ignore=var --ignore=node_modules --ignore=out

vendor:  ## rebuild the committed third-party front-end files (needs Node 20+)
	npm ci --ignore-scripts
	npm run vendor

# Python packages come from the lock file; torch apart, since its build differs by machine.
.venv/installed: requirements.lock Makefile
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Hazumi needs Python 3.11 or newer; this is " + sys.version.split()[0])'
	$(PY) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	$(PY) -m pip install --quiet torch==2.13.0
	$(PY) -m pip install --quiet --require-hashes -r requirements.lock
	touch $@

system-run: PACKAGES := $(RUN_PACKAGES)
system-test: PACKAGES := $(TEST_PACKAGES)
system-run system-test:
	@missing=; for package in $(PACKAGES); do \
		dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$package"; done; \
	[ -z "$$missing" ] && exit 0; \
	command -v apt-get >/dev/null || { echo "Please install:$$missing"; exit 0; }; \
	as=; [ "$$(id -u)" = 0 ] || as=sudo; \
	{ [ -z "$$as" ] || sudo -n true 2>/dev/null; } || { echo "Not root and no sudo. Please install:$$missing"; exit 0; }; \
	$$as apt-get update -qq || echo "The lists of packages could not be renewed; going on with the old ones."; \
	for package in $$missing; do \
		$$as env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$package >/dev/null \
			|| echo "Could not install $$package; going on without it."; done
