"""Publishes one colour and silence with GStreamer's webrtcbin: for the system's Python, which has
GStreamer's bindings. Arguments: VP8, or H264 and an MP4 file, because the distribution's H.264
encoder may be missing. Reads the answer from stdin after it has written the offer to stdout; both
end with a line that is a full stop."""

import sys
from typing import Any

import gi  # type: ignore[import-not-found]

gi.require_version("Gst", "1.0")
gi.require_version("GstWebRTC", "1.0")
gi.require_version("GstSdp", "1.0")
from gi.repository import (  # type: ignore[import-not-found]  # noqa: E402
    GLib,
    Gst,
    GstSdp,
    GstWebRTC,
)

PIPELINE = """
webrtcbin name=out bundle-policy=max-bundle
{video} ! application/x-rtp,media=video,encoding-name={codec},payload=96{more} ! out.
audiotestsrc is-live=true wave=silence ! audioconvert ! opusenc ! rtpopuspay pt=111
  ! application/x-rtp,media=audio,encoding-name=OPUS,payload=111 ! out.
"""
VIDEO = {
    "VP8": "videotestsrc is-live=true pattern=solid-color foreground-color=0xffc8a028"
    " ! video/x-raw,width=320,height=240,framerate=30/1 ! videoconvert"
    " ! vp8enc deadline=1 keyframe-max-dist=30 ! rtpvp8pay pt=96",
    "H264": "filesrc location={file} ! qtdemux ! h264parse config-interval=-1"
    " ! identity sync=true ! rtph264pay pt=96 aggregate-mode=zero-latency",
}
MORE = {"VP8": "", "H264": ",packetization-mode=(string)1"}


def main(codec: str, file: str = "") -> None:
    Gst.init(None)
    video = VIDEO[codec].format(file=file)
    pipeline = Gst.parse_launch(PIPELINE.format(video=video, codec=codec, more=MORE[codec]))
    out = pipeline.get_by_name("out")
    out.connect("on-negotiation-needed", offer)
    out.connect("notify::ice-gathering-state", on_gathering)
    pipeline.set_state(Gst.State.PLAYING)
    GLib.MainLoop().run()


def offer(out: Any) -> None:
    def created(promise: Any, *_: object) -> None:
        reply = promise.get_reply()  # owns the description
        description = reply.get_value("offer")
        out.emit("set-local-description", description, Gst.Promise.new())

    out.emit("create-offer", None, Gst.Promise.new_with_change_func(created))


def on_gathering(out: Any, _: object) -> None:
    if out.get_property("ice-gathering-state") != GstWebRTC.WebRTCICEGatheringState.COMPLETE:
        return
    sdp = out.get_property("local-description").sdp.as_text()
    sys.stdout.write(sdp + "\n.\n")
    sys.stdout.flush()
    text = "".join(iter(sys.stdin.readline, ".\n")).replace("\n", "\r\n")
    _, message = GstSdp.SDPMessage.new_from_text(text)
    answer = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, message)
    out.emit("set-remote-description", answer, Gst.Promise.new())


if __name__ == "__main__":
    main(*sys.argv[1:])
