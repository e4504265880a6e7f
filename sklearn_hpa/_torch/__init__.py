"""Helpers of the modules that use torch: devices, random seeds, precision."""
