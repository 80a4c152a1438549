"""The contract of hypervisor drivers."""
