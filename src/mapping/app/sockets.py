"""Messages of kernels sent to the browser at once: an extension of JupyterLab's server."""

from typing import Any

from jupyter_server.serverapp import ServerApp
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection

CLASS = "kernel_websocket_connection_class"


class PromptConnection(ZMQChannelsWebsocketConnection):
    """
    A connection that holds no small message back to send it with a later one.

    A kernel's answer is several small messages. By default all but the first wait until the browser
    has acknowledged that one (Nagle's algorithm), which it does after 40 ms on Linux and 200 ms on
    Windows: longer than it takes to work out what a hub on its way does.
    """

    def connect(self) -> Any:
        """Connect, and send promptly from then on."""
        self.websocket_handler.set_nodelay(True)
        return super().connect()


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: ServerApp) -> None:
    """Let a server that was given no other connection use this one."""
    settings = server.web_app.settings
    if settings.get(CLASS) is ZMQChannelsWebsocketConnection:
        settings[CLASS] = PromptConnection
