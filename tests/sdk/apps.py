"""An example app with the SDK."""

from fastapi import FastAPI, WebSocket

from gatehouse_fastapi import CurrentUser, Gatehouse, OptionalUser, User


def app_with(gatehouse: Gatehouse) -> FastAPI:
    """Return an app with a route of each kind."""
    app = FastAPI()
    gatehouse.install(app)

    @app.get("/me")
    async def me(user: CurrentUser) -> User:
        return user

    @app.get("/in-a-thread")
    def in_a_thread(user: CurrentUser) -> str:
        return user.email

    @app.get("/maybe")
    async def maybe(user: OptionalUser) -> str | None:
        return user.email if user else None

    async def notes(user: CurrentUser) -> str:
        return user.email

    for method in ("POST", "PUT", "PATCH", "DELETE"):
        app.add_api_route("/notes", notes, methods=[method])

    @app.post("/comments")
    async def comments(user: OptionalUser) -> str | None:
        return user.email if user else None

    @app.get("/open")
    async def anybody() -> str:
        return "hello"

    @app.websocket("/live")
    async def live(websocket: WebSocket, user: CurrentUser) -> None:
        await websocket.accept()
        await websocket.send_text(user.email)
        await websocket.close()

    return app
