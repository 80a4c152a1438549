"""The rules of a running system, compiled once, asked for every request.

Whatever could make a rule fail later stops the start: an unknown kind of check, a rule that is not defined, a circle
of rules, a name in the operator's file that nothing uses.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from difflib import get_close_matches

from cupola.base.policy.compiled import Attributes, Decision, compile_node
from cupola.base.policy.errors import PolicyError
from cupola.base.policy.overrides import Overrides
from cupola.base.policy.parse import Node, parse, references
from cupola.base.policy.rule import CheckSource, Rule

DEFAULTS = "the defaults"


class Enforcer:
    """Answers whether a caller may do something to a target."""

    def __init__(self, rules: Iterable[Rule], overrides: Mapping[str, CheckSource] | None = None) -> None:
        """Compile the rules with the operator's overrides in place of their defaults.

        An override may also define a rule of the operator's own, provided that another override refers to it.
        Raises PolicyError naming rule, file and cause.
        """
        self._own = tuple(rules)
        overrides = {} if overrides is None else overrides
        file = overrides.source if isinstance(overrides, Overrides) else "the overrides"
        defaults = _by_name(self._own)
        self.rules: Mapping[str, Rule] = defaults | _overridden(defaults, overrides)
        self._sources = {name: file if name in overrides else DEFAULTS for name in self.rules}
        self._trees = {name: self._parse(rule) for name, rule in self.rules.items()}
        self._refuse_unused(overrides, defaults)
        decisions: dict[str, Decision] = {}
        self._decisions = {
            name: (frozenset(rule.scope_types), self._compile(name, decisions, ())) for name, rule in self.rules.items()
        }

    def allows(self, name: str, credentials: Attributes, target: Attributes) -> bool:
        """Whether the rule `name` lets these credentials act on this target.

        A token whose scope is not among the rule's scope types is refused. Raises LookupError for a name that is not
        a rule: that is a fault of the program, not of the caller.
        """
        try:
            scopes, decide = self._decisions[name]
        except KeyError:
            raise LookupError(f'no policy rule is called "{name}"') from None
        if scopes and scope_of(credentials) not in scopes:
            return False
        return decide(credentials, target)

    def override(self, overrides: Mapping[str, CheckSource] | None) -> None:
        """Go by these overrides from now on. Raises PolicyError, and all stays as it was."""
        fresh = Enforcer(self._own, overrides)
        self.rules, self._sources, self._trees, self._decisions = (
            fresh.rules,
            fresh._sources,
            fresh._trees,
            fresh._decisions,
        )

    def _parse(self, rule: Rule) -> Node:
        try:
            return parse(rule.check)
        except ValueError as error:
            raise PolicyError(rule.name, self._sources[rule.name], str(error)) from error

    def _refuse_unused(self, overrides: Iterable[str], defaults: Iterable[str]) -> None:
        """Refuse an override that is no rule of the system and that no other override refers to: it is a slip."""
        known = {*defaults, *(name for own in overrides for name in references(self._trees[own]))}
        for name in overrides:
            if name not in known:
                raise PolicyError(name, self._sources[name], f"no such rule{_near(name, known)}")

    def _compile(self, name: str, decisions: dict[str, Decision], through: tuple[str, ...]) -> Decision:
        """Compile a rule and, before it, those it refers to; `through` is the way that led here."""
        if name in decisions:
            return decisions[name]
        if name in through:
            circle = " -> ".join([*through[through.index(name) :], name])
            raise PolicyError(name, self._sources[name], f"it refers to itself: {circle}")
        if name not in self._trees:
            cause = f'it refers to "{name}", which is not defined{_near(name, self._trees)}'
            raise PolicyError(through[-1], self._sources[through[-1]], cause)
        try:
            decide = compile_node(self._trees[name], lambda other: self._compile(other, decisions, (*through, name)))
        except ValueError as error:
            raise PolicyError(name, self._sources[name], str(error)) from error
        decisions[name] = decide
        return decide


def scope_of(credentials: Attributes) -> str:
    """The scope of the token behind the credentials: "system", "domain" or (unscoped too) "project"."""
    if credentials.get("system_scope"):
        return "system"
    return "domain" if credentials.get("domain_id") else "project"


def _by_name(rules: Iterable[Rule]) -> dict[str, Rule]:
    named: dict[str, Rule] = {}
    for rule in rules:
        if named.setdefault(rule.name, rule) != rule:
            raise PolicyError(rule.name, DEFAULTS, "it is defined twice, differently")
    return named


def _overridden(defaults: Mapping[str, Rule], overrides: Mapping[str, CheckSource]) -> dict[str, Rule]:
    own = Rule("", "", "A rule of the operator's own.", scope_types=())
    return {name: replace(defaults.get(name, own), name=name, check=check) for name, check in overrides.items()}


def _near(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known))
    return f"; near to it: {', '.join(near)}" if near else ""
