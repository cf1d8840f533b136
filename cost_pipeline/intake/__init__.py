"""How log files come in, from wherever they come: listed, noticed, sent, or looked up."""
