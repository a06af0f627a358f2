"""Agora's server SDK: proprietary, an extra, and imported only where a channel is joined."""

import importlib
import importlib.util
import ssl
from types import ModuleType
from typing import Any

PACKAGE = "agora-python-server-sdk"


def is_installed() -> bool:
    """Whether the SDK could be imported; nothing of it is run."""
    return importlib.util.find_spec("agora") is not None


def load_sdk() -> tuple[ModuleType, ModuleType]:
    """Its modules `agora_service` and `agora_base`. Raises ImportError.

    Importing it makes every HTTPS connection of the process unverified; that is undone.
    """
    verified = ssl._create_default_https_context
    try:
        service = importlib.import_module("agora.rtc.agora_service")
        return service, importlib.import_module("agora.rtc.agora_base")
    finally:
        ssl._create_default_https_context = verified


def observer(module: str, name: str, **calls: Any) -> Any:
    """One of the SDK's observers with some of its callbacks answered by `calls`."""
    base = getattr(importlib.import_module(f"agora.rtc.{module}"), name)
    return type(name, (base,), {key: staticmethod(call) for key, call in calls.items()})()
