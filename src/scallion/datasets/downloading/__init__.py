"""Download of files into a cache: resumed, checked, with progress."""
