"""One kit for HTML pages: page, style, escaping, figures, tables."""
