"""The one file of a form."""

from contextlib import aclosing

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from mien.errors import ParameterError, PayloadTooLarge

FORM = "multipart/form-data"


async def form_file(request: Request, limit: int) -> bytes:
    """The bytes of the field `file`, never on the disk. Raises ParameterError, PayloadTooLarge."""
    try:
        form = await _form(request)
    except MultiPartException as error:
        raise ParameterError("The form is damaged.") from error
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise ParameterError("file: the form needs a file of that name.")
        data = await file.read(limit + 1)
    finally:
        await form.close()
    if len(data) > limit:
        raise PayloadTooLarge(f"file: above {limit} bytes.")
    return data


async def _form(request: Request) -> FormData:
    if not request.headers.get("content-type", "").startswith(FORM):
        return FormData()
    async with aclosing(request.stream()) as stream:
        parser = MultiPartParser(request.headers, stream, max_files=1, max_fields=8)
        # Somebody's face must not pass through a temporary file, not even a nameless one. The
        # size of a body is bounded before.
        parser.spool_max_size = 0
        return await parser.parse()
