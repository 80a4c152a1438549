"""Who may do what in identity: upstream's names with their present defaults."""

from cupola.base.policy import Rule
from cupola.identity.policies import catalog, domains, grants, groups, projects, roles, tokens, users

RULES: tuple[Rule, ...] = (
    *tokens.RULES,
    *users.RULES,
    *projects.RULES,
    *domains.RULES,
    *groups.RULES,
    *roles.RULES,
    *grants.RULES,
    *catalog.RULES,
)
