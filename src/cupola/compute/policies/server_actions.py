"""Actions on servers: POST /servers/{server_id}/action."""

from cupola.base.policy import Rule
from cupola.compute.policies.scopes import ADMIN, MEMBER, rule

START = "os_compute_api:servers:start"
STOP = "os_compute_api:servers:stop"
REBOOT = "os_compute_api:servers:reboot"
CONFIRM_RESIZE = "os_compute_api:servers:confirm_resize"
REVERT_RESIZE = "os_compute_api:servers:revert_resize"
LOCK = "os_compute_api:os-lock-server:lock"
UNLOCK = "os_compute_api:os-lock-server:unlock"
UNLOCK_OVERRIDE = "os_compute_api:os-lock-server:unlock:unlock_override"
FORCE_DELETE = "os_compute_api:os-deferred-delete:force"
RESET_STATE = "os_compute_api:os-admin-actions:reset_state"
CONSOLE_OUTPUT = "os_compute_api:os-console-output"
ADD_SECURITY_GROUP = "os_compute_api:os-security-groups:add"
REMOVE_SECURITY_GROUP = "os_compute_api:os-security-groups:remove"


def _action(name: str, check: str, description: str, action: str) -> Rule:
    return rule(name, check, description, f"POST /servers/{{server_id}}/action ({action})")


RULES: tuple[Rule, ...] = (
    _action("servers:start", MEMBER, "Start a server that is shut off.", "os-start"),
    _action("servers:stop", MEMBER, "Stop a server.", "os-stop"),
    _action("servers:reboot", MEMBER, "Reboot a server.", "reboot"),
    _action("servers:confirm_resize", MEMBER, "Keep a server's new size.", "confirmResize"),
    _action("servers:revert_resize", MEMBER, "Go back to a server's old size.", "revertResize"),
    _action("os-lock-server:lock", MEMBER, "Lock a server against its project's own actions.", "lock"),
    _action("os-lock-server:unlock", MEMBER, "Unlock a server.", "unlock"),
    _action("os-lock-server:unlock:unlock_override", ADMIN, "Act on a server that another one locked.", "unlock"),
    _action("os-deferred-delete:force", MEMBER, "Delete a server at once.", "forceDelete"),
    _action("os-admin-actions:reset_state", ADMIN, "Say that a server is in a state.", "os-resetState"),
    _action("os-console-output", MEMBER, "Read what a server printed on its console.", "os-getConsoleOutput"),
    _action("os-security-groups:add", MEMBER, "Put a server into a security group.", "addSecurityGroup"),
    _action("os-security-groups:remove", MEMBER, "Take a server out of a security group.", "removeSecurityGroup"),
)
