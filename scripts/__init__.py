"""The library behind the verbs of `tasks.py`: imports no invoke, prints nothing, never exits."""
