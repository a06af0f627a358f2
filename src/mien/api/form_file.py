"""The one file of a form."""

from fastapi import Request
from fastapi.datastructures import UploadFile
from starlette.datastructures import UploadFile as FormFile
from starlette.formparsers import MultiPartException

from mien.errors import ParameterError, PayloadTooLarge


async def form_file(request: Request, limit: int) -> bytes:
    """The bytes of the field `file`. Raises ParameterError, PayloadTooLarge."""
    try:
        async with request.form(max_files=1, max_fields=8) as form:
            file = form.get("file")
            if not isinstance(file, UploadFile | FormFile):
                raise ParameterError("file: the form needs a file of that name.")
            data = await file.read(limit + 1)
    except MultiPartException as error:
        raise ParameterError("The form is damaged.") from error
    if len(data) > limit:
        raise PayloadTooLarge(f"file: above {limit} bytes.")
    return data
