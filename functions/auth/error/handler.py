"""GET /api/auth/error -- a plain page that names what went wrong, for links that lead nowhere else."""

import re

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from gatehouse.http import lambda_handler

router = APIRouter()

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Something went wrong</title>
<h1>Something went wrong</h1><p>Please go back and try again. The code is <code>{code}</code>.</p></html>"""


@router.get("/api/auth/error")
async def error(error: str = "") -> HTMLResponse:
    return HTMLResponse(PAGE.format(code=error if re.fullmatch(r"[A-Za-z0-9_'-]{1,64}", error) else "UNKNOWN"))


handler = lambda_handler(router, public=True)
