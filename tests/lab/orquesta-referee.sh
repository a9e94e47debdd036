#!/bin/sh
# Puts the conformance cases of the embedded engine to Orquesta itself. PyPI's newest, 1.2.0, imports
# only on Python 3.8; where there is none, this says so and does nothing.
set -eu
python=""
for candidate in python3.8 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.8.*/bin/python; do
  # A shim of pyenv may be there and lead nowhere.
  "$candidate" -c 'import venv' 2>/dev/null && python=$candidate && break
done
if [ -z "$python" ]; then
  echo "not compared with Orquesta: Python 3.8 is not installed"
  exit 0
fi
environment=.lab/python3.8
if [ ! -e "$environment/installed" ]; then
  "$python" -m venv "$environment"
  "$environment/bin/pip" install --quiet --disable-pip-version-check orquesta==1.2.0 pytest
  touch "$environment/installed"
fi
# Without the tests' conftest.py, which needs a newer Python.
"$environment/bin/python" -m pytest -q -p no:cacheprovider --noconftest \
  tests/embedded/test_conformance.py -k orquesta_gives
