.PHONY: check serve lock format

check:  ## everything that CI runs
	scripts/test

serve:  ## set up and serve
	scripts/serve

format:  ## lay the code out
	.venv/bin/ruff check --fix src tests
	.venv/bin/ruff format src tests

lock:  ## pin the requirements anew
	scripts/lock
