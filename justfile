# Tasks of development: `just` lists them, `just NAME` runs one. Each line can be typed as it stands.

[private]
default:
    @just --list --unsorted

# Run the default tests; add a file or -k WORD to choose
test *args:
    python -m pytest {{ args }}

# Run every test, as CI does: some need tools that .ci/run installs
test-all *args:
    WAVEMAKE_TEST_ALL=1 python -m pytest {{ args }}

# Lint and type-check
lint:
    ruff check .
    ruff format --check .
    mypy --strict -p wavemake

# Format and fix what ruff can fix
format:
    ruff check --fix .
    ruff format .

# Run what a change must pass
check: lint test

# Write files of expected output again: look at `git diff`
update *args:
    python -m pytest --update {{ args }}

# Build the documentation into site/, with links checked: pip install -e '.[docs]'
docs:
    mkdocs build --strict

# Show the documentation at http://127.0.0.1:8000 while it is written
docs-serve:
    mkdocs serve

# Measure the overhead against other build tools: pip install -e '.[bench]'
bench *args:
    python -m benchmarks {{ args }}
