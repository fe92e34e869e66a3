"""A storm of real processes: SIGKILL, sockets and a real PostgreSQL. See docs/storm.md."""
