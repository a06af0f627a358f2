"""A stand-in for Agora's server SDK 2.4: its call surface, its threads and its side effects."""
