"""A machine and the cloud that is installed on it: what is checked before (`checks/`), and what is written then."""
