#!/bin/sh
# Makes .venv with the Python that is given, whole or not at all. On Debian as root it installs the
# module that is missing; elsewhere one sentence says what to install.
set -u
python=$1

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 9))' 2>/dev/null; then
  echo "Python 3.9 or newer is needed, as $python; name another one with: make PYTHON=…" >&2
  exit 1
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "Python's venv module is missing; install it (Debian: apt-get install $package), then try again" >&2
    exit 1
  fi
  export DEBIAN_FRONTEND=noninteractive
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends "$package"; } >/dev/null || {
    echo "apt-get could not install $package, which has Python's venv module" >&2
    exit 1
  }
fi
rm -rf .venv # what an attempt before this one may have left
if ! "$python" -m venv .venv; then
  rm -rf .venv
  echo "$python could not make .venv; what it said is above" >&2
  exit 1
fi
