#!/bin/bash
# Prints a tar archive of a root file system on stdout: Debian's smallest, with Python 3.13, without what no function
# needs. Progress goes to stderr. Needs root (debootstrap enters a chroot) and some 400 MB under TMPDIR.
#   make-root.sh http://mirror/debian > root.tar
set -euo pipefail

mirror=$1
root=$(mktemp -d)
trap 'rm -rf --one-file-system "$root"' EXIT
chmod 755 "$root" # it becomes /, and functions are not root

debootstrap --variant=minbase --include=python3,ca-certificates,tzdata trixie "$root" "$mirror" >&2

# One image is one program: nothing is ever installed, mounted or logged in here. The package database stays, so that
# scanners still know what there is.
unneeded=(
  apt debconf debian-archive-keyring dpkg libapt-pkg7.0 perl-base sqv
  bsdutils login login.defs mount passwd util-linux hostname ncurses-bin sysvinit-utils init-system-helpers
  libaudit-common libaudit1 libblkid1 libcap-ng0 libdb5.3t64 libgmp10 libhogweed6t64 liblastlog2-2 libmount1
  libnettle8t64 libpam-modules libpam-modules-bin libpam-runtime libpam0g libsemanage-common libsemanage2 libsepol2
  libsmartcols1 libsystemd0 libudev1 libuuid1 diffutils openssl openssl-provider-legacy tar
)
# Some removal scripts miss what went before them; what they would have tidied is removed below.
chroot "$root" dpkg --purge --force-all "${unneeded[@]}" >/dev/null 2>&1 || true

rm -rf "$root"/usr/share/{bug,common-licenses,doc,info,lintian,locale,man,pixmaps,perl5,debconf} \
  "$root"/usr/lib/python3.13/{ensurepip,idlelib,pydoc_data,test,turtledemo} \
  "$root"/usr/lib/*-linux-gnu/gconv \
  "$root"/var/{cache,log}/* "$root"/var/lib/{apt,pam} "$root"/var/lib/dpkg/{info,*-old} \
  "$root"/etc/{apt,pam.d,perl} "$root"/dev/* "$root"/tmp/* "$root"/var/tmp/*

# Checked against nothing at start: not a file of an image changes.
find "$root/usr/lib/python3.13" -name __pycache__ -prune -exec rm -rf {} +
chroot "$root" python3.13 -m compileall -q --invalidation-mode unchecked-hash /usr/lib/python3.13 >&2

tar --numeric-owner --sort=name -C "$root" -cf - .
