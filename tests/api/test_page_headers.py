import re
from base64 import b64encode
from hashlib import sha256

import pytest
from tests.api.conftest import QUOTA, House


@pytest.mark.parametrize("path", ["/healthz", QUOTA, "/v1/sources", "/nothing", "/openapi.json"])
async def test_answers_load_nothing_and_are_framed_by_nobody(house: House, path: str) -> None:
    headers = (await house.http.get(path, headers=house.key)).headers
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "camera=(self)" in headers["permissions-policy"]


@pytest.mark.parametrize("path", ["/studio/", "/verify/", "/studio/result.html"])
async def test_pages_load_from_here_only_and_run_no_inline_script(house: House, path: str) -> None:
    answer = await house.http.get(path)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'self';")
    assert "unsafe" not in policy and "http" not in policy
    assert "frame-ancestors 'self'" in policy
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=|\sstyle=|<style", answer.text)


async def test_the_one_inline_script_of_docs_is_named_by_its_hash(house: House) -> None:
    answer = await house.http.get("/docs")
    (script,) = re.findall(r"<script>(.*?)</script>", answer.text, re.S)
    digest = b64encode(sha256(script.encode()).digest()).decode()
    policy = answer.headers["content-security-policy"]
    assert f"script-src 'self' 'sha256-{digest}'" in policy
    assert "'unsafe-inline'" not in policy.partition("style-src")[0]
