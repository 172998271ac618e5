"""The web application: pages, socket events, who owns what. The only package that speaks HTTP.

    browser -> headers -> gate (origin, body, admission) -> Socket.IO -> events -> curriculum, sim
                                                         -> Flask     -> pages

Nothing is imported here: `app.web.patch` must be able to run before everything else.
"""
