"""Extra specs whose names and values mean something, so that a slip in one is refused when it is written.

Names outside the known namespaces are the operator's own and taken as they are.
"""

from __future__ import annotations

import re

NUMBER, COUNT, FROM_ONE, SWITCH, ANY = (
    r"-?\d+",
    r"\d+",
    r"0*[1-9]\d*",
    r"(?i:true|false|t|f|yes|no|y|n|on|off|1|0)",
    r".*",
)
CPU_SET = r"\^?\d+((-\d+)?(,\^?\d+(-\d+)?)?)*"
GROUP = r"[a-zA-Z0-9_-]{0,64}"
SHARES = "custom|high|normal|low"
NAMESPACES = re.compile(
    rf"(accel|aggregate_instance_extra_specs|capabilities|hw|hw_rng|hw_video|os|pci_passthrough|quota|vmware"
    rf"|resources{GROUP}|trait{GROUP}):"
)

_VALUES = {
    r"accel:device_profile|aggregate_instance_extra_specs:.+|capabilities:[\w:]+": ANY,
    r"vmware:(hw_version|storage_policy)": ANY,
    r"hw:(cpu_realtime|hide_hypervisor_id|locked_memory|boot_menu|vif_multiqueue_enabled|mem_encryption|pmu)": SWITCH,
    r"hw:(virtio_packed_ring|ephemeral_encryption)|hide_hypervisor_id|hw_rng:allowed": SWITCH,
    r"hw:(numa_nodes|numa_mem\.\d+|cpu_(max_)?(sockets|cores|threads))": FROM_ONE,
    r"hw:serial_port_count|hw_rng:rate_(bytes|period)|hw_video:ram_max_mb": COUNT,
    r"hw:(cpu_realtime_mask|cpu_dedicated_mask|numa_cpus\.\d+)": CPU_SET,
    r"hw:cpu_policy": "dedicated|shared|mixed",
    r"hw:cpu_thread_policy": "prefer|isolate|require",
    r"hw:emulator_threads_policy": "isolate|share",
    r"hw:mem_page_size": r"large|small|any|\d+([kKMGT]i?)?(b|bit|B)?",
    r"hw:pci_numa_affinity_policy": "required|preferred|legacy|socket",
    r"hw:mem_encryption_model": "amd-sev|amd-sev-es|amd-sev-snp|intel-tdx",
    r"hw:pmem": r"([a-zA-Z0-9_]+(,)?)+",
    r"hw:tpm_model": "tpm-tis|tpm-crb",
    r"hw:tpm_version": r"1\.2|2\.0",
    r"hw:tpm_secret_security": "user|host|deployment",
    r"hw:watchdog_action": "none|pause|poweroff|reset|disabled",
    r"hw:viommu_model": "intel|smmuv3|virtio|auto",
    r"hw:sound_model": "sb16|es1370|pcspk|ac97|ich6|ich9|usb|virtio",
    r"hw:usb_model": "none|nec-xhci|qemu-xhci",
    r"hw:redirected_usb_ports": r"\d|1[0-5]",
    r"hw:ephemeral_encryption_format": "plain|luks|luksv2",
    r"os:secure_boot": "disabled|required",
    r"group_policy": "isolate|none",
    r"pci_passthrough:alias": r"[^:]+:\d+(\s*,\s*[^:]+:\d+)*",
    r"quota:(cpu|memory|disk_io|vif)_shares_level": SHARES,
    r"quota:(cpu|memory|disk_io|vif)_(limit|shares_share)|quota:cpu_(shares|period)": COUNT,
    r"quota:(cpu|memory|disk_io|vif)_reservation|quota:cpu_quota": NUMBER,
    r"quota:disk_(read|write|total)_(bytes|iops)_sec|quota:vif_(inbound|outbound)_(average|peak|burst)": COUNT,
    rf"resources{GROUP}:[A-Z][A-Z0-9_]*": NUMBER,
    rf"trait{GROUP}:[A-Z][A-Z0-9_]*": "required|forbidden",
}
RULES = [(re.compile(name), re.compile(value)) for name, value in _VALUES.items()]


def fault(name: str, value: str) -> str | None:
    """What is wrong with an extra spec, as a sentence; None when nothing is."""
    for names, values in RULES:
        if names.fullmatch(name):
            if values.fullmatch(value):
                return None
            return f"Validation failed; '{value}' is not a valid value of extra spec '{name}' ({values.pattern})."
    if NAMESPACES.match(name):
        return f"Validation failed; extra spec '{name}' does not appear to be a valid extra spec."
    return None
