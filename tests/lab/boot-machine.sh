#!/bin/sh
# The first process of tests/lab/machine.py: in namespaces of its own, it makes this machine's files into
# those of another one (what is written there stays there, in memory) and becomes systemd.
set -eu
folder=$1 srv=$2
shift 2
mount --make-rprivate /
mount -t tmpfs tmpfs "$folder"
mkdir "$folder/upper" "$folder/work" "$folder/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" "$folder/root"
cd "$folder/root"

mount -t proc proc proc
# The kernel's settings are this machine's too: the other one may not change them.
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
mount --bind "$srv" srv
mount -t tmpfs tmpfs dev
cp -a /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty dev/
mkdir dev/pts dev/shm dev/mqueue
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd

ip link set lo up
for address; do
  ip address add "$address/32" dev lo
done

# Of what is installed here, only what systemd itself needs is started.
rm -rf etc/systemd/system/*.wants
printf '[Unit]\nRequires=basic.target\nAfter=basic.target\n' >etc/systemd/system/machine.target
pivot_root . mnt
umount --lazy /mnt
exec env --ignore-environment container=test /lib/systemd/systemd --system --unit=machine.target
