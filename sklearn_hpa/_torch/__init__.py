"""Shared by everything that uses torch: devices, random seeds, precision."""
