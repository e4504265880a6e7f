"""A call of the command line program."""

from sklearn_hpa.cli import main

#: Options of a training that takes no time.
FAST = ["--features", "pixels", "--size", "8", "--max-epochs", "2", "--seed", "0"]


def run(*arguments, capsys):
    """Run a command and return its exit code, stdout and stderr."""
    try:
        code = main([str(argument) for argument in arguments])
    except SystemExit as stop:
        code = stop.code
    return code, *capsys.readouterr()
