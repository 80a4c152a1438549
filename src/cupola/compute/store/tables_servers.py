"""Table of servers."""

from sqlalchemy import Boolean

from cupola.base.db.types import (
    Column,
    Id,
    Index,
    Integer,
    Json,
    Name,
    String,
    Table,
    Text,
    Timestamp,
    generation,
    metadata,
)

servers = Table(
    "servers",
    metadata,
    Column("id", Id, primary_key=True),
    generation(),
    Column("project_id", Id, nullable=False),
    Column("user_id", Id),
    Column("name", Name, nullable=False),
    Column("description", Name),
    Column("hostname", Name, nullable=False),
    Column("vm_state", String(32), nullable=False),
    Column("task_state", String(32)),
    Column("power_state", Integer, nullable=False),
    Column("host", Name),
    Column("wanted", String(16), nullable=False),  # what the host is to bring about: running, shutdown, gone
    Column("wanted_generation", Integer, nullable=False),  # rises with everything the host is told
    Column("image_id", Id, nullable=False),
    Column("image", Json, nullable=False),
    Column("flavor_id", Id, nullable=False),
    Column("flavor", Json, nullable=False),
    Column("nics", Json, nullable=False),  # in the order the guest sees them
    Column("requires", Json, nullable=False),  # networks that changed on the host with it
    Column("key_name", Name),
    Column("key", Json),
    Column("user_data", Text),
    Column("admin_pass", Text),  # until it has been built
    Column("config_drive", Boolean, nullable=False),
    Column("metadata", Json, nullable=False),
    Column("tags", Json, nullable=False),
    Column("availability_zone", Name),  # asked for; where it is, its host says
    Column("access_ip_v4", String(64)),
    Column("access_ip_v6", String(64)),
    Column("disk_config", String(8), nullable=False),
    Column("locked", Boolean, nullable=False),
    Column("locked_by", String(8)),  # owner, admin
    Column("locked_reason", Name),
    Column("reservation_id", Id, nullable=False),
    Column("launch_index", Integer, nullable=False),
    Column("fault", Json),
    Column("created_at", Timestamp, nullable=False),
    Column("updated_at", Timestamp, nullable=False),
    Column("launched_at", Timestamp),
    Column("deleted_at", Timestamp),  # the row stays: actions and traces refer to it
    # deleted ones grow more and more: who asks for those that are there finds them without passing by the others
    Index("ix_servers_project_id_deleted_at_created_at", "project_id", "deleted_at", "created_at"),
    Index("ix_servers_deleted_at_created_at", "deleted_at", "created_at"),
    Index("ix_servers_host_deleted_at", "host", "deleted_at"),
)
