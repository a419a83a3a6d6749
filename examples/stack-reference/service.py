"""A web service that answers questions: POST /answers {"question": "..."} asks the model of CHAT_COMPLETIONS_URL."""

import os

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

URL, KEY = os.environ["CHAT_COMPLETIONS_URL"], os.environ["MODEL_KEY"]


async def answer(request: Request) -> JSONResponse:
    """Ask the model; what it refuses becomes 502, without what it says about the key."""
    question = (await request.json())["question"]
    async with httpx.AsyncClient(timeout=60) as client:
        asked = await client.post(
            URL,
            headers={"Authorization": f"Bearer {KEY}"},
            json={"messages": [{"role": "user", "content": question}], "max_tokens": 200},
        )
    if asked.is_error:
        return JSONResponse({"error": f"The model answered {asked.status_code}."}, status_code=502)
    return JSONResponse({"answer": asked.json()["choices"][0]["message"]["content"]})


app = Starlette(routes=[Route("/answers", answer, methods=["POST"])])
