"""The command line as a person types it."""

from sklearn_hpa.cli import main


def run(*arguments, capsys):
    """The exit code, stdout and stderr of a call."""
    try:
        code = main([str(argument) for argument in arguments])
    except SystemExit as stop:
        code = stop.code
    return code, *capsys.readouterr()
