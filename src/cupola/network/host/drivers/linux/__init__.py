"""The data path of Linux: bridges, VXLAN, namespaces, nftables, dnsmasq."""
