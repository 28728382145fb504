"""POST /api/auth/sign-out -- end the session, at once and everywhere, and take the cookies back."""

from fastapi import APIRouter, Request, Response

from gatehouse.http import Done, clear_session, lambda_handler, possible_proof
from gatehouse.sessions import end

router = APIRouter()


@router.post("/api/auth/sign-out")
@router.post("/api/auth/signout")
@router.post("/api/auth/logout")
async def sign_out(request: Request, response: Response) -> Done:
    if proof := possible_proof(request):
        end(proof)
    clear_session(request, response)
    response.headers["clear-site-data"] = '"cache"'
    return {"success": True}


handler = lambda_handler(router, public=True)
