"""A library of our own, in Rust (`src`): what is too slow where each record is an object.

It reads what has one meaning, and leaves everything else to those who read it in its place: slower,
and the same. Where it was not built they do it all.
"""
