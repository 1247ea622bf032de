"""What the sender has to do about each fault of X12, with an example of it. A test wants every code to be here."""

from canonical.advice import Advice

from .findings import Code

ADVICE: dict[Code, Advice] = {
    # The file.
    Code.NO_INTERCHANGE: Advice(
        "Send an X12 interchange, from ISA to IEA, as plain ASCII or UTF-8 text; no PDF, no workbook, no UTF-16.",
        "a file that begins with `%PDF-1.7`",
    ),
    Code.UNREADABLE_ISA: Advice(
        "Write the ISA with its 16 elements at their fixed widths, 106 characters with the segment terminator.",
        "`ISA*00*          *00*` and then other text",
    ),
    Code.JUNK: Advice(
        "Send nothing but interchanges: switch off page headers, mail text and blank pages before ISA and after IEA.",
        "`Content-Type: application/edi-x12` in a line before the ISA",
    ),
    Code.DATA_OUTSIDE: Advice(
        "Send the segments again inside an interchange, from ISA to IEA; probably the ISA was cut off or the IEA came too early.",
        "`GS*IN*...` after the IEA",
    ),
    Code.BYTE_ORDER_MARK: Advice(
        'Save the file without a byte order mark ("UTF-8", not "UTF-8 with BOM").', "the bytes EF BB BF before `ISA`"
    ),
    Code.SEGMENT_TOO_LONG: Advice(
        "Look for the segment terminator that is missing after this segment, and write one after every segment.",
        "a `PID` that goes on for 40,000 characters",
    ),
    Code.UNTERMINATED_SEGMENT: Advice(
        "Check that the file was sent whole, and end the last segment with the segment terminator too.",
        "`IEA*1*000000042` at the end, without `~`",
    ),
    Code.EMPTY_SEGMENT: Advice("Write one segment terminator after each segment, not two.", "`PO1*1*10*EA~~`"),
    Code.WHITE_SPACE: Advice(
        "Write no blanks before a segment's name or before its terminator; set the export to unformatted.",
        "`   N1*ST*Main warehouse ~`",
    ),
    Code.LINE_BREAKS: Advice(
        "Nothing. Line breaks after the terminators do no harm.", "`ST*810*0001~` and a line break"
    ),
    Code.WRAPPED_LINES: Advice(
        "Transfer the file in binary, or switch off the cutting into lines of a fixed length.",
        "a line break after every 80 characters, in the middle of segments",
    ),
    Code.NON_ASCII: Advice(
        "Nothing, if the text looks right. Otherwise send UTF-8, or plain ASCII where that is agreed.",
        "`N1*ST*Zürich`",
    ),
    # The interchange.
    Code.ISA_WIDTH: Advice(
        "Fill every element of the ISA with blanks to its width; ISA06 and ISA08 have 15 characters.",
        "`ISA*00**00**ZZ*ACME*ZZ*US*...`",
    ),
    Code.ISA_ELEMENTS: Advice(
        "Write all 16 elements of the ISA, and none more; an element separator in a name (ISA06, ISA08) makes one too many.",
        "`ISA*00*...*ZZ*ACME*CORP      *ZZ*...`",
    ),
    Code.ISA_VALUE: Advice(
        "Correct the element of the ISA in the settings of your translator.",
        "`ISA15` is `X`, which is neither `P` nor `T`",
    ),
    Code.ISA_CONTROL_NUMBER: Advice(
        "Number interchanges with nine digits (ISA13), each number once.", "`ISA*...*00401*         *0*P*>`"
    ),
    Code.EARLY_REPETITION: Advice(
        "Set ISA11 to `U`, or ISA12 to the version you mean (00501).", "ISA11 is `^` while ISA12 is `00401`"
    ),
    Code.MISSING_IEA: Advice(
        "Check that the file was sent whole, and end every interchange with IEA; then send it again.",
        "the file ends after `GE*1*42~`",
    ),
    Code.IEA_CONTROL_NUMBER: Advice("Repeat ISA13 in IEA02.", "ISA13 is `000000042`, IEA02 is `000000043`"),
    Code.IEA_COUNT: Advice(
        "Check that no group was lost, set IEA01 to the number of GS segments and send the interchange again.",
        "`IEA*2*000000042` after one group",
    ),
    Code.OUTSIDE_GROUP: Advice(
        "Put the segment inside a group, or look for the GS or ST that is missing before it.",
        "`N1*ST*Main` between GE and IEA",
    ),
    Code.TRAILER_WITHOUT_HEADER: Advice(
        "Look for the header that was lost before it, or for a trailer that stands twice.", "two `SE*24*0001` in a row"
    ),
    Code.TA1_VALUE: Advice(
        "Write TA1 as control number, date and time of our ISA, then A, E or R and a code of three digits.",
        "`TA1*42*261121*0711*X*000`",
    ),
    # The functional group.
    Code.SET_OUTSIDE_GROUP: Advice(
        "Write a GS before the transaction set and a GE after it.", "`ST*810*0001` directly after the ISA"
    ),
    Code.GS_VALUE: Advice(
        "Correct the element of the GS in the settings of your translator.",
        "GS04 is `261121`, six digits instead of eight",
    ),
    Code.SURPLUS_IN_ENVELOPE: Advice(
        "Leave the elements out that the segment does not have.", "`GE*1*7*X`, of which the standard knows two elements"
    ),
    Code.GS_CONTROL_NUMBER: Advice(
        "Number groups with one to nine digits (GS06).", "`GS*IN*ACME*US*20261121*0711**X*004010`"
    ),
    Code.GROUP_NOT_SUPPORTED: Advice(
        "Send only the documents that are agreed. Is GS01 the right one for your transaction set?",
        "`GS*HC*...`, health care claims",
    ),
    Code.VERSION_NOT_SUPPORTED: Advice(
        "Send one of the versions that are agreed, such as 004010, and say so in GS08.", "GS08 is `003020`"
    ),
    Code.VERSION_BY_NEAREST: Advice(
        "Nothing. The file was judged by the version that its guideline is made of.", "GS08 is `004010VICS`"
    ),
    Code.MISSING_GE: Advice(
        "Check that the group is whole, end it with GE and send the interchange again.",
        "`IEA*1*000000042` directly after an SE",
    ),
    Code.GE_CONTROL_NUMBER: Advice("Repeat GS06 in GE02.", "GS06 is `42`, GE02 is `43`"),
    Code.GE_COUNT: Advice(
        "Check that no transaction set was lost, set GE01 to the number of ST segments and send the group again.",
        "`GE*2*42` after one transaction set",
    ),
    Code.GROUP_TOO_LARGE: Advice(
        "Split the group into several.", "a group of more sets than one acknowledgement can name"
    ),
    Code.OUTSIDE_SET: Advice(
        "Put the segment inside a transaction set, or look for the ST that is missing before it.",
        "`N1*ST*Main` between SE and GE",
    ),
    # The transaction set.
    Code.SET_NOT_SUPPORTED: Advice(
        "Send only the transaction sets that are agreed, or ask us to take this one.", "`ST*841*0001`"
    ),
    Code.SET_NOT_OF_GROUP: Advice(
        "Put the set into a group of its own kind: GS01 is PO for an 850, PR for an 855, SH for an 856, IN for an 810.",
        "`ST*810*0001` in a group `GS*PO*...`",
    ),
    Code.SET_ID: Advice("Write the number of the transaction set in ST01.", "`ST**0001`"),
    Code.SET_CONTROL_NUMBER: Advice(
        "Number transaction sets with four to nine characters (ST02), padded with zeros.", "`ST*810*1`"
    ),
    Code.SET_CONTROL_NUMBER_REPEATED: Advice(
        "Give every transaction set of a group a number of its own (ST02).", "`ST*810*0001` twice in a group"
    ),
    Code.CONTROL_NUMBER_FORM: Advice(
        "Write the number the same way in header and trailer.", "ST02 is `0001`, SE02 is `1`"
    ),
    Code.MISSING_SE: Advice(
        "Check that the set is whole, end it with SE and send it again.", "`ST*810*0002` where the SE of 0001 should be"
    ),
    Code.SE_CONTROL_NUMBER: Advice("Repeat ST02 in SE02.", "ST02 is `0001`, SE02 is `0002`"),
    Code.SE_COUNT: Advice(
        "Check that no segment was lost, and set SE01 to the number of segments, ST and SE included.",
        "`SE*24*0001` after 25 segments",
    ),
    Code.SET_TOO_LARGE: Advice("Split the document into several.", "an inventory of a million lines in one set"),
    Code.TOO_MANY_FINDINGS: Advice(
        "Correct those that are listed and check the file again.", "a catalogue with the same fault in every line"
    ),
    # Segments.
    Code.UNKNOWN_SEGMENT: Advice(
        "Correct the segment's name. Text that holds the segment terminator looks like a segment too: choose another terminator.",
        "`P01*1*10*EA` with a zero instead of the letter O",
    ),
    Code.SEGMENT_NOT_IN_SET: Advice(
        "Remove the segment, or send the information where this transaction set has a place for it.",
        "an `HL` in an invoice",
    ),
    Code.UNEXPECTED_SEGMENT: Advice(
        "Write the segment that begins the loop before it, or move it to its loop.",
        "`N3*Dock 4` without an `N1` before it",
    ),
    Code.SEGMENT_OUT_OF_ORDER: Advice(
        "Put the segments in the order of the standard.", "a `REF` of the head after the first `IT1`"
    ),
    Code.SEGMENT_OVER_MAXIMUM: Advice(
        "Send the segment only as often as it may stand there, or begin another loop for it.",
        "two `BIG` in one invoice",
    ),
    Code.LOOP_OVER_MAXIMUM: Advice(
        "Send the loop only as often as it may stand there, or split the document.",
        "an `N1` loop more than the set allows",
    ),
    Code.MISSING_SEGMENT: Advice("Add the segment at this place.", "an invoice without `TDS`"),
    Code.SEGMENT_WITHOUT_DATA: Advice("Leave the segment out, or fill it.", "`REF~`"),
    # Elements.
    Code.MISSING_ELEMENT: Advice("Fill the element.", "`BIG**INV-1`: the invoice date is missing"),
    Code.CONDITIONAL_ELEMENT_MISSING: Advice(
        "Send the element too, or leave out those that demand it.", "`IT1*1*10**5.25`: a quantity without its unit"
    ),
    Code.EXCLUDED_ELEMENT: Advice("Send one of the two.", "`QTY*01*5**five`: a number (QTY02) and a text (QTY04)"),
    Code.TOO_MANY_ELEMENTS: Advice(
        "Remove what is too much. Text that holds a separator looks like more elements: choose another separator.",
        "`CUR*SE*USD` followed by twenty more elements",
    ),
    Code.TOO_SHORT: Advice(
        "Send the value at its full length; pad numbers and codes with zeros where they are padded.", "`CUR*SE*U`"
    ),
    Code.TOO_LONG: Advice(
        "Shorten the value, or send what is too much in another element or segment.",
        "a name of 80 characters in N102, which has room for 60",
    ),
    Code.INVALID_CHARACTER: Advice(
        "Send only what the element's type allows: digits, minus and point in numbers, no control characters in text.",
        "`IT1*1*10 EA`: the quantity is `10 EA`",
    ),
    Code.DELIMITER_IN_TEXT: Advice(
        "Choose another component separator (ISA16), or leave the character out of the text.",
        "`PID*F****Red > blue` with ISA16 `>`",
    ),
    Code.INVALID_CODE: Advice(
        "Send a code of the list. Which one is meant is known only to you: ask us if none fits.",
        "`IT1*1*10*XX*5.25`: there is no unit XX",
    ),
    Code.INVALID_DATE: Advice("Send a day of the calendar, year first.", "`BIG*20261145*INV-1`"),
    Code.INVALID_TIME: Advice("Send a time of day from 0000 to 2359.", "`DTM*011*20261121*2560`"),
    Code.TRAILING_SEPARATORS: Advice("Nothing. Leave out separators that nothing follows.", "`REF*VN*SO-1**~`"),
    Code.TOO_MANY_REPETITIONS: Advice(
        "Send the element once, or in several segments.", "`PO1*1*10*EA^CA*2.5` where ISA11 is `^`"
    ),
    Code.NOT_IN_ENCODING: Advice(
        "Send text in the encoding that is agreed, or agree another one.", "an `\u00e9` of UTF-8 where ASCII is agreed"
    ),
    Code.REPETITION_IN_TEXT: Advice(
        "Use another character in the text, or another ISA11.", "`PO1*1*10*EA*2.5**VP*A^1` where ISA11 is `^`"
    ),
    Code.PARTNER_RULE: Advice(
        "Do what the message says: it is a rule agreed with this partner beyond the standard.",
        "a rule that every line has a `REF*IA`",
    ),
}
