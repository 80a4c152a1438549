"""Notifications as OpenStack's consumers read them: what began and ended, told on the broker if switched on."""
