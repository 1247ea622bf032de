"""Where what came cannot be read as MIME at all."""


class Malformed(ValueError):
    """A message or MDN does not have the form it must have. The text says what is wrong, for the partner and the operator alike.

    Within the core only: whoever calls it gets a rejection instead.
    """
