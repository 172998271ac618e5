"""Error answers: a page for people, JSON for programs, never anything of the request in them."""

from __future__ import annotations

import logging
import secrets
from http import HTTPStatus

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from app.core.errors import PodwalkError
from app.web.pages import render_page

log = logging.getLogger("podwalk.web")


def handle_problems(app: Flask) -> None:
    """Answer every HTTP error, and every exception as 500 with an id that the log explains."""
    app.register_error_handler(HTTPException, _http_problem)
    app.register_error_handler(PodwalkError, _mendable)
    app.register_error_handler(Exception, _our_fault)


def _http_problem(problem: HTTPException) -> Response:
    code = problem.code or 500
    return _answer(code, "", problem.get_headers())


def _mendable(problem: PodwalkError) -> Response:
    """A lesson that cannot be built: its author reads this."""
    return _answer(500, problem.message, [], problem.hint)


def _our_fault(problem: Exception) -> Response:
    error_id = secrets.token_hex(4)
    log.error("error %s in a page", error_id, exc_info=problem)
    return _answer(500, f"error {error_id}", [])


def _answer(code: int, message: str, headers: list[tuple[str, str]], hint: str = "") -> Response:
    kept = {name: value for name, value in headers if name.lower() in ("allow", "retry-after", "location")}
    if request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html":
        page = render_page("error.html", entry="js/main-error.js", code=code, message=message, hint=hint)
        response = Response(page, status=code, content_type="text/html; charset=utf-8")
    else:
        response = jsonify(error={"code": code, "message": message or HTTPStatus(code).phrase})
        response.status_code = code
    response.headers.update(kept)
    return response
