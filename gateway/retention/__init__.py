"""How long documents are kept: what the law asks for, and what nobody may remove for the time being."""
