# Needs make, sh, Python 3.11 or newer, and PyPI. Everything lands in .venv/, var/ and .env.
.PHONY: setup run test bench pictures

PYTHON := $(shell for p in python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
ifeq ($(PYTHON),)
$(error Esukare needs Python 3.11 or newer, as python3.11 or python3)
endif
BIN := .venv/bin
MANAGE := $(BIN)/python manage.py
export PYTHONUTF8 := 1
TEST_DATABASE_URL ?= sqlite://:memory:
AXE := $(if $(shell command -v npm),tests/axe/node_modules/.package-lock.json)

# Installs what the server needs, and writes .env with a fresh SECRET_KEY.
setup: .venv/.installed .env

.venv/.installed: requirements.txt deploy/prepare.py
	@$(PYTHON) deploy/prepare.py packages $<
	@touch $@

.venv/.installed-dev: requirements-dev.txt .venv/.installed
	@$(PYTHON) deploy/prepare.py packages $<
	@touch $@

# What the tests take from npm.
tests/axe/node_modules/.package-lock.json: tests/axe/package-lock.json
	@echo "Installing $< ..."
	@npm ci --prefix tests/axe --silent
	@touch $@

.env:
	@$(PYTHON) deploy/prepare.py env

# The demo: http://127.0.0.1:8000/ unless PORT and HOST say otherwise.
run: setup
	@echo "Preparing the database and the demo ..."
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) collectstatic --no-input --verbosity 0
	@$(MANAGE) seed_policy
	@$(MANAGE) demo > var/demo.txt
	@exec $(BIN)/python deploy/supervise.py var/demo.txt

# All tests, on SQLite unless TEST_DATABASE_URL says otherwise. For some of them: make test ARGS="tests/people -k shift"
test: setup .venv/.installed-dev $(AXE)
	@command -v chromium > /dev/null || echo "No chromium here: the browser tests are left out."
	@$(if $(AXE),,echo "No npm here: axe does not check the pages; those tests are left out.")
	@DATABASE_URL=$(TEST_DATABASE_URL) $(BIN)/pytest -n auto $(ARGS)

# Measurements; bench/stage.py is what they share.
bench: setup
	@for script in $(filter-out bench/stage.py,$(wildcard bench/*.py)); do $(BIN)/python $$script || exit 1; done

# The main pages of the demo, light and dark, into docs/pictures/.
pictures: setup .venv/.installed-dev
	@$(BIN)/python -m tests.pictures
