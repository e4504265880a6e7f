"""Shared by every package: messages, files, estimators, the private names of scikit-learn."""
