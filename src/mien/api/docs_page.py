"""/docs from our own origin: the framework's page loads its script from a stranger's network."""

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse

from mien.api.page_headers import policy_with_script

ASSETS = "/studio/swagger"


def add_docs(app: FastAPI) -> None:
    """Serve Swagger UI at /docs, from the files in web/swagger."""

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        page = get_swagger_ui_html(
            openapi_url=app.openapi_url or "/openapi.json",
            title=f"{app.title} API",
            swagger_js_url=f"{ASSETS}/swagger-ui-bundle.js",
            swagger_css_url=f"{ASSETS}/swagger-ui.css",
            swagger_favicon_url="/studio/icon.svg",
        )
        page.headers["Content-Security-Policy"] = policy_with_script(_inline_script(page))
        return page


def _inline_script(page: HTMLResponse) -> str:
    _, _, rest = bytes(page.body).decode().partition("<script>")
    return rest.partition("</script>")[0]
