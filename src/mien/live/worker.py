"""The process that carries one session: `python -m mien.live.worker`, started by live/local.py."""

import asyncio
import secrets
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import cv2

from mien.errors import NotFound, ParameterError
from mien.live.agora_seat import AgoraSeat
from mien.live.background import Background
from mien.live.inside import Tell, run_child
from mien.live.memory import give_back
from mien.live.recorder import Recorder
from mien.live.rehearsal import cpu_ms_per_frame
from mien.live.stream import Stream, StreamOptions
from mien.live.wire import Message
from mien.media.agora.channel import AgoraChannel, ChannelOptions
from mien.media.webrtc.peer import IceServer, PeerConfig
from mien.models.weights import WeightStore
from mien.swap.engine import EngineOptions, FrameEngine
from mien.swap.senses import Senses
from mien.swap.tailor import Tailor
from mien.trust.marking import Marker, Marking, rehearse_marking
from mien.trust.sealed_file import SealedPath

DONE = Message()
# Until the first picture says which level suits it.
USUAL_LEVEL = 2


class Worker:
    """Warm after `prepare`; then `carry` gives it its one session."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._store = WeightStore()
        self._senses: Senses | None = None
        self._config: Mapping[str, Any] = {}
        self._peer_config = PeerConfig()
        self._stream: Stream | None = None

    async def answer(self, call: str, message: Message) -> Message:
        """Answer one request of the API process. Raises ParameterError for an unknown one."""
        calls = {
            "prepare": self._prepare,
            "join": self._join,
            "trickle": self._trickle,
            "hang_up": self._hang_up,
            "halt": self._halt,
            "hand_on": self._hand_on,
        }
        if call in ("look", "snapshot"):
            session = self._session()
            return Message(blob=await (session.look if call == "look" else session.snapshot)())
        if call == "carry":
            await self._carry(message.body, message.blob)
            return DONE
        if call == "change_source":
            await self._session().change_source(message.blob)
            return DONE
        if call not in calls:
            raise ParameterError(f"A worker does not know '{call}'.")
        return Message(await calls[call](message.body) or {})

    async def close(self) -> None:
        """Say goodbye to the session's peers."""
        if self._stream is not None:
            await self._stream.close()

    async def _prepare(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Load and warm everything; with "measure", say what a frame costs."""
        self._config = body
        self._peer_config = PeerConfig(**_peer_options(body["peer"]))
        return await asyncio.to_thread(self._warm_up, bool(body["measure"]))

    def _warm_up(self, measure: bool) -> Mapping[str, Any]:
        cv2.setNumThreads(1)
        cores = self._config["cores"]
        self._senses = Senses.load(self._store, cores)
        FrameEngine(self._senses).warm_up()
        rehearse_marking()
        figures = {"cpu_ms": cpu_ms_per_frame(self._store, cores)} if measure else {}
        give_back()
        return figures

    async def _carry(self, body: Mapping[str, Any], source: bytes) -> None:
        if self._senses is None or self._stream is not None:
            raise ParameterError("A worker carries one session, after it is prepared.")
        options = EngineOptions(
            lost_face=body["lost_face"],
            quality=body["quality"] or USUAL_LEVEL,
            shape_strength=body["shape"],
            cores=self._config["cores"],
        )
        about = StreamOptions(
            body["algorithm_uid"], body["quality"] or None, self._config["camera_timeout_s"]
        )
        marker = await asyncio.to_thread(_tested_marker, body["marking"])
        recorder = _recorder(body["record_to"]) if body.get("record_to") else None
        tailor = Tailor.load(self._store, Background())
        engine = FrameEngine(self._senses, options, tailor=tailor)
        self._stream = Stream(engine, marker, about, self._tell, recorder=recorder)
        self._stream.hand_on(body["statement"])
        if source:
            await self._stream.change_source(source)
        if body.get("agora"):
            await self._enter(AgoraSeat.from_json(body["agora"]), self._stream)

    async def _enter(self, seat: AgoraSeat, stream: Stream) -> None:
        """Join the session's channel on the Agora network. Raises ParameterError."""
        channel = AgoraChannel(
            ChannelOptions(
                app_id=seat.app_id,
                channel=seat.channel,
                uid=seat.algorithm_uid,
                front_uid=seat.front_uid,
                max_frame_pixels=self._peer_config.max_frame_pixels,
            ),
            lambda: seat.token(time.time(), secrets.randbits(32)),
            stream,
        )
        stream.go_over(channel)
        await channel.join()

    async def _join(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        servers = tuple(_ice_server(server) for server in body["ice_servers"])
        config = replace(self._peer_config, ice_servers=servers)
        peer_id, sdp = await self._session().join(body["kind"], body["sdp"], config)
        return {"peer_id": peer_id, "sdp": sdp}

    async def _trickle(self, body: Mapping[str, Any]) -> None:
        await self._session().trickle(body["peer_id"], body["fragment"])

    async def _hang_up(self, body: Mapping[str, Any]) -> None:
        await self._session().hang_up(body["peer_id"])

    async def _halt(self, body: Mapping[str, Any]) -> None:
        self._session().halt(bool(body["halted"]))

    async def _hand_on(self, body: Mapping[str, Any]) -> None:
        self._session().hand_on(str(body["statement"]))

    def _session(self) -> Stream:
        if self._stream is None:
            raise NotFound("This worker carries no session.")
        return self._stream


def _tested_marker(body: Mapping[str, Any]) -> Marker:
    """Raises MarkingFailed, and the session is refused, if frames would leave unmarked."""
    marker = Marker(Marking.from_json(body))
    marker.self_test()
    return marker


def _recorder(body: Mapping[str, Any]) -> Recorder:
    """The key is that of this recording alone: no worker has the installation's."""
    place = SealedPath.from_json(body)
    return Recorder(lambda: place.create(secrets.token_bytes))


def _peer_options(body: Mapping[str, Any]) -> dict[str, Any]:
    ports = body.get("udp_ports")
    return {**body, "udp_ports": tuple(ports) if ports else None}


def _ice_server(server: Mapping[str, Any]) -> IceServer:
    urls = server["urls"]
    urls = (urls,) if isinstance(urls, str) else tuple(urls)
    return IceServer(urls, server.get("username"), server.get("credential"))


if __name__ == "__main__":
    run_child(Worker)
