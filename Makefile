# Needs python3 3.11 or later and nothing else; everything is installed into .venv.
#   make run ARGS="--port 19092 --memory"     make test ARGS="-k fetch"     make bench ARGS=--quick
# JOBS is how many processes run tests side by side; 0 is this one alone, as a debugger needs it.

PYTHON ?= python3
ARGS ?=
JOBS ?= 2
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test lint types compat bench fuzz simulate crash clean

run: $(VENV)/.installed
	$(BIN)/kafkapy $(ARGS)

test: $(VENV)/.group-test
	$(BIN)/python -m pytest tests -n $(JOBS) --dist loadfile $(ARGS)

lint: $(VENV)/.group-lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(VENV)/.group-types
	$(BIN)/mypy

# Against our own broker, or any other: make compat BOOTSTRAP=host:port
# Some clients, and the report card as a file: make compat CLIENTS=kcat,kafka_python CARD=card.html
comma := ,
CLIENTS ?=
CARD ?=
suites = $(if $(CLIENTS),$(addprefix compat-tests/,$(subst $(comma), ,$(CLIENTS))),compat-tests)
compat: export BOOTSTRAP ?=
compat: $(VENV)/.group-compat
	$(BIN)/python -m pytest $(if $(findstring compat-tests/,$(ARGS)),,$(suites)) \
		-n $(JOBS) --dist loadfile $(addprefix --card ,$(CARD)) $(ARGS)

bench: $(VENV)/.group-compat
	$(BIN)/python -m bench $(ARGS)

fuzz: $(VENV)/.group-test
	$(BIN)/python -m tests.fuzz $(ARGS)

# Each seed is a run of its own: make simulate SEEDS=10000 ARGS="--seed 5000"
simulate: SEEDS ?= 1000
simulate: $(VENV)/.group-test
	$(BIN)/python -m tests.simulation --seeds $(SEEDS) $(ARGS)

# The broker as a process of its own, killed at random moments under stock clients; ARGS=--flush
# makes each kill a power cut.
crash: ROUNDS ?= 100
crash: $(VENV)/.group-test
	$(BIN)/python -m tests.crash --rounds $(ROUNDS) $(ARGS)

clean:
	rm -rf compat-tests/*/build compat-tests/*/*/build compat-tests/*/target bench/kfake/build
	rm -rf compat-tests/node/node_modules
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "kafkapy needs Python 3.11")'
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/.installed: pyproject.toml $(VENV)/.created
	$(BIN)/python -m pip install -q -e .
	touch $@

# --group came with pip 25.1.
$(VENV)/.pip: $(VENV)/.created
	$(BIN)/python -m pip install -q --upgrade "pip>=25.1"
	touch $@

$(VENV)/.group-%: $(VENV)/.installed $(VENV)/.pip
	$(BIN)/python -m pip install -q --group $*
	touch $@
