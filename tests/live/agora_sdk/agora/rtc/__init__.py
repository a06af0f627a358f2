"""See agora_service."""
