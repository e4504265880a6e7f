"""Layout of figures: fonts, wrapped names, axes, colours."""
