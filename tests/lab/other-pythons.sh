#!/bin/sh
# Runs what may differ from Python to Python on every other one from 3.9 to 3.13 that is installed, in
# an environment of its own: every module is imported; and on the oldest and the newest, what lacks or has lost the
# most, also the values and their forms in JSON, dataclasses and enumerations, the settings, the workflow language and
# one slice of the adapter, the pack and the exporter ("long" as argument: on every one). Says which Pythons it did
# not find.
set -eu
imports=tests/test_imports.py
values="tests/lib/test_rule.py tests/lib/test_config.py tests/lib/test_playbook.py
  tests/lib/test_attack.py tests/lib/test_vectors.py tests/lib/test_compiled_schemas.py"
slices="tests/lib/senders/test_alertmanager.py tests/embedded/test_conformance.py tests/adapter/test_app.py
  tests/pack/test_action_build_rules.py tests/exporter/test_scrape.py tests/exporter/test_juniper.py"
between="3.10 3.11 3.12"
[ "${1:-}" = long ] && between=""
# Random values fall on one Python as on another; times are held on one.
left_out="not random and not one_value_changed and not of_any_size and not whatever_is_observed"
left_out="$left_out and not any_name_is and not of_a_long_value and not lists_as_many"
export imports values slices left_out between
used=$(.venv/bin/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
missing=""
ready=""
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
  ready="$ready $version"
done
# Two at a time; what each printed stays together. What failed, perhaps for want of a processor, must pass again.
# shellcheck disable=SC2016,SC2086  # for the inner shell; lists of words
[ -z "$ready" ] || printf '%s\n' $ready | xargs -n 1 -P 2 sh -c '
  tests="$imports $values $slices"
  case " $between " in *" $0 "*) tests=$imports ;; esac
  pytest=".lab/python$0/bin/python -m pytest -q -o cache_dir=.lab/python$0/pytest-cache -rf"
  printed=$($pytest -m "not quiet" -k "$left_out" $tests 2>&1) && failed=0 || failed=1
  printf "Python %s:\n%s\n" "$0" "$printed"
  if [ $failed = 1 ]; then
    printed=$($pytest --last-failed --last-failed-no-failures none $tests 2>&1) && failed=0
    printf "Python %s, what failed beside others again:\n%s\n" "$0" "$printed"
  fi
  exit $failed'
[ -z "$missing" ] || echo "not installed, so not tested on: Python$missing"
