import re

import httpx
from fastapi import FastAPI

from mien.api.docs_page import add_docs
from mien.api.studio import add_studio


async def test_docs_load_nothing_from_elsewhere() -> None:
    app = FastAPI(docs_url=None)
    add_docs(app)
    add_studio(app)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://mien.test") as client:
        page = (await client.get("/docs")).text
        addresses = re.findall(r"""(?:src|href)=["']([^"']+)""", page)
        assert len(addresses) == 3
        for address in addresses:
            assert address.startswith("/"), address
            answer = await client.get(address)
            assert answer.status_code == 200, address
            assert len(answer.content) > 100


async def test_the_script_is_not_a_page_of_errors() -> None:
    app = FastAPI(docs_url=None)
    add_studio(app)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://mien.test") as client:
        answer = await client.get("/studio/swagger/swagger-ui-bundle.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "SwaggerUIBundle" in answer.text
