"""One HTML file that classifies images offline."""
