#!/bin/sh
# Prepare a Debian 12 machine for Cupola.  The Makefile calls it; each part may run again at any time.
#
#   setup.sh packages KIND...         install what debian-packages.txt lists of these kinds and this machine lacks;
#                                     no service is started for it, now or at the next boot
#   setup.sh venv DIR [dev]           make the virtual environment DIR from the lock files
#   setup.sh guest DIR                build the guest image with the virtual environment DIR
#
# Environment: PYTHON (default python3) makes the virtual environment; SKIP_PACKAGES=1 for machines that
# are not Debian 12 and have the equivalents already.  Proxy, pip and apt settings are taken as they are.
set -eu
cd "$(dirname "$0")/.."

say() { printf 'setup: %s\n' "$*"; }
die() { printf 'setup: %s\n' "$@" >&2; exit 1; }

packages() {
    [ -z "${SKIP_PACKAGES:-}" ] || return 0
    release=$(. /etc/os-release 2>/dev/null && echo "$ID $VERSION_ID") || release=unknown
    [ "$release" = 'debian 12' ] || die "this machine is '$release', not Debian 12." \
        "Install the equivalents of packaging/debian-packages.txt, then run make with SKIP_PACKAGES=1."
    missing=$(awk -v kinds=" $* " 'index(kinds, " " $1 " ") { print $2 }' packaging/debian-packages.txt |
        while read -r name; do
            dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed || echo "$name"
        done | xargs)
    [ -n "$missing" ] || return 0
    [ "$(id -u)" = 0 ] || die "Debian packages are missing: $missing" \
        "Run make as root, or with SKIP_PACKAGES=1 to go on without them."
    say "installing $missing"
    export DEBIAN_FRONTEND=noninteractive
    apt='apt-get -qq -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3'
    $apt update || say "apt-get update failed; going on with the package lists there are"
    start_nothing
    # shellcheck disable=SC2086  # both are lists of words
    $apt install --yes --no-install-recommends $missing > /dev/null ||
        die "apt-get could not install $missing: is there a network?"
}

# Until this script ends, however it does: packages that bring services do not start them, and those that were not there
# before will not be started at the next boot either.
policy=/usr/sbin/policy-rc.d # asked by invoke-rc.d and deb-systemd-invoke; an administrator's own stays in force
mark='# of packaging/setup.sh, and gone when it ends'
start_nothing() {
    before=$(enabled)
    trap start_as_ever EXIT
    trap 'exit 129' HUP; trap 'exit 130' INT; trap 'exit 143' TERM
    [ -e "$policy" ] || { printf '#!/bin/sh\n%s\nexit 101\n' "$mark" > "$policy"; chmod 755 "$policy"; }
}

start_as_ever() {
    ! grep -qsxF "$mark" "$policy" || rm -f "$policy" # also what was left by a run that was killed
    [ -n "$before" ] || return 0 # no systemd was here, so none starts anything
    for unit in $(enabled); do
        case " $before " in *" $unit "*) ;; *) systemctl --quiet --root=/ disable "$unit" || true ;; esac
    done
}

enabled() { # the services and sockets that systemd starts at boot
    ! command -v systemctl > /dev/null ||
        systemctl --root=/ list-unit-files --no-legend --state=enabled --type=service,socket 2>/dev/null |
        awk '{ print $1 }' | xargs
}

venv() {
    python=${PYTHON:-python3}
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        die "$("$python" --version 2>&1 || true): Cupola needs Python 3.11 or newer; set PYTHON."
    [ -x "$1/bin/pip" ] || { say "making $1"; "$python" -m venv --clear "$1"; }
    locks='-r requirements.lock'
    [ "${2:-}" != dev ] || locks="$locks -r requirements-dev.lock"
    say "installing the locked Python packages${2:+ ($2)}"
    # shellcheck disable=SC2086  # a list of words
    "$1/bin/pip" --disable-pip-version-check install --quiet --no-deps $locks ||
        die "pip could not install the locked packages: is there a network?"
    "$1/bin/pip" --disable-pip-version-check install --quiet --no-deps --no-build-isolation --editable .
}

case ${1:-} in
    packages) shift; packages "${@:-run}" ;;
    venv) venv "${2:?directory}" "${3:-}" ;;
    guest) "${2:?directory}/bin/python" -m cupola.guest ;;
    *) sed -n '2,/^set/{/^#/p}' "$0"; exit 2 ;;
esac
