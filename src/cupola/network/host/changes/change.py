"""One difference between wanted and observed, with the call that mends it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from cupola.network.host.layout import Table


@dataclass(frozen=True)
class Change:
    """`what` differs; `tool` with `args` and `text`, in `namespace`, mends it."""

    what: str
    tool: str
    """ip, bridge, netns, nft, sysctl, conntrack, announce, dnsmasq, signal, file, forget, remove."""
    namespace: str
    args: tuple[str, ...] = ()
    text: str = ""
    """The rule set to load, or the content of the file to write."""
    table: Table | None = None
    """The table that is there once `text` is loaded, or that is no longer there if `text` deletes it."""

    @property
    def call(self) -> str:
        """The call as an operator would type it."""
        words = shlex.join(self.args)
        inside = f"ip netns exec {self.namespace} " if self.namespace else ""
        match self.tool:
            case "ip" | "bridge":
                return f"{self.tool} {f'-n {self.namespace} ' if self.namespace else ''}{words}"
            case "netns":
                return f"ip netns {words}"
            case "sysctl":
                return f"{inside}sysctl -w {self.args[0].replace('/', '.')}={self.args[1]}"
            case "nft":
                return f"{inside}nft -f - <<< {shlex.quote(self.text)}"
            case "signal":
                return f"kill -{words}"
            case "file":
                return f"write {words}"
            case "remove":
                return f"rm -r {words}"
            case _:
                return f"{inside}{self.tool} {words}"
