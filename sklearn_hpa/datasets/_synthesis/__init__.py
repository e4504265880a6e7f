"""Synthesis of cells: shapes, internal structures, and the pattern of each label."""
