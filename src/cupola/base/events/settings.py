"""Section [notifications]."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NotificationSettings:
    """Section [notifications].

    `enabled` tells on the broker of what begins and ends. `topic` and `exchange` are where listeners of nova's
    versioned notifications look. `durable`: whether exchange and queue outlive the broker; it has to be what listeners
    have as `amqp_durable_queues`.
    """

    enabled: bool = False
    topic: str = "versioned_notifications"
    exchange: str = "nova"
    durable: bool = False
