"""The notebooks as an app: served on this machine, their code hidden."""

from mapping.app.serving import about, command, free_port, serve

__all__ = ["about", "command", "free_port", "serve"]
