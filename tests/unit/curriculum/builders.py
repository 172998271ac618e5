"""A small lesson as text, to be bent in tests."""

from pathlib import Path

from app.curriculum.reading import LessonFile, read_text

LESSON = """\
schema: podwalk-lesson/v1
id: small
title: {zh: "标题", en: "Title"}
summary: {zh: "简介", en: "Summary"}
level: intro
minutes: 5
objectives: [{zh: "目标", en: "Goal"}]
cluster: {preset: tutorial-flannel}
steps:
  - id: one
    title: {zh: "第一步", en: "One"}
    say:
      zh: ZH
      en: EN
    ask:
      kind: choice
      prompt: {zh: "哪一个？", en: "Which?"}
      truth: obj(node/k8s-node-11).ip
      options:
        - {value: 10.0.0.11, why: {zh: "对。", en: "Yes."}}
        - {value: 10.0.0.12, why: {zh: "不对。", en: "No."}}
      hint: {zh: "想一想。", en: "Think."}
"""


def small(zh: str = "文字。", en: str = "Text.", **changes: str) -> LessonFile:
    """Return the lesson with other texts in its one step, and further replacements `old=new`."""
    text = LESSON.replace("ZH", zh).replace("EN", en)
    for old, new in changes.items():
        text = text.replace(old, new)
    reading = read_text(text, "small.yaml", Path("small.yaml"))
    assert reading.file is not None, reading.findings
    return reading.file
