# Two commands: `make demo` and `make test`. Both make their own .venv from a lock file with hashes.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Tests start Backstay some hundreds of times: without stored bytecode, each of them would compile it anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test laws simulate compiled test-compiled chaos check lint-observed lock clean

$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "backstay needs Python 3.11 or newer; try: make PYTHON=python3.12 $(MAKECMDGOALS)")'
	@echo "1 of 3: an environment of its own in $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@echo "2 of 3: `grep -c '^[a-z0-9]' requirements.lock` packages into $(VENV), a minute or two"
	@$(BIN)/python -m pip install --disable-pip-version-check --no-color --progress-bar on --require-hashes -r requirements.lock
	@echo "3 of 3: backstay itself"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(VENV)/.installed  ## a simulated company: 18 months of history, then live (ARGS="--duration 60")
	$(BIN)/backstay demo $(ARGS)

test: $(VENV)/.installed  ## the whole default suite, three files at a time: brokers are waited for
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

laws: $(VENV)/.installed  ## the property tests, with fresh and many more examples
	HYPOTHESIS_PROFILE=thorough $(BIN)/python -m pytest tests/test_laws.py tests/test_extremes.py tests/test_contracts.py $(ARGS)

compiled: $(VENV)/.installed  ## this checkout compiled, for benchmarks: then PYTHONPATH=build/compiled .venv/bin/backstay worker
	$(BIN)/python -m benchmarks.compiled

simulate: $(VENV)/.installed  ## crashes, freezes and rebalances in virtual time: a thousand seeds, and 110 of the whole product
	$(BIN)/python -m tests.simulation.run --seeds 1000 $(ARGS)
	$(BIN)/python -m tests.simulation.run --seeds 110 --company $(ARGS)

test-compiled: $(VENV)/.installed  ## a wheel as `pip install .` compiles it: the tests of the pure floor on it, then installed
	rm -rf build/wheel
	BACKSTAY_COMPILE=1 $(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir build/wheel .
	$(BIN)/python -m zipfile -e build/wheel/*.whl build/wheel/content
	PYTHONPATH=build/wheel/content $(BIN)/python -P -m pytest --import-mode=importlib tests/test_laws.py tests/test_contracts.py tests/test_cloud_events.py tests/test_signals.py tests/test_liveness.py tests/test_metrics.py tests/test_bounds.py tests/test_day_counts.py tests/test_records.py tests/test_subscription_state.py tests/test_worked_streams.py tests/test_in_process.py tests/test_sources.py tests/test_shopify_usual.py tests/test_usual.py $(ARGS)
	$(BIN)/python -m pytest tests/installed -m installed --wheel build/wheel/*.whl

chaos: $(VENV)/.installed  ## many times the faults of the Kafka tier, an hour or two (needs Java and `mvn dependency:copy-dependencies`)
	BACKSTAY_CHAOS=1 $(BIN)/python -m pytest tests/kafka -m kafka $(ARGS)

check: $(VENV)/.installed  ## formatting, lint, types, floors
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

lint-observed:  ## rules and dashboards by pint and Grafana's dashboard-linter, which have to be on the PATH: built from their sources
	pint --no-color lint --min-severity=info --fail-on=info prometheus/rules.yml
	for one in retention signals pipeline; do dashboard-linter lint --strict --config grafana/lint.yaml grafana/dashboards/$$one.json || exit 1; done

LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" pyproject.toml

lock:  ## resolve anew: requirements.lock for a checkout, and of the same versions what the image needs (needs uv)
	$(LOCK) --extra demo --extra rocksdb --extra dev -o requirements.lock
	$(LOCK) --constraint requirements.lock --extra rocksdb --extra console --extra webhooks --extra formats -o requirements-image.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis
