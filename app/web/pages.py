"""The pages: home, a lesson, the sandbox, and the files that belong to them.

Ids in a path are looked up in an index, never joined to a folder. Pages hold no answers: what a lesson asks is
answered over the socket.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, g, jsonify, render_template, request

from app import __version__
from app.core import assets
from app.web import files, home, language, visitors
from app.web.backend import Course
from app.web.origins import is_https
from app.web.storage import ProgressStore

_LESSON_ID = re.compile(r"[a-z0-9-]{1,63}\Z")
SOCKETIO_MODULE = "socket.io.esm.min.js"


@dataclass(frozen=True, slots=True)
class Pages:
    """What the views need."""

    course: Course
    store: ProgressStore
    trace_schema: bytes
    open_sockets: Callable[[], int]

    def home(self) -> str:
        """Render `/`."""
        progress = self.store.of_visitor(g.visitor)
        step_ids = self.course.step_ids()
        tracks = home.course_view(self.course.tracks(), progress, step_ids)
        start = home.start_view(tracks, progress, step_ids)
        return self._page("home", course=tracks, start=start)

    def lesson(self, lesson_id: str) -> str:
        """Render `/l/ID`; 404 for an id that is not in the index."""
        if not _LESSON_ID.match(lesson_id):
            abort(404)
        tracks = self.course.tracks()
        cards = [(card, track) for track in tracks for card in track["lessons"]]
        number = next((place for place, (card, _) in enumerate(cards) if card["id"] == lesson_id), None)
        if number is None:
            abort(404)
        card, track = cards[number]
        following = cards[number + 1][0] if number + 1 < len(cards) else None
        shown = {**card, "track": track["title"], "number": number, "next": following}
        return self._page("lesson", lesson={**shown, "steps": self.course.story(lesson_id)})

    def sandbox(self) -> str:
        """Render `/sandbox`."""
        return self._page("sandbox")

    def health(self) -> Response:
        """Answer `/healthz`: alive, which version, how many sockets are open."""
        return jsonify(status="ok", version=__version__, sockets=self.open_sockets())

    def schema(self) -> Response:
        """Answer with the JSON Schema of a trace."""
        return Response(self.trace_schema, content_type="application/schema+json")

    def _page(self, name: str, **context: object) -> str:
        memory = "memory" if self.store.in_memory else None
        return render_page(f"{name}.html", entry=f"js/main-{name}.js", banner=memory, **context)


def render_page(template: str, *, entry: str, **context: object) -> str:
    """Render a template with what every page needs: `lang`, `t` and the modules to fetch early."""
    static = assets.static_dir()
    locale = g.get("locale", language.DEFAULT)

    def translate(key: str, **params: object) -> str:
        return language.ui_text(static, locale, key, params)

    return render_template(template, lang=locale, t=translate, modules=files.modules(static, entry), **context)


def blueprint(pages: Pages) -> Blueprint:
    """Return the routes. None of them takes a body or changes anything."""
    routes = Blueprint("pages", __name__)
    routes.add_url_rule("/", "home", pages.home)
    routes.add_url_rule("/l/<lesson_id>", "lesson", pages.lesson)
    routes.add_url_rule("/sandbox", "sandbox", pages.sandbox)
    routes.add_url_rule("/healthz", "healthz", pages.health)
    routes.add_url_rule("/api/trace.schema.json", "trace_schema", pages.schema)
    routes.add_url_rule("/static/<path:name>", "static_file", _static_file)
    routes.add_url_rule(f"/vendor/{SOCKETIO_MODULE}", "vendor", _vendor_file)
    return routes


def _static_file(name: str) -> Response:
    return files.send(files.find(assets.static_dir(), name))


def _vendor_file() -> Response:
    return files.send(files.find(assets.vendor_dir(), SOCKETIO_MODULE))


def prepare_request(app: Flask, origins: Collection[str]) -> None:
    """Find out language and visitor before each page, and set the visitor's cookie on pages that lack it."""

    def before() -> None:
        accept = request.headers.get("Accept-Language", "")
        g.locale = language.choose(request.args.get("lang"), request.cookies.get(language.COOKIE), accept)
        g.https = is_https(request.headers.get("Host", ""), origins)
        known = visitors.visitor_of(request.headers.get("Cookie", ""), https=g.https)
        g.is_new_visitor = known is None
        g.visitor = known or visitors.new_id()

    def after(response: Response) -> Response:
        if response.mimetype == "text/html":
            response.headers["Cache-Control"] = "private, no-cache"
            response.vary.update(("Accept-Language", "Cookie"))
            if response.status_code == 200 and g.get("is_new_visitor"):
                visitors.remember(response, g.visitor, https=g.https)
        return response

    app.before_request(before)
    app.after_request(after)


def template_folder() -> Path:
    """Return where the templates lie."""
    return assets.templates_dir()
