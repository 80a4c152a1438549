"""What can go wrong on a hypervisor: every error names its step and its reason."""

from cupola.base.errors import OperatorsError
from cupola.compute.host.drivers.effects import Effect


class HypervisorError(OperatorsError):
    """A step that failed; `stderr` is what the tool or QEMU printed, `effects` what had been done before."""

    def __init__(self, step: str, reason: str, stderr: str = "") -> None:
        super().__init__(step, reason, stderr)
        self.step = step
        self.reason = reason
        self.stderr = stderr
        self.effects: tuple[Effect, ...] = ()

    def __str__(self) -> str:
        return f"{self.step}: {self.reason}" + (f": {self.stderr.strip()}" if self.stderr.strip() else "")


class StaleGeneration(HypervisorError):
    """The host already knows a newer wanted state of this server, or knows that it was deleted."""


class ConflictingSpec(HypervisorError):
    """The same generation came a second time with other contents."""


class UnknownServer(HypervisorError):
    """No such server on this host."""


class NotEmulated(HypervisorError):
    """The simulated driver does not have this, and does not pretend to."""
