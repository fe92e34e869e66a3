# Every target works from a clean clone with Python 3.11+, pip and make. uv is used where it is installed.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
PYTEST_ARGS ?=
DATABASE ?= sqlite

SEEDS  ?= 2000

.PHONY: install demo run sandbox test fuzz storm storm-real lint check fix bench bench-short picture commands lock clean

install:              ## what a deployment needs, pinned and hashed, without the tests' tools
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-run.lock
	$(BIN)/python -m pip install --quiet --no-deps .

demo: $(READY)        ## the whole counter on this machine: no token, no account, no network
	$(BIN)/python -m bot demo

run: $(READY)         ## the bot, with the settings of .env
	$(BIN)/python -m bot run

sandbox: $(READY)     ## the payment systems on localhost
	$(BIN)/python -m providers.sandbox

test: $(READY)        ## in parallel; DATABASE=postgres on a real PostgreSQL; PYTEST_ARGS="-n 0" in one process
	DATABASE=$(DATABASE) $(BIN)/python -m pytest $(PYTEST_ARGS)

test-postgres:        ## what depends on the database most, on a real PostgreSQL; all of it with: make test DATABASE=postgres
	$(MAKE) test DATABASE=postgres PYTEST_ARGS="tests/storage tests/bot/payments tests/failures $(PYTEST_ARGS)"

storm: $(READY)       ## SEEDS simulated storms over all cores: our books against the systems' ledger
	$(BIN)/python -m tests.storms --seeds $(SEEDS)

storm-real: $(READY)  ## SECONDS of real processes that are killed, on a real PostgreSQL; MODE=polling or webhook
	$(BIN)/python -m tests.realstorm --seconds $(or $(SECONDS),120) --mode $(or $(MODE),webhook)

lint: $(READY)        ## format, lint, strict types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

check: lint test      ## all that must hold; import directions and complete texts are tests

fix: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

fuzz: $(READY)        ## odd texts, taps, files and callbacks, FUZZ=50 times as many as the tests send
	FUZZ=$(or $(FUZZ),50) $(BIN)/python -m pytest --timeout 0 tests/fuzz $(PYTEST_ARGS)

bench: $(READY)       ## the table of docs/performance.md, measured side by side in one run
	$(BIN)/python -m tests.bench

bench-short: $(READY) ## a few of its ratios; fails when one fell by more than a third
	$(BIN)/python -m tests.bench --short

picture: $(READY)     ## the pictures of the README and the guide, taken by the browser tests; needs Chromium
	PICTURES=docs/pictures $(BIN)/python -m pytest tests/test_browser.py
	PICTURES=docs/guide/pictures $(BIN)/python -m pytest tests/test_day.py

commands: $(READY)    ## writes docs/commands.md from the code
	$(BIN)/python -m bot.commands.page > docs/commands.md

lock:                 ## writes requirements.lock anew, and of it what runs without tests; needs uv
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --all-extras --upgrade pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --extra postgres --constraint requirements.lock pyproject.toml -o requirements-run.lock

$(READY): requirements.lock pyproject.toml
	@if command -v uv >/dev/null 2>&1; then \
		uv venv --quiet --allow-existing --python $(PYTHON) $(VENV) && \
		uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock && \
		uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e . ; \
	else \
		$(PYTHON) -m venv $(VENV) && \
		$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock && \
		$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e . ; \
	fi
	@touch $(READY)

clean:
	rm -rf $(VENV) .demo .mypy_cache .pytest_cache .ruff_cache .hypothesis dist
