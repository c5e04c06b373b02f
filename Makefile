# One word a chore. `make demo` on a fresh machine needs Python and make; `make test`, `make chaos` and `make kafka` Java and Maven too.

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed

.PHONY: demo test check bench chaos simulate attack fuzz sbom licences weaknesses kafka lock clean
.DELETE_ON_ERROR:

demo: $(INSTALLED)
	@$(BIN)/linkage demo

# Three at once on two cores: half of the time a test waits for a process, a broker or a page.
test: $(INSTALLED)
	@deploy/need-java
	@deploy/need-browser
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder

check: $(INSTALLED)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(INSTALLED)
	@deploy/need-java
	@$(BIN)/python -m bench

chaos: $(INSTALLED)
	@deploy/need-java
	@$(BIN)/python -m tests.chaos $(if $(PROFILE),--profile $(PROFILE)) $(if $(SEED),--seed $(SEED)) $(if $(RECORD),--record) $(if $(MINUTES),--minutes $(MINUTES)) $(foreach one,$(SCENARIO),--scenario $(one))

simulate: $(INSTALLED)
	@$(BIN)/python -m tests.simulation $(if $(SEEDS),--seeds $(SEEDS)) $(if $(FROM),--from $(FROM)) $(if $(SEED),--seed $(SEED) --trace)

# Some 25,000 requests; CASES are the random ones to each operation by each door, beside those that the document asks for.
attack: $(INSTALLED)
	@$(BIN)/python -W ignore -m tests.attack --cases $(or $(CASES),6) $(if $(SEED),--seed $(SEED)) $(if $(RECORD),--record)

fuzz: $(VENV)/fuzzing
	@$(BIN)/python -W ignore -m tests.attack.fuzz --minutes $(or $(MINUTES),30) $(if $(SEED),--seed $(SEED)) $(foreach one,$(TARGET),--target $(one)) $(if $(RECORD),--record)

$(VENV)/fuzzing: $(INSTALLED) requirements-fuzz.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-fuzz.lock
	@touch $@

# Programs that only these chores need, in a folder of their own: what is judged must not contain who judges.
$(VENV)-supply/installed:
	$(BIN)/python -m venv $(VENV)-supply
	$(VENV)-supply/bin/pip install --quiet --disable-pip-version-check "cyclonedx-bom>=7,<8" "pip-licenses>=5.5,<6" "pip-audit>=2.10,<3"
	@touch $@

sbom: $(VENV)-supply/installed
	$(VENV)-supply/bin/cyclonedx-py requirements --output-reproducible --of JSON --pyproject pyproject.toml -o deploy/sbom.cdx.json requirements.lock

licences: $(INSTALLED) $(VENV)-supply/installed
	$(VENV)-supply/bin/pip-licenses --python=$(BIN)/python --from=mixed --format=markdown --output-file=docs/licences.table
	@sed -n '1,5p' docs/licences.md > docs/licences.head && cat docs/licences.head docs/licences.table > docs/licences.md && rm docs/licences.head docs/licences.table

weaknesses: $(VENV)-supply/installed
	$(VENV)-supply/bin/pip-audit --requirement requirements.lock --require-hashes --disable-pip --strict

kafka: $(INSTALLED)
	@deploy/need-java
	@$(BIN)/linkage kafka start

lock: $(INSTALLED)
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --group dev pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --group pyproject.toml:fuzz -o requirements-fuzz.lock

clean:
	rm -rf $(VENV) $(VENV)-supply build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A folder whose Python has gone (upgraded away, copied from another machine) is made anew. Compiled, because who runs the
# parts may not write here: each start would compile four hundred files anew, and keep none.
$(INSTALLED): requirements.lock pyproject.toml
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { python=$$(deploy/find-python) && echo "making $(VENV) with $$python" && "$$python" -m venv --clear $(VENV); }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q events projections services
	@touch $@
