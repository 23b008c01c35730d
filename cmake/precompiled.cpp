// Owns what duress.cmake reads once a build for all sources.
