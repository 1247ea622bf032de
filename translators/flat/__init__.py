"""CSV by a declared column map: :func:`read`, :func:`write`, and the :func:`report` that answers a CSV partner."""

from .column_map import ColumnMap, choose, parse_column_maps
from .csv_reader import read, retraction, settle
from .csv_writer import NotWritable, left_out, write
from .findings import Code
from .grouping import FileFindings, FlatDocument, Limits
from .report import ReportedDocument, report
from .vocabulary import FlatModel

__all__ = [
    "Code",
    "ColumnMap",
    "FileFindings",
    "FlatDocument",
    "FlatModel",
    "Limits",
    "NotWritable",
    "ReportedDocument",
    "choose",
    "left_out",
    "parse_column_maps",
    "read",
    "report",
    "retraction",
    "settle",
    "write",
]
