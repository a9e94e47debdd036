# On a fresh machine: `make demo` shows the product working, `make lab` with real packets (root), `make test` checks
# it. All do all their own set-up, in .venv/ and .lab/ of this folder.
PYTHON ?= python3
BIN := .venv/bin
# What pip does for a package that is not editable: else each start compiles it where Python may not write.
COMPILE := $(BIN)/python -m compileall -q adapter lib
# pytest compiles tests in its own way: once, instead of once in each worker.
COMPILE_TESTS := $(BIN)/pytest --collect-only -qq >/dev/null
# See tests/lab/distribution.py.
PYTEST := $(BIN)/pytest -n auto --dist loadgroup --no-loadscope-reorder

CHECK := $(BIN)/ruff check && $(BIN)/ruff format --check && $(BIN)/mypy && \
  MYPYPATH=embedded/flowtriq_flowspec_embedded/st2_standins $(BIN)/mypy actions/*.py actions/lib/*.py sensors/*.py && \
  $(BIN)/lint-imports

# The tests start some hundred programs: without Python's .pyc files each start would compile all of it.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo lab test test-long quick check bench

demo: .venv/demo-installed
	$(BIN)/python examples/demo/demo.py

# Attacks with real packets, stopped by a router: needs root, and says what else it needs.
lab: .venv/lab-installed
	$(BIN)/python -m examples.packet_lab

# The checks, the other Pythons and Orquesta take what pytest leaves idle, since many tests wait; what they print
# comes after it. Many programs at once on a small machine: what failed beside others must pass alone.
test: .venv/test-installed .lab/exabgp-4.2.25 .lab/debian-packages .lab/axe
	{ $(CHECK); } >.lab/check.log 2>&1 & check=$$!; \
	nice -n 19 sh tests/lab/other-pythons.sh >.lab/other-pythons.log 2>&1 & pythons=$$!; \
	nice -n 19 sh tests/lab/orquesta-referee.sh >.lab/orquesta-referee.log 2>&1 & referee=$$!; \
	failed=0; \
	$(PYTEST) || $(BIN)/pytest --last-failed --last-failed-no-failures none || failed=1; \
	wait $$check || failed=1; \
	wait $$pythons || failed=1; \
	wait $$referee || failed=1; \
	cat .lab/check.log .lab/orquesta-referee.log .lab/other-pythons.log; \
	exit $$failed

# What `make test` leaves out: more rounds of what it holds a shorter form of.
test-long: .venv/test-installed .lab/exabgp-4.2.25 .lab/debian-packages .lab/axe
	$(PYTEST) -m long
	sh tests/lab/other-pythons.sh long

# For the loop while working: without the tests that start programs or hold one to a time, and without files that cost
# much for what they tell so often, by themselves or by what they import.
QUICK_LEAVES_OUT := bench cli console docs interop monitoring packets reliability test_demo.py test_independence.py \
  $(addprefix adapter/test_, auth.py carpet.py claims_model.py doors.py fuzz.py guardrails_hold.py history_size.py \
    openapi.py) \
  $(addprefix lib/, test_compiled_schemas.py test_cutting.py test_guardrails_properties.py test_rule_properties.py \
    senders/test_alike.py senders/test_values.py) \
  $(addprefix pack/test_, chat.py every_field.py metadata.py notify.py webhook_bodies.py webhook_fuzz.py \
    webhook_without_data.py)
quick: .venv/test-installed
	mkdir -p .lab
	{ $(CHECK); } >.lab/check.log 2>&1 & check=$$!; \
	failed=0; \
	FLOWSPEC_FUZZ_ROUNDS=5 $(PYTEST) -q -m "not (lab or long or quiet)" $(QUICK_LEAVES_OUT:%=--ignore=tests/%) \
	  || failed=1; \
	wait $$check || failed=1; \
	cat .lab/check.log; \
	exit $$failed

check: .venv/test-installed
	$(CHECK)

bench: .venv/test-installed .lab/alternatives
	$(BIN)/python -m bench --docs

# pip is what a venv has last: half of one is made again.
.venv/bin/pip:
	sh tools/make-venv.sh $(PYTHON)

.venv/demo-installed: pyproject.toml | .venv/bin/pip
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[exabgp]'
	$(COMPILE)
	touch $@

.venv/lab-installed: pyproject.toml | .venv/bin/pip
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[exabgp,console]'
	$(COMPILE)
	touch $@

.venv/test-installed: pyproject.toml | .venv/bin/pip
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	$(COMPILE)
	$(COMPILE_TESTS) || true
	touch $@

# The older ExaBGP that the tests run beside the one in .venv; it has no dependencies.
.lab/exabgp-4.2.25: | .venv/bin/pip
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --target $@ exabgp==4.2.25

# Other ways to a router, which `make bench` measures beside ours; gobgpd is among Debian's packages.
.lab/alternatives: | .venv/bin/pip
	$(PYTHON) -m venv $@
	$@/bin/pip install --quiet --disable-pip-version-check exabgp-process==1.0.5 exafs==1.4.1 grpcio

# BGP daemons, Prometheus, Alertmanager and snmpd; where they can't be had, the tests that need them say so.
.lab/debian-packages: tests/lab/install-debian-packages.sh
	mkdir -p .lab
	sh tests/lab/install-debian-packages.sh && touch $@ || true

# What finds pages that some people cannot use; where npm can't be had, its test says so.
.lab/axe:
	mkdir -p $@
	npm install --silent --no-audit --no-fund --prefix $@ axe-core || true
