"""What the sender has to do about each fault of CSV, with an example of it. A test wants every code to be here."""

from canonical.advice import Advice

from .findings import Code

ADVICE: dict[Code, Advice] = {
    Code.EMPTY_FILE: Advice("Export the file again; it holds nothing.", "a file of 0 bytes"),
    Code.NOT_CSV: Advice("Save the workbook as CSV and send that.", "an .xlsx file named invoices.csv"),
    Code.WRONG_ENCODING: Advice(
        "Save the file in the encoding that is agreed.", "`Zürich` saved as cp1252 where utf-8 is agreed"
    ),
    Code.MISSING_COLUMN: Advice(
        "Add the column to the header, spelled as agreed.", "a header `Invoice;Qty` without `Date`"
    ),
    Code.DUPLICATE_COLUMN: Advice("Keep one of the columns of that name.", "a header `Invoice;Qty;Qty`"),
    Code.NO_ROWS: Advice("Export the file with its rows.", "a header and nothing under it"),
    Code.TOO_MANY_DOCUMENTS: Advice("Split the file into several.", "the invoices of ten years in one file"),
    Code.CONTROL_CHARACTER: Advice("Remove the character from the value.", "a null byte in a description"),
    Code.ROW_TOO_LONG: Advice(
        "Close the quotation mark that is open in this row, or before it.", "a row of 80,000 characters"
    ),
    Code.UNBALANCED_QUOTE: Advice(
        "Close the quotation mark, or double one that belongs to the value.", '`"5 pipe;12;EA`'
    ),
    Code.BAD_QUOTE: Advice("Double every quotation mark inside a quoted value.", '`"5" pipe";12;EA`'),
    Code.FIELD_COUNT: Advice(
        "Give every row as many fields as the header; quote values that hold the delimiter.",
        "`INV1;10;EA;5,25;` under five columns",
    ),
    Code.MISSING_KEY: Advice("Repeat the document's number in each of its rows.", "`;2;12;EA`"),
    Code.MISSING_VALUE: Advice("Fill the cell.", "an invoice without a date"),
    Code.VALUE_TOO_LONG: Advice(
        "Shorten the value to the agreed length.", "a part number of 60 characters where 30 are agreed"
    ),
    Code.NOT_A_NUMBER: Advice(
        "Write the number in the agreed form, without units, currency signs and separators of thousands.",
        "`1.5` where `1,5` is agreed",
    ),
    Code.NOT_A_WHOLE_NUMBER: Advice("Write digits only.", "`2.5` cartons"),
    Code.NOT_A_DATE: Advice("Write a day of the calendar in the agreed form.", "`31.11.2026`"),
    Code.NOT_A_TIME: Advice("Write a time of day as HH:MM.", "`25:10`"),
    Code.UNKNOWN_CODE: Advice("Write one of the agreed values, or ask us to add yours.", "`PCS` where `PC` is agreed"),
    Code.INCOMPLETE_VALUE: Advice("Fill the other cell too, or empty this one.", "a unit without its quantity"),
    Code.CONFLICTING_VALUE: Advice(
        "Write the same value in all rows of the document.", "two dates in two rows of one invoice"
    ),
    Code.SCATTERED_ROWS: Advice("Sort the file by the document's number.", "rows of INV1, INV2, and INV1 again"),
    Code.DOCUMENT_TOO_LARGE: Advice("Split the document into several.", "an invoice of 30,000 rows"),
    Code.TOO_MANY_FINDINGS: Advice(
        "Correct those that are listed and check the file again.", "the same fault in every row"
    ),
    Code.REPEATED_LINE: Advice("Number the lines of a document without repetition.", "line 10 twice"),
    Code.QUANTITY_TOTAL_DIFFERS: Advice(
        "Check that no line was left out, and correct the sum.", "a total of 24, and lines of 20"
    ),
    Code.SSCC_INVALID: Advice(
        "Correct the label and the file: 18 digits, the last of them the check digit of GS1.",
        "`003612345000000126`, whose check digit is 5",
    ),
    Code.SSCC_REPEATED: Advice(
        "Give every package an SSCC of its own, and keep the rows of one package below one order.",
        "`106141411234567903` in the rows of two orders",
    ),
    Code.PACKAGE_COUNT_DIFFERS: Advice(
        "List every package, or correct the number.", "a shipment of 3 cartons (CTN) with rows for 2"
    ),
    Code.LEVEL_EMPTY: Advice("Say in a row what is in it, or leave it out.", "a carton without an item"),
    Code.LINE_COUNT_DIFFERS: Advice(
        "Check that no line was left out, and correct the number.", "3 lines stated, 2 given"
    ),
    Code.ACKNOWLEDGED_QUANTITY_DIFFERS: Advice(
        "Answer for the whole quantity of the line, or say that it was changed.",
        "10 ordered, 6 accepted and nothing more",
    ),
    Code.INVOICE_TOTAL_DIFFERS: Advice(
        "Check prices, allowances, charges and taxes; if the total was wrong, send a corrected invoice.",
        "lines of 100.00 and a total of 112.00",
    ),
}
