#!/bin/sh
# Build the Debian package into a directory (default build/).  `make deb` calls it.
#
# The version is the project's, and the commit's date and name where there is one: the same commit, Debian release and
# lock files make the same package.
set -eu
cd "$(dirname "$0")/.."
output=${1:-build}
mkdir -p "$output"
output=$(cd "$output" && pwd)
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

version=$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)
if git rev-parse -q --verify HEAD > /dev/null 2>&1; then
    SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
    version="$version+git$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y%m%d%H%M%S).$(git rev-parse --short=8 HEAD)"
else
    SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(date -r pyproject.toml +%s)}
fi
export SOURCE_DATE_EPOCH

tree="$stage/cupola"
mkdir "$tree"
cp -r src packaging docs pyproject.toml requirements.lock requirements-dev.lock README.md LICENSE "$tree"
cp -r packaging/debian "$tree/debian"
find "$tree" -name __pycache__ -prune -exec rm -r {} +
rm -rf "$tree"/src/*.egg-info
printf 'cupola (%s) unstable; urgency=medium\n\n  * See CHANGELOG.md.\n\n -- %s  %s\n' "$version" \
    'The Cupola engineers <cupola@localhost>' "$(date -u -R -d "@$SOURCE_DATE_EPOCH")" > "$tree/debian/changelog"

(cd "$tree" && dpkg-buildpackage --build=binary --unsigned-changes --no-check-builddeps > "$stage/log" 2>&1) ||
    { tail -n 40 "$stage/log" >&2; exit 1; }
mv "$stage"/cupola_*.deb "$output"
echo "deb: $output/cupola_${version}_$(dpkg --print-architecture).deb"
