"""A file that a form sends: chosen, and not too large."""

from __future__ import annotations

from typing import Annotated

from fastapi import File, UploadFile

from services.problems import Problem
from services.uploads import refuse_too_large

Uploaded = Annotated[UploadFile | None, File()]
"""None: the form was sent without a file being chosen."""


def no_file() -> Problem:
    return Problem(422, "no_file", "没有选择文件", "还没有选择要上传的文件。", "请点“选择文件”，选好后再上传。")


def chosen(file: UploadFile | None) -> UploadFile:
    """Return the file that was chosen, or refuse: none was, or one that is too large."""
    if file is None:
        raise no_file()
    refuse_too_large(file)
    return file
