"""Where the documentation is, for the links in the HTML representation of estimators."""

from __future__ import annotations

import os

#: The site. The environment variable is for a copy of it, such as one built on this machine.
SITE = os.environ.get("SKLEARN_HPA_DOCS_URL", "https://sklearn-hpa.readthedocs.io/en/stable")


class DocumentedMixin:
    """Makes the HTML representation of an estimator link to its page of the site."""

    _doc_link_module = "sklearn_hpa"
    _doc_link_template = SITE.rstrip("/") + "/api/generated/sklearn_hpa.{estimator_name}.html"
