"""Check an image data set: duplicates, outliers, class balance, shortcuts."""
