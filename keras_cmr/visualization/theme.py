"""Colours of the drawn figures, one set for light and one for dark pages."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Theme:
    """Colours of one figure.

    Args:
        ink: str. Titles and text.
        soft: str. Axis labels, captions.
        line: str. Grid and thin frames.
        ground: str. Background; `"none"` lets the page show through.
        good: str. The right answer's frame.
        series: tuple of str. One colour per curve, told apart by people with
            the common forms of colour blindness.
    """

    ink: str
    soft: str
    line: str
    ground: str
    good: str
    series: tuple[str, ...]


LIGHT = Theme(
    ink="#1c2128",
    soft="#59626e",
    line="#d9dde2",
    ground="#ffffff",
    good="#14804a",
    series=(
        "#1f5f9e",
        "#c8591a",
        "#2a8461",
        "#a4508b",
        "#8a6a12",
        "#4f5b69",
    ),
)

DARK = Theme(
    ink="#e7e9ec",
    soft="#a5aeb9",
    line="#3a414b",
    ground="#1b1f25",
    good="#5fcf93",
    series=(
        "#7db4ec",
        "#f2a065",
        "#6fcfa9",
        "#dc96c6",
        "#d9bb62",
        "#b3bdc9",
    ),
)


def entitle(axes, title, theme, **place):
    """The look of a panel's title, on a ground that lets the page through.

    Args:
        axes: Matplotlib axes.
        title: str.
        theme: `Theme`.
        **place: More of `Axes.set_title`, where it stands.
    """
    axes.set_facecolor("none")
    axes.set_title(
        title,
        loc="left",
        fontsize=10.5,
        fontweight="bold",
        color=theme.ink,
        parse_math=False,
        **place,
    )
