"""What is wrong with a set of rules, told before the first request is served."""

from cupola.base.errors import OperatorsError


class PolicyError(OperatorsError):
    """The rules cannot be used; the message names the rule, where it was written and the cause."""

    def __init__(self, rule: str, source: str, cause: str) -> None:
        super().__init__(f'policy rule "{rule}" in {source}: {cause}')
        self.rule = rule
        self.source = source
        self.cause = cause
