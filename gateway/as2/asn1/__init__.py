"""ASN.1 as CMS needs it: reading BER however it is cut into pieces, in linear time and bounded memory, and writing DER (X.690)."""
