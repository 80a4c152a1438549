#!/bin/sh
# Stands in for systemd-tmpfiles in a clean root without systemd: makes the directories that a file named by its path asks for.
[ "$1" = --create ] && [ -f "$2" ] || exit 0
awk '$1 == "d" { print $3, $4, $5, $2 }' "$2" | while read -r mode user group path; do
    install -d -m "$mode" -o "$user" -g "$group" "$path"
done
