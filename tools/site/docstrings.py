"""Griffe's extension: the house's docstrings as Griffe and Markdown read them.

Griffe knows `Args:`, `Raises:` and `Attributes:`. Keras' other headings become
bold: the entries of `Call arguments:` a list, what is returned a paragraph.

It also takes `keras_cmr.datasets.load` for the module of that name, where
Python has the function that was imported from it.
"""

import re
import textwrap

import griffe

# A heading, and what is indented under it.
INDENTED = r"\n((?:(?:    .*)?(?:\n|\Z))+)"
CALL_ARGUMENTS = re.compile(rf"^Call arguments:{INDENTED}", re.MULTILINE)
RESULT = re.compile(rf"^(Returns|Yields):{INDENTED}", re.MULTILINE)
ENTRY = re.compile(r"^    (\*{0,2}\w+(?:, \w+)*): ", re.MULTILINE)
HEADING = re.compile(r"^(Example|Reference):\n+", re.MULTILINE)
# A formula is indented *and* between backticks; one of both is enough.
FORMULA = re.compile(r"^    `([^`\n]+)`([.,]?)$", re.MULTILINE)


def rewritten(text):
    """A docstring of ours in the form that Griffe and Markdown read."""

    def call_arguments(match):
        entries = ENTRY.sub(r"- **`\1`**: ", match[1])
        return f"**Call arguments:**\n\n{entries.strip()}\n\n"

    def result(match):
        words = textwrap.dedent(match[2]).strip()
        return f"**{match[1]}:**\n\n{words}\n\n"

    text = FORMULA.sub(r"    \1\2", text)
    text = CALL_ARGUMENTS.sub(call_arguments, text)
    text = RESULT.sub(result, text)
    return HEADING.sub(r"**\1:**\n\n", text)


def functions_over_modules(module):
    """Puts what Python finds under a name where Griffe has a module."""
    for name, member in list(module.members.items()):
        if member.is_alias or not member.is_module:
            continue
        functions_over_modules(member)
        if module.imports.get(name) == f"{member.path}.{name}":
            found = member.members[name]
            found.parent = module  # its path, and so its anchor
            module.members[name] = found


class HouseDocstrings(griffe.Extension):
    """Rewrites every docstring before it is parsed."""

    def on_package(self, *, pkg, **kwargs):
        functions_over_modules(pkg)

    def on_object(self, *, obj, **kwargs):
        if obj.docstring is not None:
            obj.docstring.value = rewritten(obj.docstring.value)
