"""Code that every package shares: messages, files, tables, estimators, scikit-learn internals."""
