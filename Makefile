# `make demo`, `make test` and `make docs` need Python 3.11 to 3.13 and nothing else.
PYTHON ?= python3
BIN = .venv/bin

.PHONY: demo test lint docs clean

.venv/installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(None if (3, 11) <= sys.version_info[:2] <= (3, 13) else "error: $(PYTHON) is Python %d.%d, but 3.11 to 3.13 is needed; call make PYTHON=/path/to/python3.12" % sys.version_info[:2])'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check --editable '.[dev]'
	touch $@

RUNS = demo/runs
demo: .venv/installed
	rm -rf demo
	$(BIN)/python -m data_prep synthesize demo/raw --subjects 12 --setups 1 --replications 2 --frames 60 --mess 0.1
	$(BIN)/python -m data_prep ntu demo/raw demo/demo.h5
	$(BIN)/python -m action_rec fit --config demo_linear --data.path demo/demo.h5
	$(BIN)/python -m action_rec fit --config demo --data.path demo/demo.h5
	$(BIN)/python -m action_rec test --config demo_linear --data.path demo/demo.h5 --ckpt_path $(RUNS)/demo_linear/version_0/checkpoints/best.ckpt
	$(BIN)/python -m action_rec test --config demo --data.path demo/demo.h5 --ckpt_path $(RUNS)/demo/version_0/checkpoints/best.ckpt
	$(BIN)/python -m action_rec results $(RUNS)/demo_linear/version_1/test_results.json $(RUNS)/demo/version_1/test_results.json

lint: .venv/installed
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

# Triton comes with PyTorch for CUDA, in a version of its own; elsewhere its interpreter runs the
# tests of the GPU kernels, which are skipped where it cannot be installed. Each core runs tests of
# its own, with one thread.
test: lint
	-$(BIN)/python -c 'import triton' 2>/dev/null || $(BIN)/python -m pip install --disable-pip-version-check 'triton>=3.9'
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --dist worksteal

.venv/docs-installed: .venv/installed
	$(BIN)/python -m pip install --disable-pip-version-check --editable '.[docs]'
	touch $@

docs: .venv/docs-installed
	$(BIN)/python -m mkdocs build --strict

clean:
	rm -rf .venv demo runs site build *.egg-info .mypy_cache .pytest_cache .ruff_cache
