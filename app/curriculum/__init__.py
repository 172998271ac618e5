"""Lessons: the schema, the loader, lint, check and the player. Data in, data out; no Flask and no terminal here.

A lesson names what to send and what to ask; every fact and every right answer is read off the model by `truth`.
"""
