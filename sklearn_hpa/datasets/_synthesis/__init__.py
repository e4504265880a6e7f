"""Cells drawn from scratch: shapes, what is inside them, the pattern of each label."""
