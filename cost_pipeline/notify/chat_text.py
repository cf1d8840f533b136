"""Text from outside for chats: it formats nothing, and calls nobody."""

from __future__ import annotations

from cost_pipeline.core.plain_text import markdown_cell, one_line

_APART = "\u200b"


def chat_markdown(text: object) -> str:
    r"""Text that stays plain words in one Markdown cell of a chat: no mention either.

    >>> print(chat_markdown("a|b <i>[c]")), "@all" in chat_markdown("@all")
    a\|b &lt;i>\[c\]
    (None, False)
    """
    return markdown_cell(text).replace("@", f"@{_APART}").replace(":\\//", f":{_APART}//")


def unmentioned(text: str) -> str:
    """Text for a chat of unknown customs, lines kept: nobody is called by it.

    >>> unmentioned("@everyone") == "@everyone", "everyone" in unmentioned("@everyone")
    (False, True)
    """
    lines = (one_line(line) if line.strip() else "" for line in text.splitlines())
    kept = "\n".join(lines)
    return kept.replace("@", f"@{_APART}").replace("<!", f"<{_APART}!").replace("<#", f"<{_APART}#")


def slack_text(text: str) -> str:
    """Text that Slack shows as it is: names come from outside, and could mention a channel.

    >>> slack_text("<!channel> R&D")
    '&lt;!channel&gt; R&amp;D'
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
