"""One file a transaction set: X12 to canonical documents and back, each place described once for both directions.

Two promises hold for every valid set ``x`` and every document ``d`` the set can express::

    normal.normal_set(write(read(x))) == normal.normal_set(x)
    normal.comparable(read(write(d))) == normal.comparable(d)

What the canonical model has no field for is kept in ``Document.unmapped`` with its place, and ``write`` puts it back there:

* ``PO1[3]/SI[1]`` with a tuple: a whole segment. A composite in it is left blank there and follows as an entry of its own.
* ``PO1[3]/02`` with a text (or a tuple, for a composite): one element of a segment that is mapped otherwise.
* ``HL[2]/04`` or ``CTT[1]`` (or ``HL/04``: of all levels) with an empty text: ``write`` would put something there by
  itself, and the source had nothing.

A field always wins over an unmapped entry at the same place, so a document may be edited after it was read.
What ``write`` does not bring back letter by letter is described, and done, in :mod:`.normal`.
"""
