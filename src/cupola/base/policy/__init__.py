"""Policy: oslo.policy's rule language and files, compiled once to closures.

`Enforcer(rules, load_overrides(path))` at the start; `enforcer.allows(name, credentials, target)` for each request.
"""

from cupola.base.policy.defaults import base_rules
from cupola.base.policy.enforcer import Enforcer
from cupola.base.policy.errors import PolicyError
from cupola.base.policy.overrides import Overrides, load_overrides
from cupola.base.policy.rule import CheckSource, Rule

__all__ = ["CheckSource", "Enforcer", "Overrides", "PolicyError", "Rule", "base_rules", "load_overrides"]
