#!/bin/sh
# Runs the tests that need no router on every other Python from 3.9 to 3.13 that is installed, each in
# an environment of its own. Says which ones it did not find.
set -eu
tests="tests/lib tests/pack/test_actions.py tests/embedded/test_conformance.py
  tests/embedded/test_criteria.py tests/adapter/test_api.py tests/exporter/test_scrape.py
  tests/exporter/test_juniper.py
  tests/exporter/test_routers.py::test_packets_and_bytes_of_each_rule"
used=$(.venv/bin/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
missing=""
for version in 3.9 3.10 3.11 3.12 3.13; do
  [ "$version" = "$used" ] && continue
  python=""
  for candidate in "python$version" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$version".*/bin/python; do
    # A shim of pyenv may be there and lead nowhere.
    "$candidate" -c 'import venv' 2>/dev/null && python=$candidate && break
  done
  if [ -z "$python" ]; then
    missing="$missing $version"
    continue
  fi
  environment=.lab/python$version
  if [ ! -e "$environment/installed" ] || [ pyproject.toml -nt "$environment/installed" ]; then
    "$python" -m venv "$environment"
    "$environment/bin/pip" install --quiet --disable-pip-version-check --editable '.[dev]'
    touch "$environment/installed"
  fi
  echo "Python $version:"
  # shellcheck disable=SC2086  # a list of paths
  FLOWSPEC_FUZZ_ROUNDS=5 "$environment/bin/python" -m pytest -q -p no:cacheprovider -rf $tests
done
[ -z "$missing" ] || echo "not installed, so not tested on: Python$missing"
