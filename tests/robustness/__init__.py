"""Builders of hostile input: model files and cache folders. They hold no tests themselves."""
