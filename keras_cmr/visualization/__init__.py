"""Figures and the HTML report. Needs Matplotlib, Pillow and Jinja2."""

from keras_cmr.visualization.audit_page import write_audit_page
from keras_cmr.visualization.chart import Chart
from keras_cmr.visualization.chart import Series
from keras_cmr.visualization.comparison_page import write_comparison_page
from keras_cmr.visualization.contact_sheet import contact_sheet
from keras_cmr.visualization.curves import training_curves
from keras_cmr.visualization.diagnosis_page import write_diagnosis_page
from keras_cmr.visualization.examples import RankedExample
from keras_cmr.visualization.examples import RankedHit
from keras_cmr.visualization.gap_picture import gap_picture
from keras_cmr.visualization.html_report import write_html_report
from keras_cmr.visualization.neighbour_map import neighbour_map
from keras_cmr.visualization.pictures import ranked_pictures
from keras_cmr.visualization.ranking import ranked_examples
from keras_cmr.visualization.searches import search_example
from keras_cmr.visualization.sheets import Sheet
from keras_cmr.visualization.sweep_picture import sweep_picture
from keras_cmr.visualization.tables import Table
from keras_cmr.visualization.tables import percent
from keras_cmr.visualization.tables import report_table

__all__ = [
    "Chart",
    "RankedExample",
    "RankedHit",
    "Series",
    "Sheet",
    "Table",
    "contact_sheet",
    "gap_picture",
    "neighbour_map",
    "percent",
    "ranked_examples",
    "ranked_pictures",
    "report_table",
    "search_example",
    "sweep_picture",
    "training_curves",
    "write_audit_page",
    "write_comparison_page",
    "write_diagnosis_page",
    "write_html_report",
]


def __dir__():
    return sorted(__all__)
