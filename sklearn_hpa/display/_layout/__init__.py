"""Layout of figures: text sizes, wrapped names, axes, colours."""
