"""Image files and arrays: decoding, scaling, reading, caching, segmenting."""
