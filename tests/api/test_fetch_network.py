"""The real fetcher, over real sockets and the system's resolver, where every address answers.

In a network namespace without a way out: what a mistake would dial is counted there, and nowhere
else.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SPACE = ["unshare", "--map-root-user", "--net", "--mount"]
PUBLIC = "93.184.216.34"

FORBIDDEN = [
    "http://127.0.0.1/",
    "http://localhost/",
    "https://localhost/",
    "http://0.0.0.0/",
    "http://[::1]/",
    "http://[::]/",
    "http://2130706433/",  # decimal
    "http://0x7f000001/",  # hexadecimal
    "http://0177.0.0.1/",  # octal
    "http://127.1/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://[64:ff9b::7f00:1]/",
    "http://10.0.0.1/",
    "http://192.168.1.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/",
    "http://inside.example/",
    "http://six.example/",
    "http://mapped.example/",
    "http://mixed.example/",
    "http://metadata.example/",
    f"http://{PUBLIC}:22/",
    f"http://{PUBLIC}:8080/",
]
# The first is allowed and is dialled; where it sends one to is not.
REDIRECTING = [
    f"http://{PUBLIC}/to/http://169.254.169.254/",
    f"http://{PUBLIC}/to/http://2130706433/",
    f"http://{PUBLIC}/to/http://[::1]/",
    f"http://{PUBLIC}/to/http://inside.example/",
    f"http://{PUBLIC}/to/http://{PUBLIC}:22/",
    "http://rebinding.example/to/http://rebinding.example/",
]


def can_wall() -> bool:
    if not (shutil.which("unshare") and shutil.which("ip")):
        return False
    tried = [*SPACE, "ip", "link", "set", "lo", "up"]
    return subprocess.run(tried, check=False, capture_output=True).returncode == 0


pytestmark = [
    pytest.mark.network,
    pytest.mark.skipif(not can_wall(), reason="needs iproute2, and namespaces that may be made"),
]


def fetched(how: str, urls: list[str]) -> list[dict[str, Any]]:
    command = [*SPACE, sys.executable, "-m", "tests.api.walled_network", how]
    done = subprocess.run(
        command, input=json.dumps(urls), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return told


def test_nothing_forbidden_is_dialled_and_what_is_public_is() -> None:
    allowed = ["http://public.example/face.jpg", f"http://{PUBLIC}/", "http://[2606:4700::1]/"]
    told = fetched("guarded", [*FORBIDDEN, *REDIRECTING, *allowed])
    by_url = {one["url"]: one for one in told}
    for url in FORBIDDEN:
        assert (by_url[url]["dialled"], by_url[url]["opened"]) == ([], 0), url
        assert not by_url[url]["got"], url
    for url in REDIRECTING:
        assert by_url[url]["dialled"] == [f"{PUBLIC} 80"], url
        assert (by_url[url]["opened"], by_url[url]["got"]) == (1, False), url
    for url in allowed:
        assert (by_url[url]["opened"], by_url[url]["got"]) == (1, True), url


def test_a_program_that_thinks_nothing_of_it_is_seen_to_dial_nearly_all() -> None:
    """The walls see what they are there to see."""
    told = fetched("naive", [*FORBIDDEN, *REDIRECTING])
    inside = [one["url"] for one in told if any(one != f"{PUBLIC} 80" for one in one["dialled"])]
    assert len(inside) > 25, set(FORBIDDEN + REDIRECTING) - set(inside)
