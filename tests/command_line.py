"""The command, called as a user would, in this process."""

from typer.testing import CliRunner

from keras_cmr.cli import app


def call(*arguments):
    return CliRunner().invoke(app, [str(word) for word in arguments])


def ok(*arguments):
    result = call(*arguments)
    assert result.exit_code == 0, result.output + str(result.exception)
    return result.output
