#!/bin/sh
# Installs the real servers that the tests talk to, where that is possible: root, and apt-get.
# Exits 0 when all of them are there, 1 when not; the tests that need one then skip and say why.
set -u
packages="gobgpd bird2 frr prometheus prometheus-alertmanager snmpd systemd iproute2 nftables python3-venv
  curl openssl git procps util-linux debootstrap"

missing=""
for package in $packages; do
  dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
    missing="$missing $package"
done
[ -z "$missing" ] && exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "not installed (needs root and apt-get):$missing; the tests that need them will be skipped" >&2
  exit 1
fi

# Debian starts a service when it installs one. The tests start their own, so nothing may run beside them.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  printf '#!/bin/sh\nexit 101\n' >$policy
  chmod 755 $policy
  trap 'rm -f $policy' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086  # a list of package names
{ apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing; } >/dev/null || {
  echo "apt-get could not install:$missing; the tests that need them will be skipped" >&2
  exit 1
}
