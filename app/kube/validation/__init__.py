"""Semantic validation: what the API server refuses although it can be decoded, kind by kind."""

from app.kube.validation.rules import check_new, check_update

__all__ = ["check_new", "check_update"]
