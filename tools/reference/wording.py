"""What the code does not say by itself. A test wants everything to be described, in the code or here, and not in both."""

EXIT_CODES = {
    0: "Yes: it was done, or the answer is good.",
    1: "The answer is no: rejected, something to apply, an expectation missed, a balance that does not add up.",
    2: "The command or a file of the operator's is wrong; the message says which and where.",
    3: "Our fault or the machine's: a disk, a database, a bug.",
}

GLOBAL_OPTIONS = {
    "--home": "The home to work on. Default: `$TALLY_HOME`, or `./tally-data`.",
    "--json": "The answer as JSON, one line, on standard output; logs of `tally serve` are JSON lines too.",
    "-q": "Nothing on standard output for people; the exit code tells.",
    "--quiet": "The same as `-q`.",
}

OPTIONS = {
    "order list --limit": "How many, newest first.",
}

OTHER_VARIABLES = {
    "TALLY_HOME": "The home, where `--home` is not given. Default: `./tally-data`.",
    "TALLY_KEY_PASSPHRASE": (
        "The passphrase that our private keys are encrypted with: [certificates.md](../howto/certificates.md)."
    ),
    "TALLY_PYTHON": "The Python that `./tally` of a checkout makes `.venv` with. Default: the first suitable one found.",
}

PROFILE = {
    "contacts": "Persons or desks at the partner, for you to look up. Nothing is sent to them.",
    "contacts.name": "Who.",
    "contacts.role": "What they are asked for.",
    "contacts.email": "An e-mail address.",
    "contacts.phone": "A telephone number.",
    "x12": "How X12 interchanges with the partner look. Without it no X12 is exchanged.",
    "x12.delimiters": "The separators of what we send; what we receive carries its own.",
    "x12.delimiters.element": "Between elements.",
    "x12.delimiters.component": "Between components of an element (ISA16).",
    "x12.delimiters.segment": "At the end of a segment.",
    "x12.acknowledgement": "What we answer to what the partner sends.",
    "sftp": "The partner's account on our SFTP server, and the way by which we send to it.",
    "sftp.public_keys": "Lines of the partner's `.pub` file, without options. RSA keys need 2048 bits.",
    "sftp.password_hash": "An argon2 hash of the password, never the password.",
    "as2": "How messages are exchanged with the partner over AS2, and the way by which we send to it: [as2.md](../howto/as2.md).",
    "as2.http": "How the two servers let each other in, beyond what the messages prove themselves.",
    "csv": "Column maps of the partner's CSV files: [csv-fields.md](csv-fields.md).",
    "rules": "What the partner wants or allows beyond the standard: [partner-rules.md](../howto/partner-rules.md).",
}

COLUMN_MAP = {
    "document": "Which document the files hold.",
    "filename": "The names of the files, with `*` and `?`, capitals or not. The first map that fits is used.",
    "delimiter": 'Between fields: one character such as `,` `;` `|`, or a tab (`"\\t"`).',
    "quote": "Around fields that hold a delimiter: `\"` or `'`, or empty for files that never quote.",
    "encoding": "`utf-8`, `ascii`, `cp1252` and other code pages, `latin-1` and other ISO 8859 parts.",
    "header": "Whether the first row names the columns; if not, columns are given by number from 1.",
    "date_format": "`YYYY` (or `YY`), `MM` and `DD` once each, with punctuation between, e.g. `DD.MM.YYYY`.",
    "decimal_separator": "`.` or `,`.",
    "group_by": "The columns in which the rows of one document agree; the document's number when not given.",
    "columns": "For each field where it comes from: a column's name, or a section with the keys below.",
}

COLUMN = {
    "column": "The column's name in the header or, in a file without header, its number from 1.",
    "constant": "A value that the file does not carry; it stands alone, without other keys.",
    "default": "What stands where the column is blank.",
    "codes": "The partner's values, and ours for them; a value not among them is an error.",
    "required": "`true`: the value must not be blank. Not given: the column must be there. `false`: it may be missing.",
    "max_length": "Characters of the value as it stands in the file.",
}

PLACEHOLDERS = {
    "item_scheme": "whose number of the product",
    "party_scheme": "what sort of number names the party",
    "carrier_scheme": "what sort of number names the carrier",
    "date_kind": "of what the date is",
    "reference_kind": "to what the reference leads",
    "mark_kind": "what is printed on the package",
    "tax_kind": "which tax",
    "direction": "whether it lowers or raises what is due",
    "service": "what the allowance or charge is for",
    "role": "what the party is in the trade",
    "function": "what the contact is asked for",
    "measure": "what is measured",
}

CSV_FINDINGS = {
    "empty-file": "The file is empty.",
    "not-csv": "The file is something else, such as a workbook or an archive.",
    "wrong-encoding": "Bytes that are not in the agreed encoding, or a byte order mark of another one.",
    "missing-column": "A column that the map needs is not in the header; a name written alike is suggested.",
    "duplicate-column": "The header names a column twice: an error where the map reads it, else a warning.",
    "no-rows": "There is a header and nothing under it.",
    "too-many-documents": "More documents than one file may hold; the rest was not read.",
    "control-character": "A character that no text holds, such as a null byte.",
    "row-too-long": "A row longer than any real one: usually a quotation mark was not closed.",
    "unbalanced-quote": "A quotation mark was opened and not closed.",
    "bad-quote": "Text stands after a closing quotation mark, or a quotation mark inside a field is not doubled.",
    "field-count": "The row has more or fewer fields than the header.",
    "missing-key": "The row does not say to which document it belongs.",
    "missing-value": "A value that every document of the kind has, or that the map requires, is blank.",
    "value-too-long": "More characters than the map's `max_length`.",
    "not-a-number": "No number in the agreed form; one shortened by a spreadsheet (`1.06E+17`) is named as that.",
    "not-a-whole-number": "Not digits only.",
    "not-a-date": "No day of the calendar in the agreed form.",
    "not-a-time": "No time of day.",
    "unknown-code": "A value that is neither among the map's `codes` nor one of our names.",
    "incomplete-value": "A value that means nothing without another one, which is blank (a unit without its quantity).",
    "conflicting-value": "Rows of one document, line or package disagree about a value they share.",
    "scattered-rows": "Rows of a document turn up again further down; the whole document is rejected.",
    "document-too-large": "A document with more rows than any real one.",
    "too-many-findings": "There are more findings than are worth listing; the rest is not shown.",
    "repeated-line": "Two lines of a document have the same number.",
    "quantity-total-differs": "The stated sum of quantities is not that of the lines.",
    "sscc-invalid": "Not 18 digits (20 with its prefix 00): an error. A wrong check digit: a warning.",
    "sscc-repeated": "Two packages of a ship notice have the same SSCC.",
    "package-count-differs": "The cartons or pallets stated for a level are not those listed below it.",
    "hierarchy-empty-level": "An order, pallet or carton of a ship notice holds no item, while others do.",
    "line-count-differs": "The stated number of lines is not that found.",
    "acknowledged-quantity-differs": (
        "The answers to a line do not cover the ordered quantity, and none of them says that it was changed."
    ),
    "invoice-total-differs": "Lines, allowances, charges and taxes do not add up to the stated total.",
}

GATEWAY_FINDINGS = {
    "duplicate": "Told in the report on a CSV file: the document came before with other content and was not taken.",
    "partner-rule-not-judged": (
        "Warning: A rule that compares with the order could not be judged, because the order, its price or its quantity is not "
        "known or is in another unit. A rule that was broken is `partner-rule`, as above."
    ),
    "not-as-agreed": (
        "Told by `tally check --partner`: the file is against the profile - a set that is not agreed, other parties in the "
        "envelope, test data in production or the reverse, a file of no agreed form."
    ),
}

X12_GROUPS = (
    "The file",
    "The interchange",
    "The functional group",
    "The transaction set",
    "Segments",
    "Elements",
    "The partner's rules",
)
"""Headings for the blocks of codes in translators/x12/findings.py."""

X12_ACK_CODES = {
    "isa-value": "TA105, by element",
    "isa-control-number": "TA105:018",
    "repetition-separator-too-early": "TA105, by element",
    "trailer-without-header": "TA105:022 between groups",
    "partner-rule": "AK304 or AK403, by rule",
}
"""Acknowledgement codes that are computed, so that reading the source does not show them."""
