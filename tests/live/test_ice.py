from pydantic import SecretStr

from mien.live.ice import ice_servers
from mien.settings import IceSettings


def test_none_are_told_where_none_are_set() -> None:
    assert ice_servers(IceSettings(), "channel", lambda: 0.0) == ()
    without_secret = IceSettings(turn_urls=("turn:turn.example",))
    assert ice_servers(without_secret, "channel", lambda: 0.0) == ()


def test_turn_credentials_are_those_that_coturn_computes() -> None:
    settings = IceSettings(
        stun_urls=("stun:stun.example",),
        turn_urls=("turn:turn.example", "turns:turn.example"),
        turn_secret=SecretStr("north"),
        turn_ttl_s=600,
    )
    # printf '1600:channel' | openssl dgst -sha1 -hmac north -binary | base64
    assert ice_servers(settings, "channel", lambda: 1000.7) == (
        {"urls": ["stun:stun.example"]},
        {
            "urls": ["turn:turn.example", "turns:turn.example"],
            "username": "1600:channel",
            "credential": "xgYPwHdiC6YwCupEN9BPrhRIo4M=",
        },
    )
