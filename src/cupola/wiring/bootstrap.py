"""What a new cloud starts with; every part accepts that it is there already."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile

import cupola.compute.interface as compute
import cupola.identity.interface as identity
import cupola.image.interface as image
import cupola.network.interface as network
from cupola.base.context import Caller, Context
from cupola.base.errors import ConfigurationError
from cupola.wiring.settings import Settings

GUEST = "guest"


def bootstrap(
    ctx: Context, settings: Settings, people: identity.Identity, admin_password: str, demo_password: str | None
) -> None:
    """Users, projects and catalog; flavors; public and private networks; the guest image."""
    bootstrap_without_image(ctx, settings, people, admin_password, demo_password)
    admin = _acting_in(ctx, "admin")
    if image.registered(admin, GUEST) is None:  # to build it takes a network, to have it none
        with _guest(settings) as (path, disk_format):
            image.register(admin, settings.image, GUEST, path, disk_format, "public")


def bootstrap_without_image(
    ctx: Context, settings: Settings, people: identity.Identity, admin_password: str, demo_password: str | None
) -> None:
    """The same, for a cloud that brings images of its own."""
    identity.bootstrap(people, ctx, admin_password, demo_password, settings.main.url_of)
    admin, demo = (_acting_in(ctx, project) for project in ("admin", "demo"))
    compute.bootstrap(admin)
    network.bootstrap(ctx, settings.public_cidr, demo.project_id or "", admin.project_id or "")


def _acting_in(ctx: Context, project: str) -> Context:
    """The cloud acting by itself as an administrator of a project."""
    project_id = ctx.read("bootstrap.project", lambda tx: identity.project_named(tx, project))
    roles = ("admin", "manager", "member", "reader")
    caller = Caller(user_name="cupola", project_id=project_id, project_name=project, roles=roles)
    return Context(ctx.cloud, caller, ctx.request_id)


@contextmanager
def _guest(settings: Settings) -> Iterator[tuple[Path, str]]:
    """The guest image's file and format; the simulated cloud makes do with a placeholder that nothing could start."""
    if settings.main.simulated:
        with NamedTemporaryFile(prefix="cupola-", suffix=".raw") as placeholder:
            placeholder.truncate(512)
            yield Path(placeholder.name), "raw"
    else:
        yield _built(), "qcow2"


def _built() -> Path:
    from cupola.guest.build import BuildError, build, default_cache

    try:
        return build(default_cache())
    except BuildError as error:
        raise ConfigurationError(f"The guest image cannot be made: {error}") from error
