"""A search as a piece of HTML for notebooks."""

import jinja2

from keras_cmr.visualization import html_parts

_CELL = "margin:0;width:136px;font-size:12px;overflow-wrap:anywhere"
_TEMPLATE = """
<div style="font-family:system-ui,sans-serif">
<div style="display:flex;flex-wrap:wrap;gap:14px;align-items:flex-start">
{% if item.reference is defined %}
<figure style="{{ cell }}">
<img src="{{ item.reference }}" alt="Reference" style="max-width:100%">
<figcaption>reference</figcaption>
</figure>
{% endif %}
{% if item.modification %}
<p style="{{ cell }};font-size:15px"><b>{{ item.modification }}</b></p>
{% endif %}
{% for hit in item.hits %}
<figure style="{{ cell }}">
<img src="{{ hit.uri }}" alt="{{ hit.alt }}" style="max-width:100%">
<figcaption><b>{{ hit.place }}</b> &middot; {{ hit.score }}<br>
<span style="opacity:0.7">{{ hit.caption }}</span></figcaption>
</figure>
{% else %}
<p>no hit</p>
{% endfor %}
</div>
<p style="font-size:12px;opacity:0.7">{{ remark }}</p>
</div>
"""


def hits_fragment(example, remark=""):
    """A `RankedExample` as HTML that follows the colours around it.

    Args:
        example: `RankedExample`.
        remark: str. A line below. Defaults to `""`.

    Returns:
        str.
    """
    template = jinja2.Environment(autoescape=True).from_string(_TEMPLATE)
    return template.render(
        item=html_parts.query(example), cell=_CELL, remark=remark
    )
