"""Tables of the image service."""

from sqlalchemy import BigInteger, Boolean

from cupola.base.db.types import Column, Id, Index, Integer, Name, String, Table, Text, Timestamp, generation, metadata

images = Table(
    "images",
    metadata,
    Column("id", Id, primary_key=True),
    Column("owner", Id, nullable=True),
    Column("name", Name, nullable=True),
    Column("status", String(16), nullable=False),
    Column("visibility", String(16), nullable=False),
    Column("disk_format", String(20), nullable=True),
    Column("container_format", String(20), nullable=True),
    Column("size", BigInteger, nullable=True),
    Column("virtual_size", BigInteger, nullable=True),
    Column("checksum", String(32), nullable=True),
    Column("os_hash_algo", String(64), nullable=True),
    Column("os_hash_value", String(128), nullable=True),
    Column("min_disk", Integer, nullable=False),
    Column("min_ram", Integer, nullable=False),
    Column("protected", Boolean, nullable=False),
    Column("os_hidden", Boolean, nullable=False),
    Column("upload_id", Id, nullable=True),  # names the file that has, or will have, the bytes
    Column("upload_deadline", Timestamp, nullable=True),  # an upload under way is dead after this
    Column("created_at", Timestamp, nullable=False),
    Column("updated_at", Timestamp, nullable=False),
    generation(),
)
Index(None, images.c.owner)
Index(None, images.c.visibility)
Index(None, images.c.upload_deadline)
Index(None, images.c.created_at, images.c.id)

properties = Table(
    "image_properties",
    metadata,
    Column("image_id", Id, primary_key=True),
    Column("name", Name, primary_key=True),
    Column("value", Text, nullable=False),
)

tags = Table(
    "image_tags",
    metadata,
    Column("image_id", Id, primary_key=True),
    Column("value", Name, primary_key=True),
)

members = Table(
    "image_members",
    metadata,
    Column("image_id", Id, primary_key=True),
    Column("member_id", Id, primary_key=True),
    Column("status", String(16), nullable=False),
    Column("created_at", Timestamp, nullable=False),
    Column("updated_at", Timestamp, nullable=False),
)
Index(None, members.c.member_id)
