"""Servers as domains of libvirt, for those who want `virsh`, its CPU models, or its confinement by AppArmor or SELinux.

Debian packages: libvirt-daemon-system, python3-libvirt, and those of the QEMU driver.
"""
